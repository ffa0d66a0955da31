from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from graphframe.graphs.shipped_graph import shipped_graph
from graphframe.images import ImageRequest, InvalidRequest

OPTIONS = "graph_options {{ [type.googleapis.com/graphframe.StaticShapes] {{ {} }} }}"


def static_graph(folder: Path, options: str, **devices: str) -> gf.Graph:
    text = shipped_graph(folder).read_text()
    for node, device in devices.items():
        head, name, tail = text.partition(f'name: "{node}"')
        text = head + name + tail.replace('device: "DEFAULT"', f'device: "{device}"', 1)
    return gf.Graph.from_text(text + (OPTIONS.format(options) if options else ""), folder)


def images(graph: gf.Graph, **request: Any) -> list[str]:
    asked = ImageRequest("a red cat", **{"seed": 7, "num_inference_steps": 2, **request})
    return [packet.value.b64 for packet in graph.run(REQUEST=asked)["IMAGE"]]


def refused(graph: gf.Graph, **request: Any) -> InvalidRequest:
    with pytest.raises(gf.CalculatorError) as caught:
        images(graph, **request)
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidRequest)
    return cause


@pytest.fixture(scope="module")
def two_sizes(euler: Path) -> gf.Graph:
    return static_graph(euler, 'resolution: "128x64 64x64"')


def test_each_size_has_models_of_its_own(two_sizes: gf.Graph, euler: Path) -> None:
    for width in (64, 128):
        alone = static_graph(euler, f'resolution: "{width}x64"')
        assert images(two_sizes, width=width, height=64) == images(alone)


def test_without_a_size_it_is_the_first(two_sizes: gf.Graph) -> None:
    assert images(two_sizes) == images(two_sizes, width=128, height=64)


def test_other_sizes_are_refused(two_sizes: gf.Graph) -> None:
    error = refused(two_sizes, width=64, height=128)
    assert str(error) == "the size must be one of 128x64, 64x64, not 64x128"
    assert error.param == "size"


def test_any_number_of_images(two_sizes: gf.Graph) -> None:
    three = images(two_sizes, width=64, height=64, n=3)
    assert len(three) == 3
    assert three[:1] == images(two_sizes, width=64, height=64)


def test_more_images_than_there_are_rows(euler: Path) -> None:
    graph = static_graph(euler, 'resolution: "64x64" num_images_per_prompt: 2')
    three = images(graph, n=3)
    assert [three[:1], three[:2], three] == [images(graph, n=n) for n in (1, 2, 3)]


@pytest.mark.parametrize("compiled_for", [1.0, 7.5])
def test_guidance_other_than_models_are_compiled_for(euler: Path, compiled_for: float) -> None:
    graph = static_graph(euler, f'resolution: "64x64" guidance_scale: {compiled_for}')
    assert len({*images(graph, guidance_scale=1.0), *images(graph, guidance_scale=7.5)}) == 2


@pytest.mark.parametrize("node", ["denoise", "vae_decode", "preview_decode"])
@pytest.mark.parametrize(("options", "found"), [("", "it has none"), ('resolution: "64x64 128x64"', "it has 2")])
def test_an_npu_needs_one_size(euler: Path, node: str, options: str, found: str) -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        static_graph(euler, options, **{node: "NPU"})
    (problem,) = caught.value.problems
    assert problem.message.startswith(f'node "{node}": device "NPU" runs only models of static shape')
    assert f"the graph needs one resolution; {found}. Add to the graph: graph_options {{" in problem.message


def test_an_npu_that_encodes_text_needs_nothing(euler: Path) -> None:
    graph = static_graph(euler, "", text_encode="NPU")
    assert {node.name: node.device for node in graph.nodes}["text_encode"] == "NPU"
    assert static_graph(euler, 'resolution: "64x64"', denoise="NPU", vae_decode="NPU").nodes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('resolution: "64"', "static_shapes: resolution must be WIDTHxHEIGHT"),
        ('resolution: "64x64 64x64"', 'names "64x64" twice'),
        ("num_images_per_prompt: 2", "need a resolution"),
        ("guidance_scale: 2", "need a resolution"),
        ('resolution: "64x64" num_images_per_prompt: 0', "num_images_per_prompt must be at least 1"),
    ],
)
def test_mistakes(euler: Path, options: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError, match=message):
        static_graph(euler, options)


def test_a_size_that_the_model_cannot_do(euler: Path) -> None:
    with pytest.raises(gf.CalculatorError, match="width and height must be multiples of 8, not 100x64"):
        static_graph(euler, 'resolution: "100x64"').load()
