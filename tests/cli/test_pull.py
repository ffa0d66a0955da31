from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.repository.graph_writing.graph_file import ovms_pbtxt
from graphframe.repository.graph_writing.task_options import TaskOptions
from tests.repository.hub import Hub


@pytest.fixture
def models(hub: Hub, euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model repository, and a hub with the model org/sd."""
    files = (path for path in euler.rglob("*") if path.is_file())
    hub.repositories["org/sd"] = {path.relative_to(euler).as_posix(): path.read_bytes() for path in files}
    hub.repositories["org/lora"] = {"ink.safetensors": b"ink"}
    monkeypatch.setenv("OVMS_MODEL_REPOSITORY_PATH", str(tmp_path / "models"))
    return tmp_path / "models"


def pull(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["pull", *arguments])
    return result.exit_code, result.output


def test_a_pulled_model_makes_images(models: Path, tmp_path: Path) -> None:
    code, output = pull("org/sd", "--target_device", "CPU CPU AUTO:CPU", "--default_resolution", "64x64")
    assert code == 0, output
    assert f"Model: org/sd downloaded to: {models / 'org/sd'}" in output
    assert f"Graph: graph.pbtxt created in: {models / 'org/sd'}" in output
    out = tmp_path / "out.png"
    result = CliRunner().invoke(
        main, ["generate", "a cat", "--model_path", str(models / "org/sd"), "-o", str(out), "--steps", "2"]
    )
    assert result.exit_code == 0, result.output
    assert "64x64" in result.output


def test_the_graph_is_kept_without_options(models: Path) -> None:
    pull("org/sd", "--target_device", "AUTO:CPU")
    before = (models / "org/sd/graph.pbtxt").read_text()
    assert pull("org/sd")[0] == 0
    assert (models / "org/sd/graph.pbtxt").read_text() == before


def test_an_edited_graph_is_kept_and_reported(models: Path) -> None:
    pull("org/sd")
    graph = models / "org/sd/graph.pbtxt"
    graph.write_text(f"{graph.read_text()}# mine\n")
    code, output = pull("org/sd", "--target_device", "AUTO:CPU")
    assert code == 0
    assert "was edited, or not generated, and is kept" in output
    assert graph.read_text().endswith("# mine\n")
    assert "graph.pbtxt created" in pull("org/sd", "--overwrite_models")[1]
    assert "# mine" not in graph.read_text()


def test_a_graph_that_ovms_generated_is_replaced(models: Path) -> None:
    pull("org/sd")
    graph = models / "org/sd/graph.pbtxt"
    generated = f"# File created with: OpenVINO Model Server 2026.3\n\n{ovms_pbtxt(TaskOptions())}"
    graph.write_text(generated)
    assert pull("org/sd")[0] == 0
    assert graph.read_text() == generated
    code, output = pull("org/sd", "--target_device", "AUTO:CPU")
    assert (code, "is kept" in output) == (0, False)
    assert 'device: "AUTO:CPU"' in graph.read_text()


def test_nothing_is_written_twice(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    options = ("--target_device", "AUTO:CPU", "--source_loras", "ink=org/lora")
    assert pull("org/sd", *options)[0] == 0
    for name in ("mkdir", "write_text", "write_bytes", "replace"):
        monkeypatch.setattr(Path, name, forbid)
    assert pull("org/sd", *options)[0] == 0
    assert pull("org/sd")[0] == 0
    code, output = pull("org/sd", "--target_device", "CPU")
    assert code == 1
    assert "graph.pbtxt: Read-only file system, and these options give another graph" in output


def test_the_one_node_of_ovms(models: Path) -> None:
    pull("org/sd", "--ovms-graph", "--max-resolution", "512x512")
    text = (models / "org/sd/graph.pbtxt").read_text()
    assert 'calculator: "ImageGenCalculator"' in text
    assert 'max_resolution: "512x512"' in text


def test_the_one_node_of_ovms_has_the_cache_folder(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", "old")
    line = ["serve", "--pull", "--source_model", "org/sd", "--ovms_graph", "--cache_dir", "/c", "--num_streams", "2"]
    graph = models / "org/sd/graph.pbtxt"
    for options, expected in (
        ((), '{"NUM_STREAMS": "2", "CACHE_DIR": "/c"}'),
        (("--plugin_config", '{"CACHE_DIR": "/mine"}'), '{"CACHE_DIR": "/mine", "NUM_STREAMS": "2"}'),
    ):
        result = CliRunner().invoke(main, [*line, *options])
        assert (result.exit_code, "ignored" in result.stderr) == (0, False)
        assert expected.replace('"', r"\"") in graph.read_text()


def test_adapters_are_downloaded(models: Path) -> None:
    code, output = pull("org/sd", "--ovms_graph", "--source_loras", "ink=org/lora:0.5")
    assert code == 0, output
    assert (models / "org/sd/loras/org/lora/ink.safetensors").read_bytes() == b"ink"
    text = (models / "org/sd/graph.pbtxt").read_text()
    assert 'path: "loras/org/lora/ink.safetensors"' in text
    assert "alpha: 0.5" in text


def test_an_interrupt_ends_a_pull_at_once_and_the_next_one_resumes(models: Path, hub: Hub) -> None:
    ended = threading.Event()
    process = subprocess.Popen([sys.executable, "-c", "from graphframe.cli.main import main; main()", "pull", "org/sd"])

    def interrupt(sent: int) -> None:
        if sent == 20:
            process.send_signal(signal.SIGINT)
        if sent >= 20:
            ended.wait()

    hub.on_chunk = interrupt
    try:
        assert process.wait(timeout=60) == 130
    finally:
        process.kill()
        ended.set()
    assert not (models / "org/sd").exists()
    assert pull("org/sd")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["org/nothing"], 1, "org/nothing does not exist at"),
        (["org/sd", "--revision", "v9"], 1, "has no revision v9"),
        (["org/sd", "--weight-format", "int4"], 1, "an OpenVINO model already"),
        (["org/sd", "--ovms_graph", "--target_device", "denoise=CPU"], 1, "has no devices for single nodes"),
        (["org/sd", "--ovms_graph", "--target_device", "auto"], 1, "has no devices for single nodes"),
        (["org/sd", "--resolution", "big"], 64, "--resolution must be WIDTHxHEIGHT"),
        (["org/sd", "--target_device", "NPU"], 64, "--target_device needs exactly one resolution for an NPU"),
        (["org/sd", "--default_resolution", "300x400"], 1, "default_resolution does not fit the model: width and"),
        (["org/sd", "--ovms_graph", "--resolution", "300x400"], 1, "resolution does not fit the model: width and"),
        (["org/sd", "--target_device", "denoize=CPU"], 1, '--target_device names an unknown node "denoize"'),
    ],
)
def test_mistakes(models: Path, arguments: list[str], code: int, message: str) -> None:
    found, output = pull(*arguments)
    assert (found, message in output) == (code, True), output
