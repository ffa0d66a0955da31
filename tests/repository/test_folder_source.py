from __future__ import annotations

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


def test_the_graph_of_the_folder_of_the_package_and_of_options(folder: Path) -> None:
    shipped = FolderSource(folder).open()
    assert "denoise" in [node.name for node in shipped.nodes]
    (folder / "graph.pbtxt").write_text("nonsense")
    in_memory = FolderSource(folder, options=TaskOptions(target_device="AUTO:CPU"))
    assert devices(in_memory) == {"AUTO:CPU"}
    assert (folder / "graph.pbtxt").read_text() == "nonsense"


def test_a_missing_graph(folder: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"cannot be read: .*other\.pbtxt"):
        FolderSource(folder, folder / "other.pbtxt").open()
