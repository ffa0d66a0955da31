from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.calculators.text.prompt_syntax import parse_prompt
from graphframe.calculators.text.text_encode import TextEncodeCalculator
from graphframe.calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from graphframe.calculators.text.tokenize import TokenizeCalculator
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from tests.calculators.diffusion.requests import diffusion_request
from tests.calculators.text.weighted_prompts import LONG, PROMPTS, T5_MODELS, WEIGHTED
from tests.models import model_path

FIXTURES = np.load(Path(__file__).with_name("fixtures.npz"))
CASES = range(len(PROMPTS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [[("", 1.0)]]),
        ("a:b c: d", [[("a:b c: d", 1.0)]]),
        ("(a)(b)", [[("ab", 1.1)]]),
        ("((a), b", [[("a", 1.1 * 1.1), (", b", 1.1)]]),
        ("a) b] c", [[("a) b] c", 1.0)]]),
        ("a:1.2) b", [[("a:1.2) b", 1.0)]]),
        (r"\(a\) \[b\] \\c \d", [[(r"(a) [b] \c d", 1.0)]]),
        ("(a:1.2.3)", [[("a:1.2.3", 1.1)]]),
        ("(a: -0.5 )(b:+2)(c:.25)", [[("a", -0.5), ("b", 2.0), ("c", 0.25)]]),
        ("a BREAK  b BREAKFAST\nBREAK", [[("a", 1.0)], [("b BREAKFAST", 1.0)], [("", 1.0)]]),
        ("(a BREAK b:2)", [[("a", 2.0)], [("b", 2.0)]]),
        ("([a)b]", [[("a", 1.1 / 1.1), ("b", 1 / 1.1)]]),
    ],
)
def test_sections(text: str, expected: list[list[tuple[str, float]]]) -> None:
    found = parse_prompt(text)
    assert [[each for each, _ in section] for section in found] == [[each for each, _ in part] for part in expected]
    weights = [weight for section in found for _, weight in section]
    assert weights == pytest.approx([weight for section in expected for _, weight in section])


@pytest.mark.parametrize("text", ["(" * 65 + "a", "(a:1001)", f"(a:{'9' * 400})", "((a:100):100)"])
def test_limits(text: str) -> None:
    with pytest.raises(ValueError, match=r"brackets inside each other|a part with the weight"):
        parse_prompt(text)


def request(prompt: str, **fields: str | int) -> DiffusionRequest:
    made = diffusion_request(prompt, None, 0, 4, 7.5, (1, 4, 8, 8))
    return replace(made, prompt_syntax="a1111", **fields)


def tokens_of(folder: Path, asked: DiffusionRequest, ending: str = "", **options: int | bool) -> Tokens:
    given = TokenizeCalculatorOptions(model_path=f"tokenizer{ending}", **options)  # type: ignore[arg-type]
    runner = gf.CalculatorRunner(TokenizeCalculator, given, base=folder)
    tokens: Tokens = runner.run(REQUEST=[asked])["TOKENS"][0].value
    return tokens


def embeddings_of(folder: Path, tokens: Tokens, ending: str = "", *layer: int) -> NDArray[np.float32]:
    given = TextEncodeCalculatorOptions(model_path=f"text_encoder{ending}", layer=layer)
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    runner = gf.CalculatorRunner(TextEncodeCalculator, given, device_properties=precise, base=folder)
    embeddings: Embeddings = runner.run(TOKENS=[tokens])["EMBEDDINGS"][0].value
    found: NDArray[np.float32] = embeddings.hidden_states[0]
    return found


@pytest.mark.parametrize("index", CASES)
@pytest.mark.parametrize("model", WEIGHTED)
def test_weights_of_clip_are_those_of_sd_embed(model: str, index: int) -> None:
    folder, expected = model_path(model), FIXTURES[f"{model}/{index}"]
    asked = request(PROMPTS[index], long_prompt="chunks")
    endings, layers = ([""], ()) if model == WEIGHTED[0] else (["", "_2"], (-2,))
    tokens = [tokens_of(folder, asked, ending) for ending in endings]
    parts = [embeddings_of(folder, each, ending, *layers) for each, ending in zip(tokens, endings, strict=True)]
    found = np.concatenate(parts, axis=-1)
    taken = tokens[0].attention_mask.reshape(-1) == 1  # sd_embed pads with another token
    assert found.shape == expected.shape
    # the weights of sd_embed are rounded to float16
    np.testing.assert_allclose(found[taken], expected[taken], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("index", CASES)
@pytest.mark.parametrize("model", T5_MODELS)
def test_weights_of_t5_are_those_of_sd_embed(model: str, index: int) -> None:
    folder, expected = model_path(model), FIXTURES[f"t5/{model}/{index}"]
    ending = "_3" if model == "stable_diffusion_3" else "_2"
    asked = request(PROMPTS[index], max_sequence_length=len(expected))
    tokens = tokens_of(folder, asked, ending, prompt=int(ending[1:]), takes_max_sequence_length=True)
    np.testing.assert_allclose(embeddings_of(folder, tokens, ending), expected, atol=1e-5)


@pytest.mark.parametrize("index", range(len(LONG)))
def test_chunks_and_breaks_are_those_of_compel(index: int) -> None:
    folder = model_path(WEIGHTED[0])
    tokens = tokens_of(folder, request(LONG[index], long_prompt="chunks"))
    np.testing.assert_allclose(embeddings_of(folder, tokens), FIXTURES[f"compel/{index}"], atol=1e-5)


def test_a_prompt_without_syntax_keeps_its_tokens(euler: Path) -> None:
    marked, plain = (tokens_of(euler, replace(request("a red cat"), prompt_syntax=how)) for how in ("a1111", "plain"))
    assert (marked.input_ids == plain.input_ids).all()
    assert marked.weights is plain.weights is None


def test_brackets_are_text_without_the_syntax(euler: Path) -> None:
    plain = tokens_of(euler, replace(request("a (red:1.3) cat"), prompt_syntax="plain"))
    assert plain.weights is None
    assert plain.attention_mask.sum() > tokens_of(euler, request("a (red:1.3) cat")).attention_mask.sum()
