from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(euler, tmp_path / "model"))


def devices(source: FolderSource) -> set[str]:
    return {node.device for node in source.open().nodes if node.device}


def test_the_folder_s_own_graph_the_one_that_ships_and_one_in_no_file(folder: Path) -> None:
    shipped = FolderSource(folder).open()
    assert "denoise" in [node.name for node in shipped.nodes]
    (folder / "graph.pbtxt").write_text("nonsense")
    in_memory = FolderSource(folder, options=TaskOptions(target_device="AUTO:CPU"))
    assert devices(in_memory) == {"AUTO:CPU"}
    assert (folder / "graph.pbtxt").read_text() == "nonsense"


def test_a_graph_that_is_missing(folder: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"cannot be read: .*other\.pbtxt"):
        FolderSource(folder, folder / "other.pbtxt").open()


def test_what_changes_the_files(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tmp_path / "graph.pbtxt"
    source = FolderSource(folder, graph)
    found = [source.files()]

    def changed() -> bool:
        found.append(source.files())
        return found[-1] != found[-2]

    assert not changed()
    graph.write_text("graph")
    assert changed()
    (folder / "unet" / "openvino_model.bin").write_bytes(b"other weights")
    assert changed()
    (folder / "lora.safetensors").touch()
    assert changed()
    (folder / "lora.safetensors").unlink()
    assert changed()
    os.utime(folder / "model_index.json", ns=(1, 1))
    assert changed()
    (folder / ".cache").mkdir()
    (folder / ".cache" / "lock").touch()
    (folder / ".part").touch()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "run.log").touch()
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(folder / "cache"))
    (folder / "cache" / "unet").mkdir(parents=True)
    (folder / "cache" / "unet" / "stamp").touch()
    assert not changed()


def test_weights(folder: Path) -> None:
    files = list(folder.rglob("*.bin"))
    assert FolderSource(folder).files().weights_bytes == sum(file.stat().st_size for file in files) > 0
