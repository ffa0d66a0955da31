from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

import graphframe as gf
from graphframe.images import ImageRequest, InvalidRequest
from graphframe.repository.image_graph import open_image_graph
from graphframe.repository.model_folder import find_graph
from tests.models import model_path

START = "a red cat " * 60


def content(graph: gf.Graph, prompt: str, long_prompt: Literal["cut", "chunks"] | None) -> bytes:
    request = ImageRequest(prompt, seed=1, width=64, height=64, num_inference_steps=2, long_prompt=long_prompt)
    return bytes(graph.run(REQUEST=request)["IMAGE"][0].value.content)


def graph_of(folder: Path, **options: str) -> gf.Graph:
    """Return the shipped graph of a model, whose denoiser takes prompts of any length, with options of requests."""
    given = "".join(f' {name}: "{value}"' for name, value in options.items())
    text = find_graph(folder).read_text().replace('model_path: "."', f'model_path: "."{given}')
    text = text.replace('scheduler_path: "scheduler"', 'scheduler_path: "scheduler" any_prompt_length: true')
    assert "any_prompt_length" in text
    return gf.Graph.from_text(text, folder)


@pytest.mark.parametrize("name", ["stable_diffusion_euler", "stable_diffusion_xl", "stable_diffusion_3"])
def test_only_chunks_see_the_end_of_a_prompt(name: str) -> None:
    with closing(graph_of(model_path(name))) as graph:
        cut, whole = ([content(graph, START + end, how) for end in ("", "dog")] for how in (None, "chunks"))
        # T5 of Stable Diffusion 3 sees the end in any case
        assert (cut[0] == cut[1]) is (name != "stable_diffusion_3")
        assert whole[0] != whole[1]
        assert whole[0] != cut[0]
        assert content(graph, "a cat", "chunks") == content(graph, "a cat", "cut")


def test_option_of_the_graph(euler: Path) -> None:
    with closing(graph_of(euler, long_prompt="chunks")) as graph, closing(graph_of(euler)) as plain:
        assert content(graph, START, None) == content(plain, START, "chunks")
        assert content(graph, START, "cut") == content(plain, START, None)
    with pytest.raises(gf.CalculatorError, match='long_prompt must be "cut" or "chunks", not "split"'):
        graph_of(euler, long_prompt="split").load()


@pytest.mark.parametrize("name", ["flux_schnell", "stable_diffusion_euler"])
def test_models_without_chunks(name: str) -> None:
    with closing(open_image_graph(model_path(name))) as graph, pytest.raises(gf.CalculatorError) as caught:
        content(graph, START, "chunks")
    assert isinstance(caught.value.__cause__, InvalidRequest)
    assert caught.value.__cause__.param == "long_prompt"
