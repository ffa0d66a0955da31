from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import load_model, mapped_files
from graphframe.inference.mapped_files import advise, mappings, release, releasing
from tests.inference import toy_models

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc and madvise")

SIZE = 16 * mmap.PAGESIZE


def mapped(path: Path, flags: int = mmap.MAP_SHARED, access: int = mmap.PROT_READ) -> mmap.mmap:
    path.write_bytes(bytes(range(256)) * (SIZE // 256))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), SIZE, flags, access)


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[mmap.mmap]:
    with mapped(tmp_path / "model.bin") as found:
        yield found


def address_of(found: mmap.mmap) -> int:
    return int(np.frombuffer(found, np.uint8).__array_interface__["data"][0])


def starts() -> list[int]:
    """Return where the mappings begin, also those of other tests, which may end at any time."""
    return [start for start, _ in mappings()]


@pytest.fixture
def advised(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return the addresses and sizes that are advised; Linux may keep their pages."""
    found: list[tuple[int, int]] = []

    def note(start: int, size: int) -> None:
        found.append((start, size))
        advise(start, size)

    monkeypatch.setattr(mapped_files, "advise", note)
    return found


def test_pages_are_released_and_read_again(weights: mmap.mmap, advised: list[tuple[int, int]]) -> None:
    before = bytes(weights)
    release()
    assert (address_of(weights), SIZE) in advised
    assert bytes(weights) == before


def test_pages_are_released_at_the_end_of_a_block(weights: mmap.mmap, advised: list[tuple[int, int]]) -> None:
    with releasing():
        pass
    assert (address_of(weights), SIZE) in advised


def test_other_memory_at_the_same_addresses_loses_nothing() -> None:
    with mmap.mmap(-1, SIZE) as other:
        other.write(content := bytes(range(256)) * (SIZE // 256))
        advise(address_of(other), SIZE)
        assert other[:] == content


def test_a_removed_file_is_found_too(weights: mmap.mmap, tmp_path: Path) -> None:
    assert address_of(weights) in starts()
    (tmp_path / "model.bin").unlink()
    assert address_of(weights) in starts()


@pytest.mark.parametrize(
    ("name", "flags", "access"),
    [
        ("model.bin", mmap.MAP_PRIVATE, mmap.PROT_READ),
        ("model.bin", mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE),
        ("model.txt", mmap.MAP_SHARED, mmap.PROT_READ),
    ],
)
def test_other_mappings_are_kept(tmp_path: Path, name: str, flags: int, access: int) -> None:
    with mapped(tmp_path / name, flags, access) as other:
        assert address_of(other) not in starts()


def test_without_proc_nothing_is_released(
    weights: mmap.mmap, advised: list[tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_files, "_MAPS", tmp_path / "missing")
    release()
    assert not advised


def test_weights_are_released_while_they_may_be_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caller: Cancellation
) -> None:
    model = load_model(toy_models.save(toy_models.scale(2.0), tmp_path))
    blocks: list[int] = []

    @contextmanager
    def counted() -> Iterator[None]:
        blocks.append(1)
        yield

    monkeypatch.setattr("graphframe.inference.model.releasing", counted)
    for rows, expected in [(1, 1), (1, 1), (2, 2), (1, 2)]:
        assert (model.infer(caller, {"x": np.ones((rows, 3), np.float32)})["y"] == 2.0).all()
        assert len(blocks) == expected
