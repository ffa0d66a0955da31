from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from graphframe.calculators.diffusion.nodes.denoise_pb2 import DenoiseCalculatorOptions
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.images import ImageRequest
from graphframe.repository.graph_writing.graph_file import ovms_pbtxt
from graphframe.repository.graph_writing.task_options import TaskOptions
from tests.calculators.ovms.graphs import ovms_graph
from tests.models import model_path

PREFIX = "imagegenexecutor__"


def devices(graph: gf.Graph) -> dict[str, str]:
    return {node.name.removeprefix(PREFIX): node.device for node in graph.nodes if node.device}


def images(graph: gf.Graph, **request: Any) -> list[str]:
    asked = ImageRequest("a red cat", **{"seed": 7, "width": 64, "height": 64, **request})
    return [packet.value.b64 for packet in graph.run(HTTP_REQUEST_PAYLOAD=asked)["HTTP_RESPONSE_PAYLOAD"]]


@pytest.mark.parametrize(
    ("name", "encoders"),
    [("stable_diffusion_euler", 1), ("stable_diffusion_xl", 2), ("stable_diffusion_3", 3), ("flux_dev", 2)],
)
def test_it_expands_to_the_shipped_graph(name: str, encoders: int) -> None:
    graph = gf.Graph.from_text(ovms_graph('device: "CPU HETERO:CPU AUTO:CPU"'), model_path(name))
    found = devices(graph)
    assert [device for node, device in found.items() if node.startswith("text_encode")] == ["CPU"] * encoders
    assert found["denoise"] == "HETERO:CPU"
    assert found["vae_decode"] == "AUTO:CPU"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ('device: "HETERO:CPU"', {"HETERO:CPU"}),
        ('device: "  CPU   CPU HETERO:CPU "', {"CPU", "HETERO:CPU"}),
        ("", {"DEFAULT"}),
        ('device: ""', {"DEFAULT"}),
    ],
)
def test_devices(euler: Path, option: str, expected: set[str]) -> None:
    assert set(devices(gf.Graph.from_text(ovms_graph(option), euler)).values()) == expected


def test_the_same_pixels_as_the_graph_that_ships(euler: Path) -> None:
    shipped = gf.Graph.from_text(Path("graphs/stable_diffusion.pbtxt").read_text(), euler)
    request = ImageRequest("a red cat", seed=7, width=64, height=64, num_inference_steps=2)
    (packet,) = shipped.run(REQUEST=request)["IMAGE"]
    assert images(gf.Graph.from_text(ovms_graph(), euler), num_inference_steps=2) == [packet.value.b64]


@pytest.mark.parametrize(
    ("option", "field", "value"),
    [
        ("max_resolution: '256x128'", "max_resolution", "256x128"),
        ("default_resolution: '64x128'", "default_resolution", "64x128"),
        ("max_num_images_per_prompt: 2", "max_num_images_per_prompt", 2),
        ("default_num_inference_steps: 3", "default_num_inference_steps", 3),
        ("max_num_inference_steps: 4", "max_num_inference_steps", 4),
    ],
)
def test_the_limits_of_requests(euler: Path, option: str, field: str, value: Any) -> None:
    graph = gf.Graph.from_text(ovms_graph(option), euler)
    (node,) = [node for node in graph.nodes if node.name == f"{PREFIX}image_request"]
    assert getattr(node.options[ImageRequestCalculatorOptions], field) == value


def test_the_default_steps_are_those_of_the_model(lcm: Path) -> None:
    graph = gf.Graph.from_text(ovms_graph(), lcm)
    assert images(graph) == images(graph, num_inference_steps=4)


def test_plugin_config_reaches_the_models(euler: Path) -> None:
    graph = gf.Graph.from_text(ovms_graph("""plugin_config: '{"NUM_STREAMS": 1, "PERF_COUNT": false}'"""), euler)
    properties = [node.device_properties for node in graph.nodes if node.device]
    assert properties == [{"NUM_STREAMS": "1", "PERF_COUNT": "NO"}] * len(devices(graph))
    assert len(images(graph, num_inference_steps=1)) == 1


@pytest.mark.parametrize("absolute", [False, True])
def test_a_model_in_another_folder(euler: Path, tmp_path: Path, absolute: bool) -> None:
    (tmp_path / "models").symlink_to(euler)
    text = ovms_graph(models_path=str(euler) if absolute else "models/")
    assert images(gf.Graph.from_text(text, tmp_path), num_inference_steps=1)


def test_previews(euler: Path) -> None:
    output = 'output_stream: "HTTP_RESPONSE_PAYLOAD:output"'
    text = ovms_graph().replace(output, f'{output} output_stream: "PREVIEW:preview"')
    request = ImageRequest("a red cat", width=64, height=64, num_inference_steps=3, partial_images=2)
    outputs = gf.Graph.from_text(text, euler).run(HTTP_REQUEST_PAYLOAD=request)
    assert [packet.timestamp for packet in outputs["PREVIEW"]] == [0, 1]


def test_two_in_one_graph(euler: Path, lcm: Path, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(euler)
    (tmp_path / "b").symlink_to(lcm)
    first = ovms_graph(models_path="a")
    second = ovms_graph(models_path="b").partition("node:")[2].replace("Executor", "Executor2")
    both = 'output_stream: "SECOND:output_2"' + first + "node:" + second.replace(":output", ":output_2")
    graph = gf.Graph.from_text(both, tmp_path)
    outputs = graph.run(HTTP_REQUEST_PAYLOAD=ImageRequest("a red cat", width=64, height=64, num_inference_steps=1))
    assert {key: len(packets) for key, packets in outputs.items()} == {"HTTP_RESPONSE_PAYLOAD": 1, "SECOND": 1}


def test_static_shapes(euler: Path) -> None:
    graph = gf.Graph.from_text(
        ovms_graph('resolution: "64x128",', "num_images_per_prompt: 12,", "guidance_scale: 1.5"), euler
    )
    (options,) = [
        node.options[ImageRequestCalculatorOptions] for node in graph.nodes if node.name == f"{PREFIX}image_request"
    ]
    assert options.default_guidance_scale == 1.5
    assert options.max_num_images_per_prompt == 12
    size: dict[str, Any] = {"width": None, "height": None, "num_inference_steps": 1}
    assert images(graph, **size) == images(graph, width=64, height=128, num_inference_steps=1, guidance_scale=1.5)
    with pytest.raises(gf.CalculatorError, match="the size must be one of 64x128, not 64x64"):
        images(graph, num_inference_steps=1)


def test_several_sizes(euler: Path) -> None:
    graph = gf.Graph.from_text(ovms_graph('resolution: "64x128 64x64"', 'default_resolution: "64x64"'), euler)
    given: dict[str, Any] = {"num_inference_steps": 1, "n": 2}
    assert images(graph, width=None, height=None, **given) == images(graph, **given)


def test_adapters_are_those_of_the_nodes(euler: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(euler)
    (tmp_path / "ink.safetensors").touch()
    text = ovms_graph(
        'lora_adapters { alias: "ink" path: "ink.safetensors" alpha: 0.5 mode: DYNAMIC }', models_path="models"
    )
    nodes = {node.name.removeprefix(PREFIX): node for node in gf.Graph.from_text(text, tmp_path).nodes}
    lora = nodes["denoise"].options[DenoiseCalculatorOptions].lora
    assert [(adapter.alias, adapter.alpha) for adapter in lora.lora_adapters] == [("ink", 0.5)]
    assert lora.use_file_alpha


def test_the_digest_depends_on_the_options(euler: Path) -> None:
    graphs = [gf.Graph.from_text(ovms_graph(option), euler) for option in ("", 'device: "CPU"', 'device: ""')]
    assert graphs[0].digest == graphs[2].digest != graphs[1].digest


def test_the_graph_that_pull_writes(euler: Path) -> None:
    options = TaskOptions(
        target_device="CPU HETERO:CPU CPU",
        resolution="64x64",
        num_images_per_prompt=2,
        guidance_scale=3.5,
        default_resolution="64x64",
        default_num_inference_steps=2,
        max_num_inference_steps=5,
        num_streams=1,
        plugin_config='{"PERF_COUNT": "NO"}',
    )
    graph = gf.Graph.from_text(ovms_pbtxt(options), euler)
    assert set(devices(graph).values()) == {"CPU", "HETERO:CPU"}
    assert images(graph, width=None, height=None) == images(graph, num_inference_steps=2, guidance_scale=3.5)
