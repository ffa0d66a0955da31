"""TextEncodeCalculator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import graphframe as gf
from calculators.text.embeddings import Embeddings
from calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from calculators.text.tokens import Tokens
from graphframe.inference import load_model

_POOLED = ("text_embeds", "pooler_output")
"""What encoders with and without a projection call it."""


class TextEncodeCalculator(gf.Calculator):
    """Turns tokens into the embeddings that denoising looks at, with a CLIP or T5 text encoder.

    Example::

        node {
          calculator: "TextEncodeCalculator"
          device: "NPU"
          input_stream: "TOKENS:tokens"
          output_stream: "EMBEDDINGS:embeddings"
          node_options { [type.googleapis.com/graphframe.TextEncodeCalculatorOptions] { model_path: "text_encoder" } }
        }
    """

    tokens = gf.Input("TOKENS", Tokens)
    embeddings = gf.Output("EMBEDDINGS", Embeddings)
    options = gf.Options(TextEncodeCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        path = node.path(options.model_path) / "openvino_model.xml"
        self.model = load_model(path, node.device, node.device_properties)
        self.hidden_states = _output_of_layer(options.layer, self.model.outputs, path)
        self.pooled = next((name for name in _POOLED if name in self.model.outputs), None)

    def process(self, cc: gf.Context) -> None:
        outputs = self.model.infer(cc.cancellation, {"input_ids": cc[self.tokens].input_ids})
        pooled = None if self.pooled is None else outputs[self.pooled]
        cc.send(self.embeddings, Embeddings(outputs[self.hidden_states], pooled))


def _output_of_layer(layer: int, outputs: Sequence[str], path: Path) -> str:
    if layer == -1:
        return "last_hidden_state"
    states = [name for name in outputs if name.startswith("hidden_states.")]  # the first is what goes into layer 1
    if not -len(states) < layer < 0:
        raise ValueError(f"layer must be from {min(1 - len(states), -1)} to -1, as {path} has its outputs, not {layer}")
    return states[layer]
