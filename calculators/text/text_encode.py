"""TextEncodeCalculator."""

from __future__ import annotations

import graphframe as gf
from calculators.text.embeddings import Embeddings
from calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from calculators.text.tokens import Tokens
from graphframe.inference import load_model


class TextEncodeCalculator(gf.Calculator):
    """Turns tokens into the embeddings that denoising looks at, with a CLIP text encoder.

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
        path = node.path(node[self.options].model_path) / "openvino_model.xml"
        self.model = load_model(path, node.device, node.device_properties)

    def process(self, cc: gf.Context) -> None:
        outputs = self.model.infer(cc.cancellation, {"input_ids": cc[self.tokens].input_ids})
        cc.send(self.embeddings, Embeddings(outputs["last_hidden_state"]))
