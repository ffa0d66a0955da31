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


def content(graph: gf.Graph, prompt: str, syntax: Literal["plain", "a1111"] | None) -> bytes:
    request = ImageRequest(prompt, seed=1, width=64, height=64, num_inference_steps=1, prompt_syntax=syntax)
    return bytes(graph.run(REQUEST=request)["IMAGE"][0].value.content)


@pytest.mark.parametrize("name", ["stable_diffusion_xl", "stable_diffusion_3", "flux_schnell"])
def test_weights_change_images(name: str) -> None:
    with closing(open_image_graph(model_path(name))) as graph:
        plain = content(graph, "a red cat", None)
        assert content(graph, "a red cat", "a1111") == plain
        assert content(graph, r"a (red:1) cat", "a1111") == plain
        assert content(graph, "a (red:1.6) cat", "a1111") != plain


def test_option_of_the_graph(euler: Path) -> None:
    text = find_graph(euler).read_text()
    marked = text.replace('model_path: "."', 'model_path: "." prompt_syntax: "a1111"')
    with closing(gf.Graph.from_text(marked, euler)) as graph, closing(open_image_graph(euler)) as plain:
        assert content(graph, "a (cat)", None) == content(plain, "a (cat)", "a1111")
        assert content(graph, "a (cat)", "plain") == content(plain, "a (cat)", None) != content(graph, "a (cat)", None)
    with pytest.raises(gf.CalculatorError, match='prompt_syntax must be "plain" or "a1111", not "compel"'):
        gf.Graph.from_text(marked.replace("a1111", "compel"), euler).load()


def test_break_is_a_space_and_warns_without_chunks(euler: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(open_image_graph(euler)) as graph:
        assert content(graph, "a cat BREAK a dog", "a1111") == content(graph, "a cat a dog", None)
    assert 'set long_prompt to "chunks"' in caplog.text


def test_a_model_without_weights() -> None:
    with closing(open_image_graph(model_path("z_image"))) as graph, pytest.raises(gf.CalculatorError) as caught:
        content(graph, "a cat", "a1111")
    assert isinstance(caught.value.__cause__, InvalidRequest)
    assert caught.value.__cause__.param == "prompt_syntax"


def test_brackets_that_cannot_be_read(euler: Path) -> None:
    with closing(open_image_graph(euler)) as graph, pytest.raises(gf.CalculatorError) as caught:
        content(graph, "(" * 100, "a1111")
    assert isinstance(caught.value.__cause__, InvalidRequest)
    assert caught.value.__cause__.param == "prompt"
    assert "more than 64 brackets" in str(caught.value.__cause__)
