from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino_genai
import pytest
from msgspec.structs import replace

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.text.tokenize import TokenizeCalculator
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from graphframe.progress import Progress
from tests.calculators.diffusion.requests import diffusion_request


def tokenize(folder: Path, prompt: str, negative_prompt: str | None, max_length: int = 77) -> Tokens:
    request = diffusion_request(prompt, negative_prompt, 0, 4, 7.5, (1, 4, 8, 8))
    runner = gf.CalculatorRunner(TokenizeCalculator, TokenizeCalculatorOptions(max_length=max_length), base=folder)
    (packet,) = runner.run(REQUEST=[request])["TOKENS"]
    tokens: Tokens = packet.value
    return tokens


def test_ids_are_those_of_genai_and_padded(euler: Path) -> None:
    tokenizer = openvino_genai.Tokenizer(euler / "tokenizer")
    expected = tokenizer.encode("a red cat").input_ids.data[0]
    ids = tokenize(euler, "a red cat", None).input_ids
    assert ids.shape == (1, 77)
    assert ids.dtype == np.int64
    assert ids[0, : len(expected)].tolist() == expected.tolist()
    assert set(ids[0, len(expected) :]) == {tokenizer.get_pad_token_id()}


def test_negative_prompt_comes_first(euler: Path) -> None:
    both = tokenize(euler, "a red cat", "a dog").input_ids
    assert both.tolist() == [
        tokenize(euler, "a dog", None).input_ids[0].tolist(),
        tokenize(euler, "a red cat", None).input_ids[0].tolist(),
    ]


def test_long_prompt_is_cut_and_loses_its_end(euler: Path) -> None:
    expected = openvino_genai.Tokenizer(euler / "tokenizer").encode("a red cat " * 60).input_ids.data[0, :77]
    assert tokenize(euler, "a red cat " * 60, None).input_ids[0].tolist() == expected.tolist()


def test_max_length(euler: Path) -> None:
    assert tokenize(euler, "a red cat", None, max_length=5).input_ids.shape == (1, 5)


def of_options(folder: Path, request: DiffusionRequest, **options: Any) -> Tokens:
    runner = gf.CalculatorRunner(TokenizeCalculator, TokenizeCalculatorOptions(**options), base=folder)
    tokens: Tokens = runner.run(REQUEST=[request])["TOKENS"][0].value
    return tokens


def test_which_prompt(euler: Path) -> None:
    texts: dict[str, Any] = {"prompt_2": "a dog", "negative_prompt_2": "a fox", "prompt_3": "a tree"}
    request = diffusion_request("a red cat", "night", 0, 4, 7.5, (1, 4, 8, 8), **texts)
    for number, pair in ((1, ("a red cat", "night")), (2, ("a dog", "a fox")), (3, ("a tree", "night"))):
        assert (of_options(euler, request, prompt=number).input_ids == tokenize(euler, *pair).input_ids).all()


def test_prompt_that_there_is_not(euler: Path) -> None:
    with pytest.raises(gf.CalculatorError, match="prompt must be 1, 2 or 3, not 4"):
        of_options(euler, diffusion_request("", None, 0, 4, 7.5, (1, 4, 8, 8)), prompt=4)


def test_max_sequence_length_of_the_request_is_for_those_that_take_it(euler: Path) -> None:
    request = diffusion_request("a red cat", None, 0, 4, 7.5, (1, 4, 8, 8), max_sequence_length=9)
    assert of_options(euler, request).input_ids.shape == (1, 77)
    assert of_options(euler, request, takes_max_sequence_length=True).input_ids.shape == (1, 9)


def test_template(euler: Path) -> None:
    request = diffusion_request("red", None, 0, 4, 7.5, (1, 4, 8, 8))
    tokens = of_options(euler, request, template="a {prompt} cat")
    assert (tokens.input_ids == tokenize(euler, "a red cat", None).input_ids).all()


def test_an_instruction_does_not_count_in_max_sequence_length(euler: Path) -> None:
    request = diffusion_request("red", None, 0, 4, 7.5, (1, 4, 8, 8), max_sequence_length=9)
    options: dict[str, Any] = {"template": "draw a {prompt}", "instruction_length": 3, "max_length": 20}
    tokens = of_options(euler, request, **options)
    assert (tokens.input_ids.shape, tokens.instruction_length) == ((1, 20), 3)
    assert of_options(euler, request, **options, takes_max_sequence_length=True).input_ids.shape == (1, 12)


def test_attention_mask_tells_the_prompt_from_what_fills_it_up(euler: Path) -> None:
    tokens = tokenize(euler, "a red cat", "a dog")
    assert tokens.attention_mask.sum(axis=1).tolist() == [4, 5]
    assert tokens.attention_mask.shape == tokens.input_ids.shape


class _Warnings(Progress):
    """The warnings of a run of a graph with one tokenizer."""

    def of(self, folder: Path, request: DiffusionRequest, options: str = "") -> list[str]:
        graph = gf.Graph.from_text(
            'input_stream: "REQUEST:r" output_stream: "TOKENS:t" node { calculator: "TokenizeCalculator"'
            ' input_stream: "REQUEST:r" output_stream: "TOKENS:t" node_options {'
            f" [type.googleapis.com/graphframe.TokenizeCalculatorOptions] {{ {options} }} }} }}",
            folder,
        )
        graph.run(REQUEST=request, tracer=self)
        return self.warnings


def test_warns_of_long_prompts(euler: Path) -> None:
    tokenizer = openvino_genai.Tokenizer(euler / "tokenizer")
    long = "a red cat " * 60
    count = tokenizer.encode(long).input_ids.shape[1]
    request = diffusion_request(long, long, 0, 4, 7.5, (1, 4, 8, 8))
    assert _Warnings().of(euler, request) == [
        f"{field} is too long for a text encoder of this model: it has {count} tokens, of which the first 77 are used"
        for field in ("negative_prompt", "prompt")
    ]
    assert _Warnings().of(euler, request, f"max_length: {count}") == []
    own = replace(request, prompt="a cat", prompt_2=long, negative_prompt=None)
    assert _Warnings().of(euler, own) == []
    (warning,) = _Warnings().of(euler, own, "prompt: 2")
    assert warning.startswith("prompt_2 is too long")


def test_chunks_of_a_long_prompt(euler: Path) -> None:
    ids = openvino_genai.Tokenizer(euler / "tokenizer").encode("a red cat " * 60).input_ids.data[0].tolist()
    words = ids[1:-1]
    request = diffusion_request("a red cat " * 60, "a dog", 0, 4, 7.5, (1, 4, 8, 8))
    tokens = of_options(euler, replace(request, long_prompt="chunks"))
    count = -(-len(words) // 75)
    assert tokens.chunks == count > 1
    assert tokens.input_ids.shape == tokens.attention_mask.shape == (2 * count, 77)
    rows = [row[mask == 1].tolist() for row, mask in zip(tokens.input_ids, tokens.attention_mask, strict=True)]
    assert rows[1] == [ids[0], ids[-1]]  # the negative prompt is short
    assert rows[count:] == [[ids[0], *words[start : start + 75], ids[-1]] for start in range(0, len(words), 75)]


def test_a_short_prompt_is_one_chunk(euler: Path) -> None:
    request = diffusion_request("a red cat", "a dog", 0, 4, 7.5, (1, 4, 8, 8))
    plain, chunked = of_options(euler, request), of_options(euler, replace(request, long_prompt="chunks"))
    assert chunked.chunks == 1
    assert (plain.input_ids == chunked.input_ids).all()


def test_all_text_encoders_have_equally_many_chunks(euler: Path) -> None:
    request = diffusion_request("a red cat", None, 0, 4, 7.5, (1, 4, 8, 8))
    request = replace(request, prompt_2="a red cat " * 60, long_prompt="chunks")
    first, second = (of_options(euler, request, prompt=number) for number in (1, 2))
    assert first.chunks == second.chunks > 1


def test_encoders_without_a_window_have_no_chunks(euler: Path) -> None:
    request = diffusion_request("a red cat " * 60, None, 0, 4, 7.5, (1, 4, 8, 8))
    assert of_options(euler, replace(request, long_prompt="chunks"), takes_max_sequence_length=True).chunks == 1
