from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.hub import HubModel
from tests.repository.hub import Hub, commit_of

OPENVINO = {"model_index.json": b"{}", "unet/openvino_model.xml": b"xml", "unet/openvino_model.bin": b"weights"}


def test_the_files_of_an_openvino_pipeline(hub: Hub) -> None:
    more = {"README.md": b"", "tokenizer/openvino_tokenizer.xml": b"", "scheduler/scheduler_config.json": b""}
    useless = {
        "a.png": b"",
        "tokenizer/openvino_detokenizer.xml": b"",
        "unet/model.safetensors": b"",
        "a/b/c.json": b"",
    }
    hub.repositories["org/model"] = {**OPENVINO, **more, **useless}
    model = HubModel("org/model")
    assert model.is_openvino
    assert model.commit == commit_of("org/model")
    assert model.pipeline_files() == sorted({**OPENVINO, **more})


def test_the_files_of_a_pytorch_pipeline(hub: Hub) -> None:
    needed = {
        "model_index.json": b"{}",
        "unet/config.json": b"",
        "unet/model-00001-of-00002.safetensors": b"",
        "vae/pytorch_model.bin": b"",
    }
    useless = {"unet/model.fp16.safetensors": b"", "unet/pytorch_model.bin": b"", "model.safetensors": b""}
    hub.repositories["org/model"] = {**needed, **useless}
    model = HubModel("org/model")
    assert not model.is_openvino
    assert model.pipeline_files() == sorted(needed)


def test_a_repository_without_a_pipeline(hub: Hub) -> None:
    hub.repositories["org/model"] = {"config.json": b"{}"}
    with pytest.raises(PullError, match=r"org/model has no model_index\.json: not an image-generation pipeline"):
        HubModel("org/model").pipeline_files()


def test_download(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/model"] = OPENVINO
    HubModel("org/model").download(OPENVINO, tmp_path)
    assert {path: (tmp_path / path).read_bytes() for path in OPENVINO} == OPENVINO


def test_a_wrong_checksum(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/model"] = OPENVINO
    hub.altered["unet/openvino_model.bin"] = b"w3ights"
    with pytest.raises(PullError, match=r"checksum mismatch after 2 downloads: unet/openvino_model\.bin"):
        HubModel("org/model").download(OPENVINO, tmp_path)
    assert not (tmp_path / "unet/openvino_model.bin").exists()


def test_an_unknown_model(hub: Hub) -> None:
    with pytest.raises(PullError, match=f"org/other does not exist at {hub.url}, or is private"):
        HubModel("org/other")


def test_an_unknown_revision(hub: Hub) -> None:
    hub.repositories["org/model"] = OPENVINO
    with pytest.raises(PullError, match="has no revision v9"):
        HubModel("org/model", "v9")


def test_gated(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repositories["org/model"] = OPENVINO
    hub.gated.add("org/model")
    with pytest.raises(
        PullError, match=f"org/model is gated: request access at {hub.url}/org/model; then set HF_TOKEN"
    ):
        HubModel("org/model")
    monkeypatch.setenv("HF_TOKEN", "bad")
    with pytest.raises(PullError, match="the account of the present token has no access"):
        HubModel("org/model")
    monkeypatch.setenv("HF_TOKEN", "good")
    assert HubModel("org/model").commit == commit_of("org/model")


def test_not_a_name() -> None:
    with pytest.raises(PullError, match='"a/b/c" is not a Hugging Face model ID'):
        HubModel("a/b/c")


def test_offline(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(PullError, match="HF_HUB_OFFLINE forbids downloads"):
        HubModel("org/model")


def test_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
        with pytest.raises(PullError, match=r"cannot reach http://127\.0\.0\.1:1 for org/model: .* HF_ENDPOINT"):
            HubModel("org/model")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.safetensors": b""}, "a.safetensors"),
        ({}, "has none"),
        (
            {"a.safetensors": b"", "b.safetensors": b""},
            "has several: a.safetensors, b.safetensors; name one as org/lora@",
        ),
    ],
)
def test_the_file_of_an_adapter(hub: Hub, files: dict[str, bytes], found: str) -> None:
    hub.repositories["org/lora"] = files
    if found in files:
        assert HubModel("org/lora").adapter_file() == found
    else:
        with pytest.raises(PullError, match=found):
            HubModel("org/lora").adapter_file()
