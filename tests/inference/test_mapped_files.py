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
from graphframe.inference.mapped_files import mappings, release, releasing
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


def pages_of(path: Path) -> list[str]:
    """Return how much of each mapping of a file is in memory, as Linux writes it."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    return [next(each for each in lines if each.startswith("Rss:")).split()[1] for line in lines if str(path) in line]


def test_pages_are_released_and_read_again(weights: mmap.mmap, tmp_path: Path) -> None:
    before = bytes(weights)
    assert pages_of(tmp_path / "model.bin") != ["0"]
    release()
    assert pages_of(tmp_path / "model.bin") == ["0"]
    assert bytes(weights) == before


def test_pages_are_released_at_the_end_of_a_block(weights: mmap.mmap, tmp_path: Path) -> None:
    with releasing():
        assert bytes(weights)
    assert pages_of(tmp_path / "model.bin") == ["0"]


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


def test_without_proc_nothing_is_released(weights: mmap.mmap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bytes(weights)
    monkeypatch.setattr(mapped_files, "_MAPS", tmp_path / "missing")
    release()
    assert pages_of(tmp_path / "model.bin") != ["0"]


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
