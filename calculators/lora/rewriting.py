"""The rewriting of a model with LoRA adapters, before it is compiled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import Adapter, Delta
from graphframe.calculators.lora.branch import add_branch
from graphframe.calculators.lora.fuse import fuse
from graphframe.calculators.lora.layer import Layer, layers_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.matching import Change, match

ALPHAS = "lora_alphas"
"""The model input with the strength of each dynamic adapter."""


@dataclass(frozen=True)
class Rewriting:
    """A change to a model by LoRA adapters, for the parameter `prepare` of `load_model`.

    Attributes
    ----------
    model : str
        The model of the pipeline: see `match`.
    adapters : tuple of Adapter
        Fused adapters are added to the weights; the others become branches beside the layers. The strengths of dynamic
        adapters are the input `ALPHAS`: float32, shape (dynamic adapters,).
    """

    model: str
    adapters: tuple[Adapter, ...]

    def __call__(self, model: ov.Model) -> ov.Model:
        """Rewrite the model in place, and return it."""
        layers = list(layers_of(model))
        for layer, changes in self._changes(layers, LoraAdapterEntry.FUSE).items():
            fuse(layer, _read(changes))
        for layer, changes in self._changes(layers, LoraAdapterEntry.STATIC).items():
            add_branch(layer, _read(changes))
        if dynamic := self._changes(layers, LoraAdapterEntry.DYNAMIC):
            count = sum(adapter.mode == LoraAdapterEntry.DYNAMIC for adapter in self.adapters)
            alphas = ops.parameter([count], np.float32, name=ALPHAS)
            alphas.output(0).get_tensor().set_names({ALPHAS})
            for layer, changes in dynamic.items():
                numbers = np.array([number for number, _ in changes], np.int32)
                add_branch(layer, _read(changes), ops.gather(alphas, numbers, np.int32(0)))
            model.add_parameters([alphas])
        model.validate_nodes_and_infer_types()
        return model

    def _changes(
        self, layers: Sequence[Layer], mode: LoraAdapterEntry.Mode.ValueType
    ) -> dict[Layer, list[tuple[int, Change]]]:
        """Return the changes of each layer by adapters of that mode, each after the number of its adapter."""
        found: defaultdict[Layer, list[tuple[int, Change]]] = defaultdict(list)
        for number, adapter in enumerate(adapter for adapter in self.adapters if adapter.mode == mode):
            for layer, change in match(adapter, self.model, layers).changes:
                found[layer].append((number, change))
        return found


def _read(changes: Sequence[tuple[int, Change]]) -> list[Delta]:
    """Read changes at the strength of their adapters; of a dynamic one, at 1."""
    return [
        change.read().times(np.float32(1 if change.adapter.mode == LoraAdapterEntry.DYNAMIC else change.adapter.alpha))
        for _, change in changes
    ]
