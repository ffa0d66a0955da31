"""The layers of a model that an adapter changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.lora.adapter import Adapter, Delta, Module
from graphframe.calculators.lora.layer import Layer
from graphframe.calculators.lora.names import Target, find_layers


class Change(NamedTuple):
    """The change of a layer by an adapter.

    Attributes
    ----------
    adapter : Adapter
    module : Module
    layers : tuple of Layer
        All layers that the module stands for, with their rows of the module's weights.
    rows : ndarray
        Those of the changed layer.
    """

    adapter: Adapter
    module: Module
    layers: tuple[tuple[Layer, NDArray[np.intp]], ...]
    rows: NDArray[np.intp]

    def read(self) -> Delta:
        """Read the addition to the layer, without the adapter's own alpha."""
        return self.adapter.delta(self.module, self._weights).of_rows(self.rows)

    def _weights(self) -> NDArray[np.float32]:
        values = np.concatenate([layer.weights() for layer, _ in self.layers])
        return values[np.argsort(np.concatenate([rows for _, rows in self.layers]))]


class Matches(NamedTuple):
    """The changes of a model by an adapter.

    Attributes
    ----------
    changes : list of (Layer, Change)
    applied, left : list of Module
        The modules for this model that it has, and that it lacks.
    """

    changes: list[tuple[Layer, Change]]
    applied: list[Module]
    left: list[Module]


def match(adapter: Adapter, model: str, layers: Collection[Layer]) -> Matches:
    """Return the changes of a model by an adapter; none if it is for other models of the pipeline.

    Of modules for the same layer, those that name it as the model does replace the others: some tools write both.

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
        If the adapter cannot be read, or does not fit a layer's shape.
    """
    by_name: dict[str, list[Layer]] = {}
    for layer in layers:
        by_name.setdefault(layer.name, []).append(layer)
    modules = [module for module in adapter.modules if model in module.name.models]
    targets = [find_layers(module.name.layer, by_name) for module in modules]
    own = {name for module, target in zip(modules, targets, strict=True) if (name := module.name.layer) in by_name}
    found = Matches([], [], [])
    for module, target in zip(modules, targets, strict=True):
        if target is None:
            found.left.append(module)
        elif target.layers == (module.name.layer,) or own.isdisjoint(target.layers):
            found.applied.append(module)
            found.changes.extend(_split(adapter, module, target, by_name))
    return found


def _split(
    adapter: Adapter, module: Module, target: Target, by_name: dict[str, list[Layer]]
) -> Iterator[tuple[Layer, Change]]:
    """Yield the change of each layer that a module stands for, with its rows."""
    same = [by_name[name] for name in target.layers]
    firsts = [each[0] for each in same]
    expected, (rows, columns) = (
        (sum(each.out_features for each in firsts), prod(firsts[0].in_shape)),
        adapter.shape(module),
    )
    if rows != expected[0] or columns not in (0, expected[1]):
        names = " + ".join(target.layers)
        raise ValueError(
            f"{adapter} is for another model: {module} fits weights of {rows}x{columns},"
            f" but those of {names} have {expected[0]}x{expected[1]}"
        )
    order = _rows(firsts, target.swapped)
    whole = tuple(zip(firsts, order, strict=True))
    for layers, own in zip(same, order, strict=True):
        yield from ((layer, Change(adapter, module, whole, own)) for layer in layers)


def _rows(layers: Sequence[Layer], swapped: bool) -> list[NDArray[np.intp]]:
    """Return the rows of each layer in a module for all of them."""
    if swapped and layers[0].out_features == 2 * prod(layers[0].in_shape):
        return [np.roll(np.arange(layers[0].out_features), layers[0].out_features // 2)]
    sizes = (layer.out_features for layer in layers)
    return [np.arange(begin, end) for begin, end in pairwise(accumulate(sizes, initial=0))]
