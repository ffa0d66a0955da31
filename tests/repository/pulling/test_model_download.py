from __future__ import annotations

import errno
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from graphframe.repository.export import ExportError, Quantization
from graphframe.repository.pulling.errors import PullError, ReadOnlyError
from graphframe.repository.pulling.model_download import download_model
from graphframe.repository.pulling.progress import PullProgress
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


def test_all_files_are_downloaded(models: Path) -> None:
    folder = download_model(Pull("org/sd", models))
    assert folder == models / "org/sd"
    assert contents(folder) == FILES
    assert json.loads((folder / ".pulled.json").read_text())["commit"] == commit_of("org/sd")


def test_an_existing_model_is_not_downloaded(models: Path, hub: Hub) -> None:
    download_model(Pull("org/sd", models))
    hub.requests.clear()
    download_model(Pull("org/sd", models))
    assert hub.requests == []


def test_another_revision_than_that_on_disk(models: Path, hub: Hub) -> None:
    download_model(Pull("org/sd", models, revision="main"))
    hub.requests.clear()
    for revision in (None, "main", commit_of("org/sd")):
        download_model(Pull("org/sd", models, revision=revision))
    with pytest.raises(PullError, match=f"holds commit {commit_of('org/sd')} of org/sd, not revision v9"):
        download_model(Pull("org/sd", models, revision="v9"))
    assert hub.requests == []


def test_another_name(models: Path) -> None:
    assert download_model(Pull("org/sd", models, name="mine")) == models / "mine"


def test_overwriting(models: Path, hub: Hub) -> None:
    folder = download_model(Pull("org/sd", models))
    (folder / "of_mine").write_text("")
    hub.repositories["org/sd"]["unet/config.json"] = b'{"new": 1}'
    download_model(Pull("org/sd", models, overwrite=True))
    assert contents(folder) == hub.repositories["org/sd"]


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
def test_an_altered_file_is_found(models: Path, damage: str) -> None:
    folder = download_model(Pull("org/sd", models))
    weights = folder / "unet/openvino_model.bin"
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:100] if damage == "truncated" else b"x" * weights.stat().st_size)
    with pytest.raises(
        PullError, match=r"altered since they were pulled: unet/openvino_model\.bin\. Add --overwrite_models"
    ):
        download_model(Pull("org/sd", models))
    download_model(Pull("org/sd", models, overwrite=True))
    assert contents(folder) == FILES


def test_a_file_that_was_only_touched(models: Path) -> None:
    (download_model(Pull("org/sd", models)) / "unet/openvino_model.bin").touch()
    download_model(Pull("org/sd", models))


def test_a_model_of_the_user(models: Path, hub: Hub) -> None:
    (models / "org/sd").mkdir(parents=True)
    (models / "org/sd/graph.pbtxt").write_text("")
    download_model(Pull("org/sd", models))
    assert hub.requests == []


def test_a_folder_without_a_model(models: Path) -> None:
    (models / "org/sd").mkdir(parents=True)
    with pytest.raises(PullError, match="holds no model; remove it, or add --overwrite_models"):
        download_model(Pull("org/sd", models))


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flux1-dev-Q4_K_S.gguf", "is a GGUF file, .* export the model that it was made from"),
        ("v1-5.safetensors", "the single-file checkpoint .*/v1-5.safetensors does not exist"),
        ("V1-5.CKPT", "does not exist; download it first"),
    ],
)
def test_a_file_of_weights(models: Path, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(PullError, match=words):
        download_model(Pull(str(tmp_path / name), models, "model"))
    assert not (models / "model").exists()


def test_a_disk_that_is_too_small(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(10, 10, 0))
    with pytest.raises(PullError, match=r"org/sd needs 0\.00 GB more, but .* has 0\.00 GB free; free space there"):
        download_model(Pull("org/sd", models))
    assert not (models / "org").exists()


def test_a_disk_that_fills_up(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("graphframe.repository.pulling.hub.snapshot_download", full)
        with pytest.raises(PullError, match="free space there, or choose another folder"):
            download_model(Pull("org/sd", models))
    assert not (models / "org").exists()
    assert contents(download_model(Pull("org/sd", models))) == FILES


def test_a_read_only_repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    folder = download_model(Pull("org/sd", models))
    monkeypatch.setattr(Path, "mkdir", forbid)
    assert download_model(Pull("org/sd", models)) == folder
    for pull in (Pull("org/sd", models, overwrite=True), Pull("org/other", models)):
        with pytest.raises(ReadOnlyError, match="Permission denied; allow writing there, or choose another folder"):
            download_model(pull)
    (folder / "unet/config.json").unlink()
    with pytest.raises(PullError, match=r"files were altered since they were pulled: unet/config\.json"):
        download_model(Pull("org/sd", models))


def test_a_pull_that_is_killed_ten_times_resumes(models: Path, hub: Hub) -> None:
    code = f"""
import pathlib
from graphframe.repository.pulling.model_download import download_model
from graphframe.repository.pulling.pull import Pull
download_model(Pull("org/sd", pathlib.Path({str(models)!r})))
"""
    random, killed = Random(3), 0
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
            assert process.returncode == -signal.SIGKILL
            assert not (models / "org/sd").exists()
            killed += 1
    assert killed
    hub.on_chunk = lambda sent: None
    assert contents(download_model(Pull("org/sd", models))) == FILES
    assert not list(models.rglob("*.incomplete"))


def test_files_of_a_killed_pull_of_another_commit_are_removed(models: Path, hub: Hub) -> None:
    hub.repositories["org/sd"]["text_encoder_3/config.json"] = b"{}"
    hub.altered = {"vae_decoder/openvino_model.bin": b"cut"}
    with pytest.raises(PullError):
        download_model(Pull("org/sd", models))
    assert list(models.rglob("text_encoder_3/config.json"))
    hub.repositories["org/sd"], hub.altered = dict(FILES), {}
    folder = download_model(Pull("org/sd", models))
    assert contents(folder) == FILES
    assert not (folder / "text_encoder_3").exists()


def test_pytorch_without_the_exporter(models: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    hub.repositories["org/torch"] = {"model_index.json": b"{}", "unet/model.safetensors": b""}
    with pytest.raises(ExportError, match=r"pip install 'graphframe\[export\]'"):
        download_model(Pull("org/torch", models))


def test_openvino_is_not_quantized_again(models: Path) -> None:
    with pytest.raises(PullError, match="an OpenVINO model already"):
        download_model(Pull("org/sd", models, quantization=Quantization("int4")))


def test_progress(models: Path, hub: Hub) -> None:
    progress, seen = PullProgress(), set()
    hub.on_chunk = lambda sent: seen.add(str(progress))
    download_model(Pull("org/sd", models), progress)
    assert all(text.startswith("downloading: 0.00 of 0.00 GB") for text in seen)
    assert seen
    assert str(progress) == ""
