from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.model_folder import find_graph, graph_file, models_in, snapshot_of


def test_the_folder_s_own_graph_comes_first(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert find_graph(tmp_path).name == "stable_diffusion.pbtxt"
    (tmp_path / "graph.pbtxt").touch()
    assert find_graph(tmp_path) == tmp_path / "graph.pbtxt"


def test_the_models_in_a_repository(tmp_path: Path) -> None:
    for path in ("graph.pbtxt", "b/graph.pbtxt", "b/1/graph.pbtxt", "a/c/model_index.json", ".cache/graph.pbtxt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert models_in(tmp_path) == ["a/c", "b"]
    with pytest.raises(ModelFolderError, match="is not a folder"):
        models_in(tmp_path / "graph.pbtxt")


def test_a_folder_of_hugging_face_s_cache_means_its_snapshot(tmp_path: Path) -> None:
    cached = tmp_path / "models--org--name"
    for number, name in enumerate(("old", "new")):
        (cached / "snapshots" / name).mkdir(parents=True)
        (cached / "snapshots" / name / "graph.pbtxt").touch()
        os.utime(cached / "snapshots" / name, (number, number))
    assert snapshot_of(cached) == cached / "snapshots" / "new"
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("old\n")
    assert snapshot_of(cached) == cached / "snapshots" / "old"
    assert graph_file(cached) == cached / "snapshots" / "old" / "graph.pbtxt"
    assert FolderSource(cached).folder == cached / "snapshots" / "old"
    assert snapshot_of(cached / "snapshots") == cached / "snapshots"
    assert snapshot_of(tmp_path) == tmp_path
