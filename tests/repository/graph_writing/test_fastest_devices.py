from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.framework.errors import CalculatorError, GraphError
from graphframe.repository.graph_writing.fastest_devices import NodeCost, _fastest, fastest_devices, with_devices
from graphframe.repository.graph_writing.graph_file import is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import open_image_graph
from tests.models import model_path

OPTIONS = TaskOptions(default_resolution="64x64")


@pytest.mark.parametrize("model", ["stable_diffusion_euler", "stable_diffusion_inpaint"])
def test_devices_are_measured(model: str) -> None:
    chosen, table = fastest_devices(model_path(model), OPTIONS, ["CPU", "AUTO:CPU", "HETERO:CPU", "GPU.7"])
    header, *rows = [line.split() for line in table]
    assert header == ["node", "weights", "CPU", "AUTO:CPU", "HETERO:CPU", "GPU.7"]
    assert [row[0] for row in rows] == ["text_encode", "vae_encode", "denoise", "vae_decode"]
    for name, _, unit, *seconds, absent in rows:
        assert (unit, absent) == ("MiB", "-")
        [star] = [column for column, cell in enumerate(seconds) if cell.endswith("*")]
        measured = [float(cell.rstrip("*")) for cell in seconds]
        assert measured[star] == min(measured) > 0
        assert chosen[name] == header[2 + star]
    assert chosen.keys() == {"preview_decode", *(row[0] for row in rows)}


def test_a_refused_request_is_reported() -> None:
    with pytest.raises(CalculatorError, match="the size must be at most 256x256, not 512x512"):
        fastest_devices(model_path("stable_diffusion_inpaint"), TaskOptions(max_resolution="256x256"), ["CPU"])


def test_the_graph_is_written_with_the_table(euler: Path, tmp_path: Path) -> None:
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    options = TaskOptions(target_device="auto", default_resolution="64x64")
    write_graph(tmp_path, *with_devices(tmp_path, options))
    text = (tmp_path / "graph.pbtxt").read_text()
    assert "* chosen:\n# node " in text
    assert {node.device for node in open_image_graph(tmp_path).nodes if node.device} == {"CPU"}
    assert not is_edited(tmp_path)


def test_no_device_works(euler: Path) -> None:
    with pytest.raises(GraphError, match=r"works on none of GPU\.7"):
        fastest_devices(euler, OPTIONS, ["GPU.7"])


@pytest.mark.parametrize(
    ("room", "devices"),
    [
        ({"CPU": None, "NPU": None}, ["NPU", "NPU"]),
        ({"CPU": 100, "NPU": 7}, ["CPU", "NPU"]),
        ({"CPU": 100, "NPU": 3}, ["NPU", "CPU"]),
        ({"CPU": 100, "NPU": 1}, ["CPU", "CPU"]),
        ({"CPU": 1, "NPU": 1}, None),
    ],
)
def test_the_fastest_devices_with_room(room: dict[str, int | None], devices: list[str] | None) -> None:
    measured = {
        "CPU": {"encode": NodeCost(2.0, 3), "denoise": NodeCost(9.0, 6)},
        "NPU": {"encode": NodeCost(1.0, 3), "denoise": NodeCost(5.0, 6)},
    }
    found = _fastest(["encode", "denoise"], measured, room)
    assert found == (devices and dict(zip(["encode", "denoise"], devices, strict=True)))
