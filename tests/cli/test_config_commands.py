"""The commands of ``graphframe serve`` that end without serving."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.repository.config_file import read_config_file


@pytest.fixture
def models(euler: Path, tmp_path: Path) -> Path:
    """A repository with a model, a graph, and other folders."""
    models = tmp_path / "models"
    (models / "org" / "sd").mkdir(parents=True)
    for part in euler.iterdir():
        (models / "org" / "sd" / part.name).symlink_to(part)
    for name in ("pipe/1/unet", "pipe/.cache", "empty"):
        (models / name).mkdir(parents=True)
    for name in ("pipe/graph.pbtxt", "pipe/1/graph.pbtxt", "pipe/.cache/graph.pbtxt", "graph.pbtxt"):
        (models / name).touch()
    return models


def serve(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["serve", *map(str, arguments)])
    return result.exit_code, result.output


def test_list_models(models: Path) -> None:
    code, output = serve("--list_models", "--model_repository_path", models)
    assert code == 0
    assert output.splitlines() == [
        "Listing models in repository...", f"Model repository path: {models}", "org/sd", "pipe",
    ]  # fmt: skip


def test_add_and_remove(models: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    added = serve("--add_to_config", "--config_path", config, "--model_name", "sd", "--model_path", "models/org/sd")
    assert added == (0, f"Config updated: {config}\n")
    add = ("--add_to_config", "--config_path", config, "--model_repository_path", models)
    assert serve(*add, "--model_name", "org/sd") == (0, f"Config updated: {config}\n")
    assert [model["config"] for model in json.loads(config.read_text())["model_config_list"]] == [
        {"name": "sd", "base_path": "models/org/sd"},
        {"name": "org/sd", "base_path": str(models / "org/sd")},
    ]
    assert serve("--remove_from_config", "--config_path", config, "--model_name", "sd")[0] == 0
    code, output = serve("--remove_from_config", "--config_path", config, "--model_name", "sd")
    assert (code, output) == (1, f'Error: {config} has no model "sd"; it has: org/sd\n')


def test_the_config_of_the_repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVMS_MODEL_REPOSITORY_PATH", str(models))
    assert serve("--add_to_config", "--model_name", "org/sd") == (0, f"Config updated: {models / 'config.json'}\n")


def test_configure(models: Path) -> None:
    folder = models / "org" / "sd"
    code, output = serve("--configure", "--model_path", folder, "--target_device", "denoise=AUTO:CPU")
    assert (code, output) == (0, f"Graph: graph.pbtxt created in: {folder}\n")
    assert 'device: "AUTO:CPU"' in (folder / "graph.pbtxt").read_text()
    before = (folder / "graph.pbtxt").read_text()
    code, output = serve("--configure", "--model_path", folder, "--default_resolution", "300x400")
    assert code == 1
    assert "default_resolution does not fit the model: width and height must be multiples of 8, not 300x400" in output
    assert (folder / "graph.pbtxt").read_text() == before
    (folder / "graph.pbtxt").write_text("edited")
    code, output = serve("--configure", "--model_path", folder)
    assert code == 1
    assert "was edited, or not generated, and is kept" in output


def test_add_with_a_device(models: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    add = ("--add_to_config", "--config_path", config, "--model_name", "sd", "--model_path", models / "org" / "sd")
    assert serve(*add, "--target_device", "denoise=AUTO:CPU")[0] == 0
    nodes = read_config_file(config)["sd"].open().config.nodes
    assert "AUTO:CPU" in [node.proto.device for node in nodes if node.proto.name == "denoise"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--list_models"], "--list_models needs --model_repository_path"),
        (["--add_to_config", "--model_name", "sd"], "--add_to_config needs --config_path"),
        (["--remove_from_config", "--config_path", "c.json"], "--remove_from_config needs --model_name"),
        (["--configure"], "--configure needs --model_path"),
        (["--memory_budget", "much"], "--memory_budget must be a number of bytes"),
        (["--unknown"], ""),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVMS_MODEL_REPOSITORY_PATH", raising=False)
    code, output = serve(*arguments)
    assert code == 64
    assert message in output
