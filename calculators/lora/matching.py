"""Which layers of a model an adapter changes."""

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
    """What an adapter does to a layer; `read` reads it.

    Attributes
    ----------
    rows : slice
        The layer's part of what the module goes with, which may be several layers in one.
    """

    adapter: Adapter
    layer: Layer
    module: Module
    rows: slice

    def read(self) -> LowRank:
        """What is added to the weights, before the adapter's own alpha."""
        return self.adapter.low_rank(self.module, self.rows)


def match(adapter: Adapter, model: str, layers: Collection[Layer]) -> list[Change]:
    """What `adapter` does to a model; nothing if it is for other models of the pipeline.

    What it has beyond that is told in the log.

    Parameters
    ----------
    adapter : Adapter
    model : str
        Which one it is: `DENOISER`, ``"text_encoder"``, ``"text_encoder_2"`` ...
    layers : collection of Layer
        All layers of the model.

    Raises
    ------
    OSError, ValueError
        If it cannot be read; if it names layers of this model, and the model has none of them; or if one of them has
        another shape.
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
        raise ValueError(f"{adapter} changes no layer of the {model}: it is for {theirs}; the model has {ours}")
    if strangers:
        count = f"{len(strangers)} of {len(adapter.modules)} layers"
        _warn_once(f"{adapter}: {count} have no effect, as the {model} does not have them: {_some(strangers)}")
    if adapter.unknown:
        count = f"{len(adapter.unknown)} tensors"
        _warn_once(f"{adapter}: {count} have no effect, as they are no LoRA known here: {_some(adapter.unknown)}")
    return changes


def _split(adapter: Adapter, module: Module, named: list[list[Layer]]) -> Iterable[Change]:
    """Give each layer its rows of what a module says about all of them."""
    sizes = [same[0].out_features for same in named]
    expected, found = (sum(sizes), prod(named[0][0].in_shape)), adapter.shape(module)
    if found != expected:
        weights, names = "x".join(map(str, found)), " + ".join(same[0].name for same in named)
        raise ValueError(
            f"{adapter} is for another model: {module} goes with weights of {weights}, "
            f"but those of {names} are {'x'.join(map(str, expected))}"
        )
    for same, (begin, end) in zip(named, pairwise(accumulate(sizes, initial=0)), strict=True):
        yield from (Change(adapter, layer, module, slice(begin, end)) for layer in same)


def _some(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    return ", ".join(listed[:_SHOWN]) + (", ..." if len(listed) > _SHOWN else "")


@cache
def _warn_once(message: str) -> None:
    _log.warning(message)
