from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphframe.serving.generation.image_store import FolderStore, ImageStore, MemoryStore


class Clock:
    """Tells the time that it is set to."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> ImageStore:
    """Keeps 10 bytes for 60 seconds."""
    if request.param == "memory":
        return MemoryStore(60, 10, clock)
    (tmp_path / "images").mkdir()
    return FolderStore(tmp_path / "images", 60, 10, clock)


def put(store: ImageStore, content: bytes, clock: Clock, tmp_path: Path) -> str:
    """Keep a file; in a folder, of the time that the clock tells."""
    name = store.put(content, "png")
    if isinstance(store, FolderStore):
        os.utime(tmp_path / "images" / name, (clock.time, clock.time))
    return name


def test_a_file_is_there_for_its_time(store: ImageStore, clock: Clock, tmp_path: Path) -> None:
    name = put(store, b"abc", clock, tmp_path)
    assert name.endswith(".png")
    assert len(name) == 36
    assert store.get(name) == (b"abc", "png", 60)
    clock.time += 59
    assert store.get(name) == (b"abc", "png", 1)
    clock.time += 1
    assert store.get(name) is None
    assert store.get("nothing") is None
    assert store.get("../test.png") is None


def test_the_oldest_make_room(store: ImageStore, clock: Clock, tmp_path: Path) -> None:
    names = []
    for content, kept in [
        (b"aaaa", [True]),
        (b"bbbb", [True, True]),
        (b"cccc", [False, True, True]),
        (b"d" * 20, [False, False, False, True]),
    ]:
        names.append(put(store, content, clock, tmp_path))
        assert [store.get(name) is not None for name in names] == kept
        clock.time += 1


def test_what_is_out_of_date_goes(store: ImageStore, clock: Clock, tmp_path: Path) -> None:
    for _ in range(3):
        name = put(store, b"a", clock, tmp_path)
        clock.time += 61
    last = put(store, b"b", clock, tmp_path)
    assert store.get(name) is None
    assert store.get(last) is not None
    if isinstance(store, FolderStore):
        assert [path.name for path in (tmp_path / "images").iterdir()] == [last]


def test_a_folder_outlives_the_store(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("a file of another program")
    name = FolderStore(tmp_path, 60, 1).put(b"abc", "webp")
    again = FolderStore(tmp_path, 60, 1)
    stored = again.get(name)
    assert stored is not None
    assert (stored.content, stored.format) == (b"abc", "webp")
    again.put(b"abcd", "webp")
    assert again.get(name) is None
    assert (tmp_path / "notes.png").exists()


def test_what_goes_while_there_is_made_room(tmp_path: Path) -> None:
    (tmp_path / f"{'x' * 32}.png").symlink_to("nothing")  # listed, but not there any more
    store = FolderStore(tmp_path, 60, 1)
    assert store.get(store.put(b"abc", "png")) is not None
