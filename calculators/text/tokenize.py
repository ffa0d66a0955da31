"""TokenizeCalculator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import PROMPTS, DiffusionRequest
from graphframe.calculators.text.pad_token import pad_token_id
from graphframe.calculators.text.placeholders import Placeholders
from graphframe.calculators.text.prompt_syntax import Section, parse_prompt
from graphframe.calculators.text.prompt_tokenizer import PromptTokenizer, TokenRow
from graphframe.calculators.text.textual_inversion import textual_inversions
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from graphframe.images import InvalidRequest
from graphframe.inference import load_model


class TokenizeCalculator(gf.Calculator):
    """A tokenizer: turns a prompt of a request, and the negative prompt before it if there is one, into tokens.

    A long prompt is truncated to `max_length` tokens, without its end-of-text token, as in `openvino_genai`, and with a
    warning. If the request's `long_prompt` is "chunks", CLIP's tokens become rows of `max_length` tokens instead, each
    with a start and an end. All prompts of a request have equally many rows.

    If the request's `prompt_syntax` is "a1111", parts of prompts have weights (see `parse_prompt`), and `BREAK` begins
    a chunk. Without chunks, and for T5, it is a space.

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
    textual_inversion : TextualInversionOptions
        The textual inversions of the graph. Their tokens become ids below 0 if they are for the text encoder of this
        tokenizer: for `tokenizer_2`, the one in the folder `text_encoder_2`.

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
        model = load_model(folder / "openvino_tokenizer.xml", node.device, node.device_properties)
        encoder = folder.with_name(folder.name.replace("tokenizer", "text_encoder"))
        learned = textual_inversions(options.textual_inversion, node.path, encoder)
        self.tokenizer = PromptTokenizer(model, Placeholders(learned))
        self.pad_token_id = pad_token_id(folder)
        if not 1 <= options.prompt <= 3:
            raise ValueError(f"prompt must be 1, 2 or 3, not {options.prompt}")
        self.limits = options
        self.has_window = not options.takes_max_sequence_length and options.template == "{prompt}"

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        prompts = request.prompts(self.limits.prompt)
        # NOTE: other text encoders have the same number of chunks only if each counts the prompts of all.
        texts = list(dict.fromkeys([*prompts, *request.prompts(1), *request.prompts(2)]))
        sections = [self.sections(request, text) for text in texts]
        found, start, end = self.tokenizer.rows(cc.cancellation, sections)
        if request.long_prompt == "chunks" and self.has_window:
            tokens = self.chunked([found[texts.index(prompt)] for prompt in prompts], found, start, end)
        else:
            tokens = self.cut(cc, request, [found[texts.index(prompt)] for prompt in prompts], start, end)
        cc.send(self.tokens, tokens)

    def sections(self, request: DiffusionRequest, prompt: str) -> list[Section]:
        """Return the sections of a prompt, by the syntax of the request."""
        if request.prompt_syntax != "a1111":
            return [[(self.limits.template.replace("{prompt}", prompt), 1.0)]]
        try:
            # NOTE: OpenVINO's T5 tokenizer makes a token of spaces at the end, unlike the original.
            return [[(text.strip(), weight) for text, weight in section] for section in parse_prompt(prompt)]
        except ValueError as error:
            field = next(field for field in PROMPTS if getattr(request, field) == prompt)
            raise InvalidRequest(f"{field} {error}", field) from error

    def cut(
        self, cc: gf.Context, request: DiffusionRequest, prompts: list[list[TokenRow]], start: TokenRow, end: TokenRow
    ) -> Tokens:
        """Return the tokens of the prompts, each truncated to the number that the text encoder takes."""
        max_length = self.limits.max_length
        if self.limits.takes_max_sequence_length and request.max_sequence_length is not None:
            max_length = self.limits.instruction_length + request.max_sequence_length
        rows = [TokenRow.joined([start, *prompt, end]) for prompt in prompts]
        self.warn_of_long_prompts(cc, request, [len(row) for row in rows], max_length)
        if self.has_window and any(len(prompt) > 1 for prompt in prompts):
            cc.warn('BREAK is a space, since the prompt is not encoded in chunks: set long_prompt to "chunks"')
        return self.padded([row[:max_length] for row in rows], max_length)

    def chunked(
        self, prompts: list[list[TokenRow]], all_prompts: list[list[TokenRow]], start: TokenRow, end: TokenRow
    ) -> Tokens:
        """Return the tokens of the prompts in chunks. Each has the number of chunks of the longest of all prompts."""
        window = self.limits.max_length - len(start) - len(end)

        def chunks(prompt: list[TokenRow]) -> list[TokenRow]:
            return [row[first : first + window] for row in prompt for first in range(0, max(1, len(row)), window)]

        count = max(len(chunks(prompt)) for prompt in all_prompts)
        empty = TokenRow.joined([])
        filled = [[*found, *[empty] * (count - len(found))] for found in map(chunks, prompts)]
        rows = [TokenRow.joined([start, row, end]) for each in filled for row in each]
        return replace(self.padded(rows, self.limits.max_length), chunks=count)

    def padded(self, rows: list[TokenRow], length: int) -> Tokens:
        """Return rows of at most `length` tokens, padded to it."""
        input_ids = np.full((len(rows), length), self.pad_token_id, np.int64)
        attention_mask = np.zeros_like(input_ids)
        weights = np.ones(input_ids.shape, np.float32)
        for index, row in enumerate(rows):
            input_ids[index, : len(row)] = row.ids
            attention_mask[index, : len(row)] = 1
            weights[index, : len(row)] = row.weights
        weighted = weights if (weights != 1).any() else None
        return Tokens(input_ids, attention_mask, self.limits.instruction_length, weights=weighted)

    def warn_of_long_prompts(
        self, cc: gf.Context, request: DiffusionRequest, counts: list[int], max_length: int
    ) -> None:
        """Warn of prompts whose ends the text encoder does not get; `counts` are their numbers of tokens."""
        fields = ["negative_prompt", "prompt"][-len(counts) :]
        for field, count in zip(fields, counts, strict=True):
            if count > max_length:
                own = f"{field}_{self.limits.prompt}"
                name = own if self.limits.prompt > 1 and getattr(request, own) is not None else field
                used = max_length - self.limits.instruction_length
                cc.warn(
                    f"{name} is too long for a text encoder of this model: it has"
                    f" {count - self.limits.instruction_length} tokens, of which the first {used} are used"
                )
