from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino_genai

import graphframe as gf
from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.text.tokenize import TokenizeCalculator
from calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from calculators.text.tokens import Tokens


def tokenize(folder: Path, prompt: str, negative_prompt: str | None, max_length: int = 77) -> Tokens:
    request = DiffusionRequest(prompt, negative_prompt, 0, 4, 7.5, (1, 4, 8, 8))
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
