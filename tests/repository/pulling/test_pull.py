from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from graphframe.repository.export import ExportError, Quantization
from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.lora_source import LoraSource
from graphframe.repository.pulling.pull import Pull
from tests.repository.hub import CHUNK, Hub, commit_of

FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    "unet/openvino_model.xml": b"<net/>" * 1000,
    "unet/openvino_model.bin": Random(1).randbytes(40 * CHUNK),
    "vae_decoder/openvino_model.bin": Random(2).randbytes(20 * CHUNK),
}


@pytest.fixture
def models(tmp_path: Path, hub: Hub) -> Path:
    hub.repositories["org/sd"] = dict(FILES)
    return tmp_path / "models"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".pulled.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_model_comes_whole(models: Path) -> None:
    folder = Pull("org/sd", models).run()
    assert folder == models / "org/sd"
    assert contents(folder) == FILES
    assert json.loads((folder / ".pulled.json").read_text())["commit"] == commit_of("org/sd")


def test_what_is_there_is_not_asked_for(models: Path, hub: Hub) -> None:
    Pull("org/sd", models).run()
    hub.requests.clear()
    Pull("org/sd", models).run()
    assert hub.requests == []


def test_another_revision_than_what_is_there(models: Path, hub: Hub) -> None:
    Pull("org/sd", models, revision="main").run()
    hub.requests.clear()
    for revision in (None, "main", commit_of("org/sd")):
        Pull("org/sd", models, revision=revision).run()
    with pytest.raises(PullError, match=f"holds commit {commit_of('org/sd')} of org/sd, but revision v9 is asked for"):
        Pull("org/sd", models, revision="v9").run()
    assert hub.requests == []


def test_another_name(models: Path) -> None:
    assert Pull("org/sd", models, name="mine").run() == models / "mine"


def test_overwriting(models: Path, hub: Hub) -> None:
    folder = Pull("org/sd", models).run()
    (folder / "of_mine").write_text("")
    hub.repositories["org/sd"]["unet/config.json"] = b'{"new": 1}'
    Pull("org/sd", models, overwrite=True).run()
    assert contents(folder) == hub.repositories["org/sd"]


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
def test_a_file_that_is_not_what_was_pulled_is_found(models: Path, damage: str) -> None:
    folder = Pull("org/sd", models).run()
    weights = folder / "unet/openvino_model.bin"
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:100] if damage == "truncated" else b"x" * weights.stat().st_size)
    with pytest.raises(PullError, match=r"not what was pulled: unet/openvino_model\.bin\. Add --overwrite_models"):
        Pull("org/sd", models).run()
    Pull("org/sd", models, overwrite=True).run()
    assert contents(folder) == FILES


def test_a_file_that_was_only_touched(models: Path) -> None:
    (Pull("org/sd", models).run() / "unet/openvino_model.bin").touch()
    Pull("org/sd", models).run()


def test_a_model_of_the_users_own(models: Path, hub: Hub) -> None:
    (models / "org/sd").mkdir(parents=True)
    (models / "org/sd/graph.pbtxt").write_text("")
    Pull("org/sd", models).run()
    assert hub.requests == []


def test_a_folder_without_a_model(models: Path) -> None:
    (models / "org/sd").mkdir(parents=True)
    with pytest.raises(PullError, match="holds no model; remove it, or add --overwrite_models"):
        Pull("org/sd", models).run()


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_that_is_too_small(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(10, 10, 0))
    with pytest.raises(PullError, match=r"org/sd needs 0\.00 GB more, but .* has 0\.00 GB free\. Free space there"):
        Pull("org/sd", models).run()
    assert not (models / "org").exists()


def test_a_disk_that_fills_up(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("graphframe.repository.pulling.hub.snapshot_download", full)
        with pytest.raises(PullError, match=r"No space left on device\. Free space there"):
            Pull("org/sd", models).run()
    assert not (models / "org").exists()
    assert contents(Pull("org/sd", models).run()) == FILES


def test_killed_at_ten_moments_and_run_again(models: Path, hub: Hub) -> None:
    code = f"""
import pathlib, graphframe.repository.pulling.pull as pull
pull.Pull("org/sd", pathlib.Path({str(models)!r})).run()
"""
    random = Random(3)
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        moment = hub.sent + random.randrange(1, 30)

        def kill(sent: int, process: subprocess.Popen[bytes] = process, moment: int = moment) -> None:
            if sent == moment:
                process.kill()

        hub.on_chunk = kill
        process.wait(timeout=60)
        if process.returncode == 0:
            shutil.rmtree(models / "org/sd")
        else:
            assert not (models / "org/sd").exists()
    hub.on_chunk = lambda sent: None
    assert contents(Pull("org/sd", models).run()) == FILES
    assert not list(models.rglob("*.incomplete"))


def test_what_a_killed_pull_of_another_commit_left_is_not_taken_for_a_part(models: Path, hub: Hub) -> None:
    hub.repositories["org/sd"]["text_encoder_3/config.json"] = b"{}"
    hub.altered = {"vae_decoder/openvino_model.bin": b"cut"}
    with pytest.raises(PullError):
        Pull("org/sd", models).run()
    assert list(models.rglob("text_encoder_3/config.json"))
    hub.repositories["org/sd"], hub.altered = dict(FILES), {}
    folder = Pull("org/sd", models).run()
    assert contents(folder) == FILES
    assert not (folder / "text_encoder_3").exists()


def test_pytorch_without_the_exporter(models: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    hub.repositories["org/torch"] = {"model_index.json": b"{}", "unet/model.safetensors": b""}
    with pytest.raises(ExportError, match=r"pip install 'graphframe\[export\]'"):
        Pull("org/torch", models).run()


def test_openvino_is_not_quantized_again(models: Path) -> None:
    with pytest.raises(PullError, match="in OpenVINO's layout already"):
        Pull("org/sd", models, quantization=Quantization("int4")).run()


def test_adapters(models: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/lora"] = {"deep/ink.safetensors": b"ink"}
    pull = Pull("org/sd", models)
    folder = pull.run()
    for _ in range(2):
        brought = pull.bring_adapter(LoraSource("ink", "org/lora", 0.5))
        assert brought == LoraSource("ink", "org/lora@deep/ink.safetensors", 0.5)
        assert (folder / brought.path).read_bytes() == b"ink"
    assert hub.requests.count(f"GET org/lora/resolve/{commit_of('org/lora')}/deep/ink.safetensors") == 1
    url = LoraSource("url", f"{hub.url}/org/lora/resolve/main/deep/ink.safetensors")
    assert pull.bring_adapter(url) == url
    assert (folder / "loras/url/ink.safetensors").read_bytes() == b"ink"
    hub.promised = 100
    with pytest.raises(PullError, match=r"ink\.safetensors cannot be downloaded: the connection ended 100 bytes early"):
        pull.bring_adapter(replace(url, alias="cut"))
    assert not (folder / "loras/cut/ink.safetensors").exists()
    local = LoraSource("local", "/a/b.safetensors")
    assert pull.bring_adapter(local) == local
    with pytest.raises(PullError, match=r"x\.safetensors cannot be downloaded: HTTP Error 404"):
        pull.bring_adapter(LoraSource("x", f"{hub.url}/org/lora/resolve/main/x.safetensors"))
