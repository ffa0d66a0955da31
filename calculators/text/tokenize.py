"""TokenizeCalculator."""

from __future__ import annotations

import numpy as np
import openvino_genai

import graphframe as gf
from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from calculators.text.tokens import Tokens
from graphframe.inference import load_model


class TokenizeCalculator(gf.Calculator):
    """Turns the prompts of a request into tokens: the negative prompt's first, where there is one.

    As `openvino_genai` does, it cuts a long prompt after `max_length` tokens, its end-of-text token with it.

    Example::

        node {
          calculator: "TokenizeCalculator"
          input_stream: "REQUEST:diffusion_request"
          output_stream: "TOKENS:tokens"
          node_options { [type.googleapis.com/graphframe.TokenizeCalculatorOptions] { model_path: "tokenizer" } }
        }
    """

    request = gf.Input("REQUEST", DiffusionRequest)
    tokens = gf.Output("TOKENS", Tokens)
    options = gf.Options(TokenizeCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        self.model = load_model(folder / "openvino_tokenizer.xml", node.device, node.device_properties)
        (self.input_name,) = self.model.inputs
        self.pad_token_id = openvino_genai.Tokenizer(folder).get_pad_token_id()
        self.max_length = options.max_length

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        prompts = [request.prompt] if request.negative_prompt is None else [request.negative_prompt, request.prompt]
        found = self.model.infer(cc.cancellation, {self.input_name: np.array(prompts)})
        ids = np.where(found["attention_mask"], found["input_ids"], self.pad_token_id)[:, : self.max_length]
        input_ids = np.full((len(prompts), self.max_length), self.pad_token_id, np.int64)
        input_ids[:, : ids.shape[1]] = ids
        cc.send(self.tokens, Tokens(input_ids))
