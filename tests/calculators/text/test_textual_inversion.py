"""Embeddings of prompts with textual inversions are those of diffusers. See make_fixtures.py."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.calculators.text.placeholders import Placeholders
from graphframe.calculators.text.text_encode import TextEncodeCalculator
from graphframe.calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from graphframe.calculators.text.textual_inversion import TextualInversion, textual_inversions
from graphframe.calculators.text.textual_inversion_pb2 import TextualInversionEntry, TextualInversionOptions
from graphframe.calculators.text.tokenize import TokenizeCalculator
from graphframe.calculators.text.tokenize_pb2 import TokenizeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.calculators.diffusion.requests import diffusion_request
from tests.calculators.lora.adapter_files import write
from tests.calculators.text.weighted_prompts import LEARNED, WEIGHTED, learned
from tests.models import model_path

FIXTURES = np.load(Path(__file__).with_name("fixtures.npz"))


def options_of(*files: Path | tuple[Path, str]) -> TextualInversionOptions:
    entries = [file if isinstance(file, tuple) else (file, None) for file in files]
    return TextualInversionOptions(
        embeddings=[TextualInversionEntry(path=str(path), token=token) for path, token in entries]
    )


def encode(folder: Path, prompt: str, options: TextualInversionOptions, ending: str, *layer: int) -> Embeddings:
    request = diffusion_request(prompt, None, 0, 4, 7.5, (1, 4, 8, 8))
    given = TokenizeCalculatorOptions(model_path=f"tokenizer{ending}", textual_inversion=options)
    tokens: Tokens = (
        gf.CalculatorRunner(TokenizeCalculator, given, base=folder).run(REQUEST=[request])["TOKENS"][0].value
    )
    encoder = TextEncodeCalculatorOptions(model_path=f"text_encoder{ending}", layer=layer, textual_inversion=options)
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    runner = gf.CalculatorRunner(TextEncodeCalculator, encoder, device_properties=precise, base=folder)
    embeddings: Embeddings = runner.run(TOKENS=[tokens])["EMBEDDINGS"][0].value
    return embeddings


@pytest.mark.parametrize("form", LEARNED)
@pytest.mark.parametrize("model", WEIGHTED[:2])
def test_embeddings_are_those_of_diffusers(model: str, form: str, tmp_path: Path) -> None:
    is_xl = model == "stable_diffusion_xl"
    token = "charturner" if form == "a1111" else "<toy>"
    file = write(tmp_path / "charturner.safetensors", learned(form, *((32, 24) if is_xl else (32,))))
    options = options_of((file, token) if is_xl else file)  # the file has a token, or the name of one
    found = [
        encode(model_path(model), LEARNED[form], options, ending, *((-2,) if is_xl else ()))
        for ending in (["", "_2"] if is_xl else [""])
    ]
    states = np.concatenate([each.hidden_states for each in found], axis=-1)[0]
    mask = found[0].attention_mask
    assert mask is not None
    count = int(mask.sum())
    assert 0 < count < len(states)
    np.testing.assert_allclose(states[:count], FIXTURES[f"learned/{model}/{form}"][:count], atol=1e-5)
    assert token in LEARNED[form]
    if is_xl:
        np.testing.assert_allclose(found[1].pooled_prompt()[0], FIXTURES[f"learned/{model}/{form}/pooled"], atol=1e-5)


def test_other_prompts_keep_their_embeddings(tmp_path: Path, euler: Path) -> None:
    options = options_of(write(tmp_path / "ink.safetensors", learned("a1111", 32)))
    plain = encode(euler, "a red cat", TextualInversionOptions(), "")
    assert (encode(euler, "a red cat", options, "").hidden_states == plain.hidden_states).all()
    assert (encode(euler, "a red ink", options, "").hidden_states != plain.hidden_states).any()


def vectors(count: int, width: int = 4) -> NDArray[np.float32]:
    return np.ones((count, width), np.float32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat", ["a cat"]),
        ("an INK drawing, ink.", ["an", [-3, -2], "drawing,", [-3, -2], "."]),
        ("inked think ink_2", ["inked think ink_2"]),
        ("<a>x<A>", [[-1], "x", [-1]]),
    ],
)
def test_placeholders(text: str, expected: list[object]) -> None:
    split = Placeholders([TextualInversion("ink", vectors(2)), TextualInversion("<a>", vectors(1))]).split(text)
    assert [part if isinstance(part, str) else part.tolist() for part in split] == expected


def test_longest_token_wins() -> None:
    split = Placeholders([TextualInversion("ink", vectors(1)), TextualInversion("ink wash", vectors(1))]).split(
        "ink wash"
    )
    assert [part if isinstance(part, str) else part.tolist() for part in split] == [[-1]]


def of(options: TextualInversionOptions, encoder: Path) -> list[tuple[str, int]]:
    return [(each.token, len(each.vectors)) for each in textual_inversions(options, Path, encoder)]


def test_encoders_get_vectors_of_their_width(tmp_path: Path) -> None:
    folder = model_path("stable_diffusion_xl")
    options = options_of(
        write(tmp_path / "first.safetensors", {"emb_params": vectors(2, 32)}),
        write(tmp_path / "second.safetensors", {"<two>": vectors(1, 24)[0]}),
        (write(tmp_path / "both.safetensors", {"clip_g": vectors(3, 24), "clip_l": vectors(3, 32)}), "<both>"),
    )
    assert of(options, folder / "text_encoder") == [("first", 2), ("<both>", 3)]
    assert of(options, folder / "text_encoder_2") == [("<two>", 1), ("<both>", 3)]


def test_t5_takes_vectors_of_its_width(tmp_path: Path) -> None:
    file = write(tmp_path / "ink.safetensors", {"<ink>": vectors(2, 80)})
    folder, options = model_path("stable_diffusion_3"), options_of(file)
    assert of(options, folder / "text_encoder") == of(options, folder / "text_encoder_2") == []
    plain = encode(folder, "a <ink> cat", TextualInversionOptions(), "_3")
    assert (encode(folder, "a <ink> cat", options, "_3").hidden_states != plain.hidden_states).any()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (
            {"emb_params": vectors(1, 5)},
            r"is for another model: its vectors have the widths emb_params 5; the text enc",
        ),
        (
            {"a": vectors(1), "b": vectors(1)},
            r"expected one matrix, or clip_l and clip_g; found a \[1, 4\], b \[1, 4\]",
        ),
        ({}, "found nothing"),
        ({"emb_params": vectors(1)[None]}, r"found emb_params \[1, 1, 4\]"),
    ],
)
def test_refused_files(euler: Path, tmp_path: Path, tensors: dict[str, NDArray[np.float32]], message: str) -> None:
    path = write(tmp_path / "ink.safetensors", tensors)
    with pytest.raises(gf.CalculatorError, match=message):
        graph_with(euler, path).load()


def test_missing_files_other_types_and_equal_tokens(euler: Path, tmp_path: Path) -> None:
    with pytest.raises(gf.CalculatorError, match=r"ink.safetensors of a textual inversion does not exist"):
        graph_with(euler, tmp_path / "ink.safetensors").load()
    (tmp_path / "ink.pt").touch()
    with pytest.raises(gf.CalculatorError, match=r"must be a \.safetensors file"):
        graph_with(euler, tmp_path / "ink.pt").load()
    twice = (
        write(tmp_path / "a.safetensors", learned("a1111", 32)),
        write(tmp_path / "A.safetensors", learned("a1111", 32)),
    )
    with pytest.raises(gf.CalculatorError, match='two textual inversions have the token "A"'):
        graph_with(euler, *twice).load()


def graph_with(folder: Path, *paths: Path) -> gf.Graph:
    entries = " ".join(f'embeddings {{ path: "{path}" }}' for path in paths)
    options = f"graph_options {{ [type.googleapis.com/graphframe.TextualInversionOptions] {{ {entries} }} }}"
    return gf.Graph.from_text(f"{find_graph(folder).read_text()}\n{options}", folder)


@pytest.mark.parametrize("model", ["stable_diffusion_3", "flux_schnell"])
def test_images_show_textual_inversions(model: str, tmp_path: Path) -> None:
    width = 80 if model == "stable_diffusion_3" else 32
    with closing(
        graph_with(model_path(model), write(tmp_path / "ink.safetensors", {"emb_params": vectors(2, width)}))
    ) as graph:

        def content(prompt: str) -> bytes:
            request = ImageRequest(prompt, seed=1, width=64, height=64, num_inference_steps=1, prompt_syntax="a1111")
            return bytes(graph.run(REQUEST=request)["IMAGE"][0].value.content)

        assert len({content(prompt) for prompt in ("a cat", "a cat ink", "a cat (ink:0.5)", "ink a cat")}) == 4
