from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

import pytest

from graphframe.serving.generation.image_store import FolderStore, ImageStore, MemoryStore, StorageError


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


def test_a_clock_that_jumps(store: ImageStore, clock: Clock, tmp_path: Path) -> None:
    first = put(store, b"first", clock, tmp_path)
    clock.time -= 259_200
    second = put(store, b"next", clock, tmp_path)
    assert store.get(first) is not None
    assert store.get(second) is not None
    clock.time += 259_200
    assert store.get(second) is None
    assert store.get(put(store, b"last", clock, tmp_path)) is not None


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


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"abc")
    folder = tmp_path / "images"
    folder.mkdir()
    linked, missing, pipe, directory = (f"{letter * 32}.png" for letter in "xyzw")
    (folder / linked).symlink_to(tmp_path / "secret")
    (folder / missing).symlink_to("nothing")
    os.mkfifo(folder / pipe)
    store = FolderStore(folder, 60, 1)
    name = store.put(b"abc", "png")
    assert [store.get(each) for each in (linked, missing, pipe, directory)] == [None] * 4
    assert store.get(name) is not None
    assert (folder / linked).is_symlink()
    assert (tmp_path / "secret").read_bytes() == b"abc"


def test_a_file_is_complete_and_private(tmp_path: Path) -> None:
    name = FolderStore(tmp_path, 60, 10).put(b"abc", "png")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_files_that_no_server_completed_are_removed(tmp_path: Path) -> None:
    part = tmp_path / f".{'x' * 32}.png.part"
    part.write_bytes(b"ab")
    os.utime(part, (0, 0))
    FolderStore(tmp_path, 60, 10).put(b"abc", "png")
    assert not part.exists()


class Disk:
    """A disk of a size: writes beyond it fail."""

    def __init__(self, folder: Path, size: int, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
        write = FolderStore._write

        def limited(store: FolderStore, name: str, content: bytes) -> None:
            if sum(path.stat().st_size for path in folder.iterdir()) + len(content) > size:
                raise OSError(error, os.strerror(error))
            write(store, name, content)

        monkeypatch.setattr(FolderStore, "_write", limited)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_the_oldest_make_room_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    store = FolderStore(tmp_path, 60, 1000)
    names = []
    for age in (30, 20, 10):
        names.append(store.put(b"abc", "png"))
        os.utime(tmp_path / names[-1], (time.time() - age, time.time() - age))
    Disk(tmp_path, 10, error, monkeypatch)
    names.append(store.put(b"abcd", "png"))
    assert [store.get(name) is not None for name in names] == [False, False, True, True]
    with pytest.raises(StorageError) as caught:
        store.put(b"a" * 11, "png")
    assert caught.value.full


def test_other_errors_remove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path, 60, 1000)
    name = store.put(b"abc", "png")
    Disk(tmp_path, 0, errno.EROFS, monkeypatch)
    with pytest.raises(StorageError) as caught:
        store.put(b"abc", "png")
    assert not caught.value.full
    assert store.get(name) is not None


def test_nothing_stays_of_a_file_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, target: Path) -> None:
        raise OSError(errno.EIO, "an error")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(StorageError):
        FolderStore(tmp_path, 60, 1000).put(b"abc", "png")
    assert not [*tmp_path.iterdir()]
