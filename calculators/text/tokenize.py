"""TokenizeCalculator."""

from __future__ import annotations

import numpy as np

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.text.pad_token import pad_token_id
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from graphframe.inference import load_model


class TokenizeCalculator(gf.Calculator):
    """Turns a prompt of a request into tokens, and before it the negative prompt, where there is one.

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
        self.pad_token_id = pad_token_id(folder)
        if not 1 <= options.prompt <= 3:
            raise ValueError(f"prompt must be 1, 2 or 3, not {options.prompt}")
        self.limits = options

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        prompts = [self.limits.template.replace("{prompt}", prompt) for prompt in request.prompts(self.limits.prompt)]
        max_length = self.limits.max_length
        if self.limits.takes_max_sequence_length and request.max_sequence_length is not None:
            max_length = self.limits.instruction_length + request.max_sequence_length
        found = self.model.infer(cc.cancellation, {self.input_name: np.array(prompts)})
        attention = found["attention_mask"][:, :max_length]
        ids = np.where(attention, found["input_ids"][:, :max_length], self.pad_token_id)
        input_ids = np.full((len(prompts), max_length), self.pad_token_id, np.int64)
        input_ids[:, : ids.shape[1]] = ids
        attention_mask = np.zeros_like(input_ids)
        attention_mask[:, : ids.shape[1]] = attention
        cc.send(self.tokens, Tokens(input_ids, attention_mask, self.limits.instruction_length))
