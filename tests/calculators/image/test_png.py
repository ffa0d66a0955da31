from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from graphframe.calculators.image.png import png

KEYWORDS = {"prompt": "a red cat", "latin": "Käfer", "other": "\N{BEETLE}", "empty": ""}


def photo(side: int, grey: bool = False) -> NDArray[np.uint8]:
    """Clouds of noise with grain, as in a photo."""
    random = np.random.default_rng(0)
    frequency = np.fft.rfftfreq(side)[None] ** 2 + np.fft.fftfreq(side)[:, None] ** 2
    frequency[0, 0] = 1

    def channel() -> NDArray[np.float64]:
        return np.fft.irfft2(np.fft.rfft2(random.standard_normal((side, side))) / frequency**0.55, s=(side, side))

    brightness = channel()
    clouds = np.stack([brightness + (0 if grey else 0.25 * channel()) for _ in range(3)], axis=-1)
    grain = random.standard_normal((side, side, 1 if grey else 3))
    return np.asarray((clouds / clouds.std() * 50 + 120 + grain).clip(0, 255), np.uint8)


def flat(side: int) -> NDArray[np.uint8]:
    """A rectangle on a plain background."""
    pixels = np.full((side, side, 3), (200, 30, 90), np.uint8)
    pixels[side // 4 : side // 2, side // 3 : side // 2] = (10, 20, 250)
    return pixels


def slopes(side: int) -> NDArray[np.uint8]:
    """Colours that change slowly in both directions."""
    y, x = np.mgrid[:side, :side]
    return np.stack([x, y, (x + y) / 2], axis=-1).astype(np.uint8)


def pillows(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=1)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 3), (33, 64), (256, 40)])
def test_any_shape_is_read_back(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    image = Image.open(io.BytesIO(png(pixels, KEYWORDS.items())))
    assert (image.mode, image.info) == ("RGB", KEYWORDS)
    assert (np.asarray(image) == pixels).all()


def test_pixels_that_are_no_block_of_memory() -> None:
    pixels = photo(32)[::-1, ::2]
    assert (np.asarray(Image.open(io.BytesIO(png(pixels)))) == pixels).all()


def test_header_and_chunks_are_those_of_pillow() -> None:
    ours, theirs = ([*chunks(file)] for file in (png(photo(16)), pillows(photo(16))))
    assert ours[0] == theirs[0]
    assert [kind for kind, _ in ours] == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize("pixels", [photo(256), photo(256, grey=True), flat(256), slopes(256), slopes(256)[::-1]])
def test_files_are_no_larger_than_pillows(pixels: NDArray[np.uint8]) -> None:
    file = png(pixels)
    assert (np.asarray(Image.open(io.BytesIO(file))) == pixels).all()
    assert len(file) < 1.03 * len(pillows(pixels)) + 1024


def chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a file, whose checksums are right."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    found, start = [], 8
    while start < len(file):
        length = int.from_bytes(file[start : start + 4], "big")
        kind, content = file[start + 4 : start + 8], file[start + 8 : start + 8 + length]
        assert file[start + 8 + length :][:4] == zlib.crc32(kind + content).to_bytes(4, "big")
        found.append((kind, content))
        start += 12 + length
    return found
