from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from graphframe.repository.model_files import ModelFiles


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(euler, tmp_path / "model"))


def test_changes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tmp_path / "graph.pbtxt"
    found = [ModelFiles.find(folder, graph)]

    def changed() -> bool:
        found.append(ModelFiles.find(folder, graph))
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
    assert ModelFiles.find(folder).weights_bytes == sum(file.stat().st_size for file in files) > 0
