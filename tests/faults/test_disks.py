"""Disks that are full, read-only, or have damaged what was stored."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.running_server import SECONDS, RunningServer, serving

pytestmark = pytest.mark.timeout(120)

REQUEST: dict[str, Any] = {"prompt": "a star", "size": "128x128", "num_inference_steps": 1, "seed": 7}
READY = "is ready at"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root and mount")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def image(server: RunningServer) -> bytes:
    status, answer = server.generate(**REQUEST)
    assert status == 200, answer
    return base64.b64decode(answer["data"][0]["b64_json"])


def refusal_of_a_url(server: RunningServer, disk: Path) -> tuple[int, str]:
    """Return the status and code of the answer to a request for a URL."""
    status, answer = by_url(server)
    assert "b64_json" in answer["error"]["message"]
    assert str(disk) not in str(answer)
    return status, answer["error"]["code"]


def by_url(server: RunningServer) -> tuple[int, Any]:
    return server.generate(**REQUEST, response_format="url")


def fill(disk: Path) -> Path:
    """Write a file that takes what is left of a disk."""
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(10**6))
    return filler


def test_a_full_disk_and_a_read_only_one(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, filler = disk / "images", fill(disk)
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(disk / "cache"))
    with serving(None, f"--image_url_folder={images}", until=READY) as server:
        expected = image(server)
        assert refusal_of_a_url(server, disk) == (507, "image_not_stored")
        assert [*images.iterdir()] == []  # no part of a file
        filler.unlink()
        status, answer = by_url(server)
        assert status == 200
        with urllib.request.urlopen(answer["data"][0]["url"]) as response:
            assert response.read() == expected
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert refusal_of_a_url(server, disk) == (507, "image_not_stored")
        assert image(server) == expected
        assert server.stop() == 0


def test_a_read_only_disk_at_the_start(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(disk / "cache"))
    with serving(None, until=READY) as server:
        assert image(server)
    with serving(None, f"--image_url_folder={disk / 'images'}", until="cannot be created") as server:
        assert server.process.wait(SECONDS) == 64


def empty(content: bytes) -> bytes:
    return b""


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def noise(content: bytes) -> bytes:
    return os.urandom(len(content))


def with_another_bit(content: bytes) -> bytes:
    at = len(content) - 1000
    return content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1 :]


def test_damaged_files_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path))
    with serving(None, until=READY) as server:
        expected = image(server)
    blobs = [*tmp_path.rglob("*.blob")]
    assert blobs
    for damage, blob in zip(4 * (empty, truncated, noise, with_another_bit), blobs, strict=False):
        blob.write_bytes(damage(blob.read_bytes()))
    with serving(None, until=READY) as server:
        assert image(server) == expected
