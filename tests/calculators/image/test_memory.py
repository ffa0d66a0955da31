"""The memory that decoding and resizing leave behind, measured in a process in which nothing else runs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from PIL import Image

from graphframe.calculators.image.image_file import EncodedInput
from graphframe.calculators.image.resizing import in_bands, resized
from graphframe.framework.running.cancellation import Cancellation
from graphframe.images import Size
from graphframe.serving.lifecycle.memory import resident_bytes
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

MB = 1024 * 1024


def growth(first: Callable[[], object], again: Callable[[], object]) -> int:
    """Return the bytes by which the process grows while it does something again."""
    kept = [first()]
    before = resident_bytes()
    kept.append(again())
    return resident_bytes() - before


def resizing() -> int:
    """Resize images of many sizes."""

    def resize(sides: range) -> None:
        for side in sides:
            pixels = gradient(side, side)
            resized((pixels[rows] for rows in in_bands(side)), (side, side), (32, 32))

    return growth(lambda: resize(range(64, 100)), lambda: resize(range(500, 620)))


def decoding() -> int:
    """Decode a file of 75 MB of pixels, and keep what it was read with."""
    file = encoded(Image.new("RGB", (5000, 5000)))

    def decode() -> EncodedInput:
        source = EncodedInput(file, "image")
        source.pixels(Size(64, 64), Cancellation())
        return source

    return growth(decode, decode)


def threads() -> int:
    """Decode eight files of 64 MB of pixels on four threads."""
    file = encoded(Image.new("RGBA", (4000, 4000)))

    def decode() -> None:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: decoded(file, "image").rgb.size, range(8))) == [4000 * 4000 * 3] * 8

    return growth(lambda: None, decode)


@pytest.fixture(scope="module")
def alone() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        yield alone


@pytest.mark.parametrize(("work", "limit"), [(decoding, 30 * MB), (resizing, 50 * MB), (threads, 160 * MB)])
def test_nothing_is_left_behind(alone: ProcessPoolExecutor, work: Callable[[], int], limit: int) -> None:
    assert alone.submit(work).result() < limit
