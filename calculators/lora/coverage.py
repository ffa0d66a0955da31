"""How much of an adapter the models of a pipeline use."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.layer import Layer, layers_of
from graphframe.calculators.lora.matching import match
from graphframe.inference import core

_SHOWN = 3

_log = logging.getLogger(__name__)


class Coverage(NamedTuple):
    """The changes of layers in a file, most of which are pairs of matrices.

    Attributes
    ----------
    applied : int
        The number of those that a model of the pipeline has a layer for.
    pairs : int
        The number of all.
    """

    applied: int
    pairs: int

    def __str__(self) -> str:
        return f"{self.applied} of {self.pairs} pairs applied"


def check_coverage(adapters: Iterable[Adapter], models: Mapping[str, Path]) -> dict[str, Coverage]:
    """Return the coverage of each adapter by alias, after logging it.

    Parameters
    ----------
    adapters : iterable of Adapter
    models : mapping of str to pathlib.Path
        The files of the pipeline's models by name: see `match`. Missing ones have no layers.

    Raises
    ------
    OSError, ValueError
        If an adapter cannot be read, does not fit a layer's shape, or has less coverage than its `min_applied`.
    """
    layers = {name: _layers(path) for name, path in models.items()}
    return {adapter.alias: _check(adapter, layers) for adapter in adapters}


def _check(adapter: Adapter, layers: Mapping[str, list[Layer]]) -> Coverage:
    adapter.check_models(layers)
    applied: set[str] = set()
    lacking: dict[str, None] = {}  # a set with an order
    for model, each in layers.items():
        matches = match(adapter, model, each)
        applied |= {str(module) for module in matches.applied}
        lacking |= dict.fromkeys(map(str, matches.left))
    left = [*(name for name in lacking if name not in applied), *adapter.unknown]
    names = {layer.name for each in layers.values() for layer in each}
    found = Coverage(len(applied), len(applied) + len(left))
    if found.applied >= adapter.min_applied * found.pairs:
        _log.info("%s: %s", adapter, found)
        if not adapter.use_file_alpha and (strength := adapter.strength(adapter.modules[0])) != 1:
            message = "%s: the strength in the file, %g for %s, is ignored, as openvino_genai does"
            _log.warning(message, adapter, strength, adapter.modules[0])
        if left:
            _log.warning("%s: the models have no layers for %s", adapter, _some(left))
        return found
    raise ValueError(
        f"{adapter} does not fit the models: {found}, at least {adapter.min_applied:.0%} must be; the adapter has"
        f" {_some(left)}, the models have {_some(sorted(names))}. Set min_applied to use it nevertheless"
    )


def _layers(path: Path) -> list[Layer]:
    try:
        return list(layers_of(core().read_model(path)))
    except RuntimeError:
        return []  # loading it reports the error


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")
