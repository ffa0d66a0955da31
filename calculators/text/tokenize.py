"""TokenizeCalculator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.text.pad_token import pad_token_id
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from graphframe.inference import load_model


class TokenizeCalculator(gf.Calculator):
    """A tokenizer: turns a prompt of a request, and the negative prompt before it if there is one, into tokens.

    A long prompt is truncated to `max_length` tokens, without its end-of-text token, as in `openvino_genai`, and with a
    warning. If the request's `long_prompt` is "chunks", CLIP's tokens become rows of `max_length` tokens instead, each
    with a start and an end. All prompts of a request have equally many rows.

    Input streams
    -------------
    REQUEST : DiffusionRequest
        The request.

    Output streams
    --------------
    TOKENS : Tokens
        The tokens of the prompts.

    Options
    -------
    model_path : str, default "tokenizer"
        The folder of the tokenizer.
    max_length : int, default 77
        The number of tokens that the text encoder takes. Shorter prompts are padded, longer ones truncated.
    prompt : int, default 1
        The request's prompt: 1 for `prompt`, 2 for `prompt_2`, 3 for `prompt_3`.
    takes_max_sequence_length : bool
        Whether a request's `max_sequence_length` replaces `max_length`, as for T5 and Qwen.
    template : str, default "{prompt}"
        A text in which the prompt replaces "{prompt}", for encoders that expect a chat.
    instruction_length : int
        The number of tokens at the beginning of the template that the denoiser does not get. They count in
        `max_length`, but not in `max_sequence_length`.

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
        self.has_window = not options.takes_max_sequence_length and options.template == "{prompt}"

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        if request.long_prompt == "chunks" and self.has_window:
            cc.send(self.tokens, self.chunked(cc, request))
            return
        prompts = [self.limits.template.replace("{prompt}", prompt) for prompt in request.prompts(self.limits.prompt)]
        max_length = self.limits.max_length
        if self.limits.takes_max_sequence_length and request.max_sequence_length is not None:
            max_length = self.limits.instruction_length + request.max_sequence_length
        found = self.model.infer(cc.cancellation, {self.input_name: np.array(prompts)})
        self.warn_of_long_prompts(cc, request, found["attention_mask"].sum(axis=1), max_length)
        attention = found["attention_mask"][:, :max_length]
        ids = np.where(attention, found["input_ids"][:, :max_length], self.pad_token_id)
        input_ids = np.full((len(prompts), max_length), self.pad_token_id, np.int64)
        input_ids[:, : ids.shape[1]] = ids
        attention_mask = np.zeros_like(input_ids)
        attention_mask[:, : ids.shape[1]] = attention
        cc.send(self.tokens, Tokens(input_ids, attention_mask, self.limits.instruction_length))

    def chunked(self, cc: gf.Context, request: DiffusionRequest) -> Tokens:
        """Return the tokens of the prompts in chunks."""
        prompts = request.prompts(self.limits.prompt)
        # NOTE: other text encoders have the same number of chunks only if each counts the prompts of all.
        texts = list(dict.fromkeys([*prompts, *request.prompts(1), *request.prompts(2)]))
        found = self.model.infer(cc.cancellation, {self.input_name: np.array(texts)})
        ids = [row[mask == 1] for row, mask in zip(found["input_ids"], found["attention_mask"], strict=True)]
        window = self.limits.max_length - 2
        count = max(1, *(-(-(len(each) - 2) // window) for each in ids))
        input_ids = np.full((len(prompts) * count, self.limits.max_length), self.pad_token_id, np.int64)
        attention_mask = np.zeros_like(input_ids)
        for row in range(len(input_ids)):
            prompt, chunk = divmod(row, count)
            start, *words, end = ids[texts.index(prompts[prompt])]
            tokens = [start, *words[chunk * window : (chunk + 1) * window], end]
            input_ids[row, : len(tokens)] = tokens
            attention_mask[row, : len(tokens)] = 1
        return Tokens(input_ids, attention_mask, chunks=count)

    def warn_of_long_prompts(
        self, cc: gf.Context, request: DiffusionRequest, counts: NDArray[np.int64], max_length: int
    ) -> None:
        """Warn of prompts whose ends the text encoder does not get; `counts` are their numbers of tokens."""
        fields = ["negative_prompt", "prompt"][-len(counts) :]
        for field, count in zip(fields, counts.tolist(), strict=True):
            if count > max_length:
                own = f"{field}_{self.limits.prompt}"
                name = own if self.limits.prompt > 1 and getattr(request, own) is not None else field
                used = max_length - self.limits.instruction_length
                cc.warn(
                    f"{name} is too long for a text encoder of this model: it has"
                    f" {count - self.limits.instruction_length} tokens, of which the first {used} are used"
                )
