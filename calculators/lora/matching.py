"""The layers of a model that an adapter changes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from functools import cache
from itertools import accumulate, pairwise
from math import prod
from typing import NamedTuple

from graphframe.calculators.lora.adapter import Adapter, LowRank, Module
from graphframe.calculators.lora.layer import Layer
from graphframe.calculators.lora.layer_names import layer_names

_SHOWN = 3

_log = logging.getLogger(__name__)


class Change(NamedTuple):
    """The change of a layer by an adapter.

    Attributes
    ----------
    adapter : Adapter
    layer : Layer
    module : Module
    rows : slice
        The rows of the module's weights that belong to the layer: a module can stand for several layers.
    """

    adapter: Adapter
    layer: Layer
    module: Module
    rows: slice

    def read(self) -> LowRank:
        """Read the addition to the weights, without the adapter's own alpha."""
        return self.adapter.low_rank(self.module, self.rows)


def match(adapter: Adapter, model: str, layers: Collection[Layer]) -> list[Change]:
    """Return the changes of a model by an adapter; none if it is for other models of the pipeline.

    Layers of the adapter that the model lacks, and unknown tensors, are logged and ignored.

    Parameters
    ----------
    adapter : Adapter
    model : str
        The model of the pipeline: `DENOISER`, ``"text_encoder"``, ``"text_encoder_2"`` ...
    layers : collection of Layer
        All layers of the model.

    Raises
    ------
    OSError, ValueError
        If the adapter cannot be read, names layers of this model but none that it has, or fits no layer's shape.
    """
    by_name: dict[str, list[Layer]] = {}
    for layer in layers:
        by_name.setdefault(layer.name, []).append(layer)
    changes: list[Change] = []
    strangers: list[Module] = []
    for module in adapter.modules:
        if model not in module.models:
            continue
        named = [by_name.get(name, []) for name in layer_names(module.layer, by_name)]
        if all(named):
            changes += _split(adapter, module, named)
        else:
            strangers.append(module)
    if strangers and not changes:
        theirs, ours = _some(strangers), _some(by_name)
        raise ValueError(f"{adapter} does not fit the {model}: the adapter has layers {theirs}; the model has {ours}")
    if strangers:
        count = f"{len(strangers)} of {len(adapter.modules)} layers"
        _warn_once(f"{adapter}: {count} are ignored, as the {model} does not have them: {_some(strangers)}")
    if adapter.unknown:
        count = f"{len(adapter.unknown)} tensors"
        _warn_once(
            f"{adapter}: {count} are ignored, as they belong to an unsupported kind of LoRA: {_some(adapter.unknown)}"
        )
    return changes


def _split(adapter: Adapter, module: Module, named: list[list[Layer]]) -> Iterable[Change]:
    """Yield the change of each layer that a module stands for, with its rows."""
    sizes = [same[0].out_features for same in named]
    expected, found = (sum(sizes), prod(named[0][0].in_shape)), adapter.shape(module)
    if found != expected:
        weights, names = "x".join(map(str, found)), " + ".join(same[0].name for same in named)
        raise ValueError(
            f"{adapter} is for another model: {module} fits weights of {weights},"
            f" but those of {names} have {'x'.join(map(str, expected))}"
        )
    for same, (begin, end) in zip(named, pairwise(accumulate(sizes, initial=0)), strict=True):
        yield from (Change(adapter, layer, module, slice(begin, end)) for layer in same)


def _some(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    return ", ".join(listed[:_SHOWN]) + (", ..." if len(listed) > _SHOWN else "")


@cache
def _warn_once(message: str) -> None:
    _log.warning(message)
