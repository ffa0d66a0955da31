"""Vectors of textual inversions in a text encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from graphframe.inference import Prepare

_PASSING = ("Convert", "Reshape", "Unsqueeze", "Squeeze")
"""Operations between the input and the table of embeddings that change no id."""


@dataclass(frozen=True)
class AddedVectors:
    """A change to a text encoder, for the parameter `prepare` of `load_model`: negative ids select added vectors.

    The id -1 is the last vector, as with an index in Python. Other ids, the weights and their compression stay.

    Parameters
    ----------
    path : pathlib.Path
        The file of the text encoder, for messages.
    vectors : array of float32, shape (vectors, width)
    first : callable, optional
        A change to make first, e.g. that of LoRA adapters.
    """

    path: Path
    vectors: NDArray[np.float32] = field(compare=False, repr=False)
    first: Prepare | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Set `digest`, by which equal changes are found."""
        object.__setattr__(self, "digest", hashlib.sha256(self.vectors.tobytes()).hexdigest())

    def __call__(self, model: ov.Model) -> ov.Model:
        """Rewrite the model in place, and return it."""
        if self.first is not None:
            model = self.first(model)
        table = self._table(model)
        count, ids = len(self.vectors), table.input_value(1)
        kind = ids.get_element_type()

        def number(value: int) -> ov.Node:
            return ops.constant(value, kind)

        chosen = ops.minimum(ops.maximum(ops.add(ids, number(count)), number(0)), number(count - 1))
        added = ops.gather(ops.constant(self.vectors), chosen, number(0))
        added = ops.convert(added, table.get_output_element_type(0).get_type_name())
        is_added = ops.unsqueeze(ops.less(ids, number(0)), ops.constant(np.int32(-1)))
        table.input(1).replace_source_output(ops.maximum(ids, number(0)).output(0))
        readers = list(table.output(0).get_target_inputs())
        selected = ops.select(is_added, added, table)
        for reader in readers:
            reader.replace_source_output(selected.output(0))
        model.validate_nodes_and_infer_types()
        return model

    def _table(self, model: ov.Model) -> ov.Node:
        """Return the operation that looks up the embeddings of tokens."""
        width = self.vectors.shape[1]
        for node in model.get_ordered_ops():
            if node.get_type_name() != "Gather" or node.input_value(0).get_partial_shape().rank != ov.Dimension(2):
                continue
            source = node.input_value(1).get_node()
            while source.get_type_name() in _PASSING:
                source = source.input_value(0).get_node()
            is_of_tokens = source.get_type_name() == "Parameter" and "input_ids" in source.output(0).get_names()
            if is_of_tokens and node.input_value(0).get_partial_shape()[1] == ov.Dimension(width):
                return node
        raise ValueError(f"{self.path} has no table of embeddings of width {width}, which textual inversions need")
