"""A model to which LoRA adapters of its graph are applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.aliases import Aliases
from graphframe.calculators.lora.layer import layers_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry, LoraOptions
from graphframe.calculators.lora.matching import match
from graphframe.calculators.lora.rewriting import ALPHAS, Rewriting
from graphframe.inference import Caller, InferenceModel, Prepare, Shapes, core, load_shaped_model
from graphframe.speed import Speed


class AdaptableModel:
    """A model to which each inference applies the adapters that it names.

    A model that a dynamic adapter changes is compiled twice, with and without dynamic adapters, so that an inference
    without them is as exact and fast as without LoRA.

    Parameters
    ----------
    node : NodeContext
        The node that loads the model.
    path : pathlib.Path
        The file of the model.
    name : str
        The model of the pipeline: see `match`.
    options : LoraOptions
        The adapters of the graph.
    shapes : sequence of Shapes, optional
        See `load_shaped_model`.
    change : callable, optional
        A function that adds further changes to that of the adapters, or to None.
    speed : Speed
        See `load_model`.

    Raises
    ------
    OSError, ValueError
        If an adapter cannot be read, or is for another model.
    """

    def __init__(
        self,
        node: gf.NodeContext,
        path: Path,
        name: str,
        options: LoraOptions,
        shapes: Sequence[Shapes] = (),
        change: Callable[[Prepare | None], Prepare | None] | None = None,
        speed: Speed = "exact",
    ) -> None:
        def load(adapters: tuple[Adapter, ...]) -> InferenceModel:
            prepare: Prepare | None = Rewriting(name, adapters) if adapters else None
            if change is not None:
                prepare = change(prepare)
            properties = node.device_properties
            return load_shaped_model(path, shapes, node.device, properties, prepare=prepare, speed=speed)

        changing = _changing(Aliases.from_options(options, node.path).adapters, name, path)
        self._base = load(tuple(adapter for adapter in changing if adapter.mode != LoraAdapterEntry.DYNAMIC))
        self._dynamic = [adapter.alias for adapter in changing if adapter.mode == LoraAdapterEntry.DYNAMIC]
        self._adapted = load(changing) if self._dynamic else self._base

    @property
    def inputs(self) -> dict[str, ov.PartialShape]:
        """See `CompiledModel`."""
        return self._base.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """See `CompiledModel`."""
        return self._base.outputs

    def infer(
        self, caller: Caller, inputs: Mapping[str, NDArray[Any]], adapters: Mapping[str, float], *, remaining: int = 1
    ) -> dict[str, NDArray[Any]]:
        """Run one inference, as `CompiledModel.infer` does.

        Parameters
        ----------
        adapters : mapping of str to float
            The alphas of the adapters to apply, by alias. Adapters that do not change this model are ignored.
        """
        alphas = np.array([adapters.get(alias, 0) for alias in self._dynamic], np.float32)
        if alphas.any():
            return self._adapted.infer(caller, {**inputs, ALPHAS: alphas}, remaining=remaining)
        return self._base.infer(caller, inputs, remaining=remaining)


def _changing(adapters: tuple[Adapter, ...], name: str, path: Path) -> tuple[Adapter, ...]:
    """Return the adapters that change the model."""
    if not adapters:
        return ()
    try:
        layers = list(layers_of(core().read_model(path)))
    except RuntimeError:
        return ()  # loading it reports the error
    return tuple(adapter for adapter in adapters if match(adapter, name, layers).changes)
