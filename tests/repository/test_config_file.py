from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphframe.repository.config_file import (
    ConfigFileError,
    add_to_config_file,
    read_config_file,
    remove_from_config_file,
)
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def read(path: Path, *models: dict[str, Any], **lists: Any) -> dict[str, FolderSource]:
    content = {"model_config_list": [{"config": model} for model in models], **lists}
    path.write_text(json.dumps(content))
    return read_config_file(path)


def test_the_folders_of_models(path: Path, tmp_path: Path) -> None:
    versioned = tmp_path / "versioned" / "1"
    versioned.mkdir(parents=True)
    (versioned / "graph.pbtxt").touch()
    found = read(
        path,
        {"name": "org/model"},
        {"name": "there", "base_path": "models/there", "target_device": "CPU", "nireq": 2},
        {"name": "versioned"},
        {"name": "absolute", "base_path": "/models/absolute", "graph_path": "graphs/other.pbtxt"},
        mediapipe_config_list=[{"name": "pipe", "base_path": "models/there", "graph_path": "pipe.pbtxt"}],
        monitoring={"metrics": {"enable": True}},
    )
    assert found == {
        "org/model": FolderSource(tmp_path / "org/model"),
        "there": FolderSource(tmp_path / "models/there", options=TaskOptions(target_device="CPU")),
        "versioned": FolderSource(versioned),
        "absolute": FolderSource(Path("/models/absolute"), Path("/models/absolute/graphs/other.pbtxt")),
        "pipe": FolderSource(tmp_path / "models/there", tmp_path / "models/there/pipe.pbtxt"),
    }


def test_ignored_fields_are_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    entry = {"config": {"name": "toy", "subconfig": "subconfig.json", "nireq": 2, "shape": "auto"}}
    path.write_text(json.dumps({"model_config_list": [entry], "monitoring": {"metrics": {"metrics_list": ["x"]}}}))
    assert list(read_config_file(path)) == ["toy"]
    assert "metrics_list is ignored" in caplog.text
    assert "the subconfig of toy is ignored" in caplog.text
    assert "nireq, shape of toy is ignored; it is for classic models" in caplog.text


def test_the_options_of_a_model_with_a_graph_are_logged(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "graph.pbtxt").touch()
    assert read(path, {"name": "toy", "target_device": "GPU"}) == {"toy": FolderSource(tmp_path / "toy")}
    assert "target_device and plugin_config of toy are ignored; its graph has its own" in caplog.text


@pytest.mark.parametrize("properties", [{"PERF_COUNT": True}, '{"PERF_COUNT": true}'])
def test_properties_of_the_device(path: Path, properties: object) -> None:
    source = read(path, {"name": "toy", "plugin_config": properties, "target_device": ""})["toy"]
    assert source.options == TaskOptions(plugin_config='{"PERF_COUNT": true}')


def test_the_first_of_several_with_one_name_is_used(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = read(path, {"name": "toy", "base_path": "one"}, {"name": "toy", "base_path": "two"})
    assert found == read_config_file(path) == {"toy": FolderSource(tmp_path / "one")}
    assert caplog.text.count("several models are named toy") == 1  # a server reads it again and again


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON: "),
        ("[]", "is not a valid config: "),
        ("{}", "is not a valid config: "),
        ('{"model_config_list": [], "models": []}', "is not a valid config: "),
        ('{"model_config_list": [{"config": {}}]}', "is not a valid config: "),
        ('{"model_config_list": [{"config": {"name": "a", "path": "b"}}]}', "is not a valid config: "),
        ('{"model_config_list": [], "mediapipe_config_list": [{"name": "a", "nireq": 1}]}', "is not a valid config: "),
        ('{"model_config_list": [], "pipeline_config_list": [{}]}', "pipeline_config_list must be empty"),
    ],
)
def test_mistakes(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigFileError, match=f"config.json:? {message}"):
        read_config_file(path)
    with pytest.raises(ConfigFileError):
        add_to_config_file(path, "toy", "toy")
    assert path.read_text() == text


def test_wrong_options(path: Path) -> None:
    with pytest.raises(ConfigFileError, match=r"config.json: toy: target_device must "):
        read(path, {"name": "toy", "target_device": "GPU denoise=CPU"})


def test_a_missing_file(path: Path) -> None:
    with pytest.raises(ConfigFileError, match=r"config.json cannot be read: No such file"):
        read_config_file(path)


def test_add_and_remove(path: Path, tmp_path: Path) -> None:
    add_to_config_file(path, "one", "models/one")
    add_to_config_file(path, "two", "/models/two")
    add_to_config_file(path, "one", "models/uno")
    assert json.loads(path.read_text()) == {
        "model_config_list": [
            {"config": {"name": "one", "base_path": "models/uno"}},
            {"config": {"name": "two", "base_path": "/models/two"}},
        ]
    }
    assert path.read_text().startswith('{\n    "model_config_list"')
    remove_from_config_file(path, "one")
    assert read_config_file(path) == {"two": FolderSource(Path("/models/two"))}
    with pytest.raises(ConfigFileError, match='no model "one"; it has: two'):
        remove_from_config_file(path, "one")
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_add_with_options(path: Path) -> None:
    options = TaskOptions(target_device="GPU", plugin_config='{"PERF_COUNT": true}')
    add_to_config_file(path, "toy", "toy", options)
    entry = {"name": "toy", "base_path": "toy", "target_device": "GPU", "plugin_config": {"PERF_COUNT": True}}
    assert json.loads(path.read_text()) == {"model_config_list": [{"config": entry}]}
    assert read_config_file(path)["toy"].options == options
    read(path, mediapipe_config_list=[{"name": "toy"}])
    with pytest.raises(ConfigFileError, match="has toy in mediapipe_config_list"):
        add_to_config_file(path, "toy", "toy", options)


def test_other_fields_are_kept(path: Path) -> None:
    pipe = {"name": "pipe", "base_path": "pipe"}
    read(path, {"name": "toy", "nireq": 2}, mediapipe_config_list=[pipe], monitoring={"metrics": {}})
    add_to_config_file(path, "other", "other")
    remove_from_config_file(path, "pipe")
    assert json.loads(path.read_text()) == {
        "model_config_list": [
            {"config": {"name": "toy", "nireq": 2}},
            {"config": {"name": "other", "base_path": "other"}},
        ],
        "mediapipe_config_list": [],
        "monitoring": {"metrics": {}},
    }
