from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf
from graphframe.inference import default_device
from graphframe.inference.default_device import Gpu
from graphframe.repository.default_device import on_default_device
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.graph_file import write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import open_image_graph
from tests.calculators.ovms.graphs import ovms_graph

SHIPPED = Path("graphs")


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the machine's only GPU, under which the CPU works."""
    monkeypatch.setattr(default_device, "gpus", lambda: [Gpu("HETERO:CPU", True, 0)])
    return "HETERO:CPU"


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    return tmp_path


def devices(graph: gf.Graph) -> dict[str, str]:
    bound, chosen = on_default_device(graph)
    assert chosen == (None if bound is graph else ("HETERO:CPU", "it is the only discrete GPU"))
    return {node.name.rpartition("__")[2]: node.device for node in bound.nodes if node.device}


@pytest.mark.parametrize("graph", [*SHIPPED.glob("*.pbtxt"), Path("graphframe/pictograms")], ids=lambda path: path.stem)
def test_graphs_that_ship(graph: Path, gpu: str) -> None:
    assert set(devices(gf.Graph.from_file(graph)).values()) == {gpu}


def test_a_folder_without_a_graph(folder: Path, gpu: str) -> None:
    assert set(devices(open_image_graph(folder)).values()) == {gpu}


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("", {"HETERO:CPU"}),
        ('device: ""', {"HETERO:CPU"}),
        ('device: "CPU"', {"CPU"}),
        ('device: "CPU DEFAULT AUTO:CPU"', {"CPU", "HETERO:CPU", "AUTO:CPU"}),
    ],
)
def test_graphs_of_openvino_model_server(folder: Path, option: str, expected: set[str]) -> None:
    (folder / "graph.pbtxt").write_text(ovms_graph(option))
    assert set(devices(open_image_graph(folder)).values()) == expected


@pytest.mark.parametrize("one_node", [False, True])
def test_a_written_graph_does_not_freeze_the_device(
    folder: Path, gpu: str, one_node: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_graph(folder, TaskOptions(default_resolution="64x64"), one_node=one_node)
    text = (folder / "graph.pbtxt").read_text()
    assert gpu not in text
    assert 'device: "CPU"' not in text
    assert set(devices(open_image_graph(folder)).values()) == {gpu}
    monkeypatch.setattr(default_device, "gpus", list)
    bound, chosen = on_default_device(open_image_graph(folder))
    assert {node.device for node in bound.nodes} == {"", "CPU"}
    assert str(chosen) == "CPU: OpenVINO finds no GPU"


@pytest.mark.parametrize(
    ("target_device", "expected"),
    [("CPU", {"CPU"}), ("CPU AUTO:CPU CPU", {"CPU", "AUTO:CPU"}), ("denoise=AUTO:CPU", {"HETERO:CPU", "AUTO:CPU"})],
)
def test_target_device(folder: Path, target_device: str, expected: set[str]) -> None:
    options = TaskOptions(target_device=target_device)
    assert set(devices(FolderSource(folder, options=options).open()).values()) == expected


def test_a_device_in_the_graph_wins(folder: Path, gpu: str) -> None:
    head, _, tail = (SHIPPED / "stable_diffusion.pbtxt").read_text().partition('name: "denoise"')
    tail = tail.replace('device: "DEFAULT"', 'device: "CPU"', 1)
    (folder / "graph.pbtxt").write_text(f'{head}name: "denoise"{tail}')
    found = devices(open_image_graph(folder))
    assert (found["denoise"], found["text_encode"], found["vae_decode"]) == ("CPU", gpu, gpu)


def test_properties_of_the_device_that_is_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = '{"DEVICE_PROPERTIES": {"CPU": {"NUM_STREAMS": 2}, "GPU": {"NUM_STREAMS": 3}}}'
    monkeypatch.setattr(default_device, "gpus", list)
    graph, _ = on_default_device(FolderSource(folder, options=TaskOptions(plugin_config=streams)).open())
    assert graph.nodes[2].device_properties == {"DEVICE_PROPERTIES": "{CPU:{NUM_STREAMS:2},GPU:{NUM_STREAMS:3}}"}
    graph.load()
