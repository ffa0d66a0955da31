from __future__ import annotations

import errno
from pathlib import Path

import pytest

from graphframe.framework.errors import GraphConfigError, GraphError
from graphframe.framework.graph import Graph
from graphframe.repository.graph_writing.graph_file import is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import open_image_graph


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    """A model without a graph of its own."""
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    return tmp_path


def devices(graph: Graph) -> dict[str, str]:
    return {node.name.rpartition("__")[2]: node.device for node in graph.nodes if node.device}


@pytest.mark.parametrize("one_node", [False, True])
def test_the_graph_does_what_the_options_say(folder: Path, one_node: bool) -> None:
    write_graph(folder, TaskOptions(target_device="AUTO:CPU CPU HETERO:CPU"), one_node=one_node)
    found = devices(open_image_graph(folder))
    assert (found["text_encode"], found["denoise"], found["vae_decode"]) == ("AUTO:CPU", "CPU", "HETERO:CPU")


def test_all_nodes_are_seen(folder: Path) -> None:
    write_graph(folder, TaskOptions(default_resolution="64x64", num_streams=1))
    text = (folder / "graph.pbtxt").read_text()
    for line in ('name: "denoise"', 'device: "CPU"', 'key: "NUM_STREAMS"', 'default_resolution: "64x64"'):
        assert line in text


def test_graph_options_can_be_added(folder: Path) -> None:
    write_graph(folder, TaskOptions())
    shapes = 'graph_options { [type.googleapis.com/graphframe.StaticShapes] { resolution: "64x64" } }\n'
    loras = (
        'graph_options { [type.googleapis.com/graphframe.LoraOptions] { lora_adapters { alias: "a" path: "b" } } }\n'
    )
    with (folder / "graph.pbtxt").open("a") as file:
        file.write(shapes + loras)
    open_image_graph(folder)


def test_a_device_for_one_node(folder: Path) -> None:
    write_graph(folder, TaskOptions(target_device="denoise=AUTO:CPU"))
    found = devices(open_image_graph(folder))
    assert found["denoise"] == "AUTO:CPU"
    assert found["vae_decode"] == "CPU"


def test_a_node_that_there_is_not(folder: Path) -> None:
    with pytest.raises(GraphError, match=r'no node "denoize" that has a device, did you mean "denoise"\?; there are: '):
        write_graph(folder, TaskOptions(target_device="denoize=CPU"))
    assert not (folder / "graph.pbtxt").exists()


def test_options_that_do_not_fit(folder: Path) -> None:
    with pytest.raises(GraphConfigError, match="an NPU takes only models of static shape"):
        write_graph(folder, TaskOptions(target_device="NPU"))


def test_what_was_written_is_written_over(folder: Path) -> None:
    write_graph(folder, TaskOptions())
    write_graph(folder, TaskOptions(target_device="AUTO:CPU"))
    assert devices(open_image_graph(folder))["denoise"] == "AUTO:CPU"


def test_what_was_edited_shows(folder: Path) -> None:
    assert not is_edited(folder)
    write_graph(folder, TaskOptions())
    assert not is_edited(folder)
    graph = folder / "graph.pbtxt"
    graph.write_text(graph.read_text().replace('"CPU"', '"HETERO:CPU"'))
    assert is_edited(folder)
    graph.write_text("# mine\n" + TaskOptions().ovms_graph())
    assert is_edited(folder)


def test_a_full_disk_leaves_no_half_a_graph(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:100].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_graph(folder, TaskOptions())
    assert not (folder / "graph.pbtxt").exists()
