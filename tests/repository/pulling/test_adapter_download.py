from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from graphframe.repository.pulling.adapter_download import download_adapter
from graphframe.repository.pulling.embedding_source import EmbeddingSource
from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.lora_source import LoraSource
from graphframe.repository.pulling.pull import Pull
from tests.repository.hub import Hub, commit_of

FILE = "deep/ink.safetensors"


@pytest.fixture
def pull(tmp_path: Path, hub: Hub) -> Pull:
    hub.repositories["org/lora"] = {FILE: b"ink"}
    return Pull("org/sd", tmp_path)


def test_from_a_hub_once(pull: Pull, hub: Hub) -> None:
    for _ in range(2):
        downloaded = download_adapter(pull, LoraSource("ink", "org/lora", 0.5))
        assert downloaded == LoraSource("ink", f"org/lora@{FILE}", 0.5)
        assert (pull.model_path / downloaded.path).read_bytes() == b"ink"
    assert hub.requests.count(f"GET org/lora/resolve/{commit_of('org/lora')}/{FILE}") == 1


def test_the_config_beside_it(pull: Pull, hub: Hub) -> None:
    hub.repositories["org/peft"] = {
        "a/adapter_model.safetensors": b"ink",
        "a/adapter_config.json": b"{}",
        "x.json": b"",
    }
    downloaded = download_adapter(pull, LoraSource("ink", "org/peft"))
    folder = (pull.model_path / downloaded.path).parent
    assert sorted(path.name for path in folder.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    assert not (pull.model_path / "loras/org/peft/x.json").exists()


@pytest.mark.parametrize("files", [["ink art.safetensors"], ["ink%20art.safetensors", "ink art.safetensors"]])
def test_a_quoted_name(pull: Pull, hub: Hub, files: list[str]) -> None:
    hub.repositories["org/quoted"] = {file: file.encode() for file in files}
    for _ in range(2):
        downloaded = download_adapter(pull, LoraSource("ink", "org/quoted@ink%20art.safetensors"))
        assert downloaded == LoraSource("ink", f"org/quoted@{files[0]}")
        assert (pull.model_path / downloaded.path).read_text() == files[0]
    assert len(list(pull.model_path.rglob("*.safetensors"))) == 1


def test_from_another_server(pull: Pull, hub: Hub) -> None:
    source = LoraSource("url", f"{hub.url}/org/lora/resolve/main/{FILE}")
    assert download_adapter(pull, source) == source
    assert (pull.model_path / "loras/url/ink.safetensors").read_bytes() == b"ink"


@pytest.mark.parametrize(("file", "promised"), [(FILE, 100), ("missing.safetensors", 0)])
def test_a_download_that_fails(pull: Pull, hub: Hub, monkeypatch: pytest.MonkeyPatch, file: str, promised: int) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the client's retries
    hub.promised = promised
    with pytest.raises(PullError, match=rf"/org/lora/resolve/main/{file} cannot be downloaded: "):
        download_adapter(pull, LoraSource("cut", f"{hub.url}/org/lora/resolve/main/{file}"))
    assert not list(pull.model_path.rglob("*.safetensors"))


def test_a_local_file(pull: Pull) -> None:
    local = LoraSource("local", "/a/b.safetensors")
    assert download_adapter(pull, local) == local


def test_a_digest_in_the_url(pull: Pull, hub: Hub) -> None:
    url, digest = f"{hub.url}/org/lora/resolve/main/{FILE}", hashlib.sha256(b"ink").hexdigest()
    source = EmbeddingSource("<ink>", f"{url}#sha256={digest.upper()}")
    path = pull.model_path / source.path
    for _ in range(2):
        assert download_adapter(pull, source) == source
    assert hub.requests.count(f"GET org/lora/resolve/main/{FILE}") == 1
    path.write_bytes(b"half")
    download_adapter(pull, source)
    assert path.read_bytes() == b"ink"


def test_a_file_of_another_digest(pull: Pull, hub: Hub) -> None:
    url = f"{hub.url}/org/lora/resolve/main/{FILE}"
    with pytest.raises(PullError, match=f"has the SHA-256 {hashlib.sha256(b'ink').hexdigest()}, not {'0' * 64}"):
        download_adapter(pull, LoraSource("ink", f"{url}#sha256={'0' * 64}"))
    assert not [path for path in pull.model_path.rglob("*") if path.is_file()]
