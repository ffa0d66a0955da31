from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from graphframe.calculators.image import image_file
from graphframe.calculators.image.image_file import EncodedInput
from graphframe.framework.errors import Cancelled
from graphframe.framework.running.cancellation import Cancellation
from graphframe.images import InvalidRequest, Size
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(12, 8)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def gif_bomb(side: int) -> bytes:
    """A GIF with a frame that is larger than its screen."""
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00;"


def tga_bomb(side: int) -> bytes:
    return bytes([0, 0, 2]) + bytes(9) + struct.pack("<HHBB", side, side, 24, 0) + bytes(4)


def ppm_bomb(side: int) -> bytes:
    return b"P6 %d %d 255\n" % (side, side)


def compressed_bmp(width: int) -> bytes:
    """A BMP of one row that a run skips 255 times."""
    data = bytes([0, 2, 0, 255, 0, 1])
    header = struct.pack("<IiiHHIIiiII", 40, width, 1, 1, 8, 1, len(data), 0, 0, 1, 0)
    return b"BM" + struct.pack("<IHHI", 58 + len(data), 0, 0, 58) + header + bytes(4) + data


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("png", {}), ("webp", {"lossless": True}), ("bmp", {}), ("tga", {}), ("tga", {"compression": "tga_rle"}),
        ("ppm", {}), ("gif", {}),
    ],
)  # fmt: skip
def test_the_content_tells_the_kind_of_file(kind: str, options: dict[str, Any]) -> None:
    pixels = decoded(encoded(IMAGE, kind, **options), "image")
    assert (pixels.rgb == IMAGE).all()
    assert pixels.holes is None


def test_jpeg() -> None:
    pixels = decoded(encoded(np.full((8, 16, 3), 77, np.uint8), "jpeg"), "image")
    assert (pixels.rgb == 77).all()
    assert pixels.rgb.shape == (8, 16, 3)


@pytest.mark.parametrize("kind", ["bmp", "tga", "ppm"])
def test_gray(kind: str) -> None:
    assert (decoded(encoded(IMAGE[..., 0], kind), "image").rgb == IMAGE[..., :1]).all()


def test_gray_of_16_bits() -> None:
    assert (decoded(b"P5 3 2 65535\n" + bytes([200, 7]) * 6, "image").rgb == 200).all()


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (3, 2), colour) for colour in ("red", "blue")]
    file = encoded(frames[0], "gif", save_all=True, append_images=frames[1:])
    assert (decoded(file, "image").rgb == (255, 0, 0)).all()


def test_upright_as_exif_says() -> None:
    image = Image.fromarray(IMAGE)
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was held on its side
    file = encoded(image, exif=exif)
    assert (decoded(file, "image").rgb == np.rot90(IMAGE, -1)).all()


def test_transparency() -> None:
    alpha = np.full((8, 12, 1), 255, np.uint8)
    assert decoded(encoded(np.concatenate((IMAGE, alpha), axis=2)), "image").holes is None
    alpha[2, 3], alpha[4, 5] = 127, 128
    pixels = decoded(encoded(np.concatenate((IMAGE, alpha), axis=2)), "image")
    assert pixels.holes is not None
    assert np.argwhere(pixels.holes).tolist() == [[2, 3]]
    assert (pixels.rgb == IMAGE).all()


def test_transparency_of_a_palette() -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    pixels = decoded(encoded(image, transparency=1), "image")
    assert pixels.holes is not None
    assert pixels.holes.tolist() == [[False, True]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "RGBA", "P"])
def test_whatever_the_file_holds_becomes_colours(mode: str) -> None:
    image = Image.new("L", (3, 2), 200)
    if mode == "I;16":
        image = Image.fromarray(np.full((2, 3), 200 * 256 + 7, np.uint16))
    elif mode == "1":
        image = Image.new("1", (3, 2), 1)
    else:
        image = image.convert(mode)
    assert (decoded(encoded(image), "image").rgb == (255 if mode == "1" else 200)).all()


def test_colours_for_printing() -> None:
    file = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "jpeg")
    red, green, blue = decoded(file, "image").rgb[0, 0]
    assert red > 200
    assert max(green, blue) < 100


@pytest.mark.parametrize(
    "file",
    [
        b"", b"hello, this is text, not an image", bytes(100), encoded(IMAGE, "ico"), b"P3 1 1 255 1 2 3",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(30),
    ],
)  # fmt: skip
def test_other_files_are_refused(file: bytes) -> None:
    with pytest.raises(InvalidRequest, match="mask is not a PNG, JPEG, WebP, AVIF, TIFF,") as caught:
        decoded(file, "mask")
    assert caught.value.param == "mask"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "bmp", "gif", "ppm"])
def test_damaged_files_are_refused(kind: str) -> None:
    whole = encoded(gradient(64, 64), kind)
    for length in (12, len(whole) // 2):
        with pytest.raises(InvalidRequest, match="image cannot be decoded") as caught:
            decoded(whole[:length] if kind != "webp" else whole[:12] + b"VP8 " + b"\xff" * length, "image")
        assert "object at" not in str(caught.value)


@pytest.mark.parametrize("side", [8000, 20000, 60000])
@pytest.mark.parametrize("bomb", [png_bomb, gif_bomb, tga_bomb, ppm_bomb])
def test_bombs_are_refused_before_they_are_decoded(bomb: Callable[[int], bytes], side: int) -> None:
    with pytest.raises(InvalidRequest, match=r"more than 50,000,000|a side must be at most 16,384") as caught:
        EncodedInput(bomb(side), "image")
    assert caught.value.param == "image"


@pytest.mark.parametrize("file", [compressed_bmp(16_000), b"P6 2 2 15\n" + bytes(12)])
def test_variants_with_slow_decoders_are_refused(file: bytes) -> None:
    with pytest.raises(InvalidRequest, match="image cannot be decoded: this variant of the format is not supported"):
        decoded(file, "image")


def png_of(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    inflater = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    data = b"".join(inflater.compress(row) for _ in range(height)) + inflater.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(1, 200_000), (200_000, 1), (1, 16_385), (1, 2_000_000)])
def test_long_sides_are_refused(width: int, height: int) -> None:
    with pytest.raises(InvalidRequest, match=f"image has {width}x{height} pixels; a side must be at most 16,384"):
        EncodedInput(png_of(width, height), "image")


@pytest.mark.parametrize(("width", "height"), [(1, 16_384), (16_384, 1)])
def test_long_images_are_resized(width: int, height: int) -> None:
    source = EncodedInput(png_of(width, height), "image")
    assert source.memory(Size(64, 64)) < 10 * 1024 * 1024
    assert source.pixels(Size(64, 48), Cancellation()).rgb.shape == (48, 64, 3)


def test_a_file_that_takes_too_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_file, "_MAX_BYTES", 1024 * 1024)
    source = EncodedInput(png_of(600, 600), "mask")
    with pytest.raises(InvalidRequest, match="mask takes 2 MiB to decode, more than 1; make it smaller"):
        source.pixels(Size(64, 64), Cancellation())


class CancelledSoon(Cancellation):
    """Is cancelled after it was asked a number of times."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def raise_if_cancelled(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.cancel("the client disconnected")
        super().raise_if_cancelled()


@pytest.mark.parametrize("after", [0, 1, 2, 3, 6])
def test_cancellation_ends_the_work(after: int) -> None:
    with pytest.raises(Cancelled):
        EncodedInput(encoded(gradient(300, 400)), "image").pixels(Size(64, 64), CancelledSoon(after))
    assert decoded(png_of(8, 8)).rgb.shape == (8, 8, 3)
