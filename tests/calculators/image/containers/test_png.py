from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(12, 8)
FILE = encoded(IMAGE)
GRAY, RGB, PALETTE, GRAY_ALPHA = 0, 2, 3, 4


def chunk(name: bytes, data: bytes, wrong: bool = False) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ wrong)


def with_chunk(added: bytes, file: bytes = FILE) -> bytes:
    """Add a chunk after the header."""
    return file[:33] + added + file[33:]


def png(depth: int, kind: int, row: bytes, width: int, *chunks: bytes) -> bytes:
    """A file of one row."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, kind, 0, 0, 0))
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", header, *chunks, chunk(b"IDAT", zlib.compress(b"\0" + row)), chunk(b"IEND", b"")]
    )


@pytest.mark.parametrize(
    "added",
    [
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"zTXt", b"workflow\0\0not compressed"),
        chunk(b"iTXt", b"prompt\0\1\0en\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta" + b"a" * 2_000_000),
        chunk(b"tEXt", b"a" * 3_000_000),
        chunk(b"tEXt", b"a\0b", wrong=True),
        b"".join(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000))) for _ in range(80)),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"a" * 2_000_000)),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(30_000_000), 9)),
        chunk(b"iCCP", b"icc\0\0not compressed"),
        chunk(b"iCCP", b"icc"),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"a"), wrong=True),
        chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
        chunk(b"eXIf", b"", wrong=True),
        chunk(b"pHYs", b"\0"),
        chunk(b"gAMA", b""),
        chunk(b"cHRM", b"\0"),
        chunk(b"sRGB", b""),
        chunk(b"tRNS", b"\0"),
        chunk(b"acTL", b"\0\0"),
        chunk(b"acTL", struct.pack(">II", 2, 0)),
        chunk(b"prVt", b"data of an application"),
    ],
)  # fmt: skip
def test_other_chunks_do_not_matter(added: bytes) -> None:
    pixels = decoded(with_chunk(added))
    assert (pixels.rgb == IMAGE).all()
    assert pixels.holes is None
    assert (decoded(FILE[:-12] + added + FILE[-12:]).rgb == IMAGE).all()


@pytest.mark.parametrize("missing", [1, 12, 16, 20])
def test_the_end_may_be_missing(missing: int) -> None:
    assert (decoded(FILE[:-missing]).rgb == IMAGE).all()
    assert (decoded(FILE + b"data after the end").rgb == IMAGE).all()


def test_orientation() -> None:
    data = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    for file in (with_chunk(chunk(b"eXIf", data)), FILE[:-12] + chunk(b"eXIf", data) + FILE[-12:]):
        assert (decoded(file).rgb == np.rot90(IMAGE, -1)).all()


@pytest.mark.parametrize(
    ("depth", "kind", "row", "key", "rgb", "holes"),
    [
        (1, GRAY, b"\x50", [1], [0, 255, 0, 255], [False, True, False, True]),
        (2, GRAY, b"\xe4", [3], [255, 170, 85, 0], [True, False, False, False]),
        (4, GRAY, b"\x5a\xf0", [10], [85, 170, 255, 0], [False, True, False, False]),
        (8, GRAY, bytes([1, 2, 3, 200]), [2], [1, 2, 3, 200], [False, True, False, False]),
        (16, GRAY, struct.pack(">4H", 258, 51400, 51401, 9), [51400], [1, 200, 200, 0], [False, True, False, False]),
        (16, GRAY, struct.pack(">4H", 1, 1, 1, 1), [2], [0, 0, 0, 0], None),
        (8, RGB, bytes([9] * 3 + [5] * 9), [9, 9, 9], [9, 5, 5, 5], [True, False, False, False]),
        (16, RGB, struct.pack(">12H", *[2313] * 3, *[1285] * 9), [2313] * 3, [9, 5, 5, 5], [True, False, False, False]),
        (16, GRAY_ALPHA, struct.pack(">8H", 512, 0, *[512, 65535] * 3), [], [2] * 4, [True] + [False] * 3),
    ],
)  # fmt: skip
def test_a_transparent_colour(depth: int, kind: int, row: bytes, key: list[int], rgb: Any, holes: Any) -> None:
    chunks = [chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))] if key else []
    pixels = decoded(png(depth, kind, row, 4, *chunks))
    assert pixels.rgb[0, :, 0].tolist() == pixels.rgb[0, :, 2].tolist() == rgb
    assert holes == (None if pixels.holes is None else pixels.holes[0].tolist())


def test_a_palette_with_alpha() -> None:
    palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60, 70, 80, 90]))
    pixels = decoded(png(8, PALETTE, bytes([0, 1, 2, 1]), 4, palette, chunk(b"tRNS", bytes([0, 127]))))
    assert pixels.rgb[0].tolist() == [[10, 20, 30], [40, 50, 60], [70, 80, 90], [40, 50, 60]]
    assert pixels.holes is not None
    assert pixels.holes[0].tolist() == [True, True, False, True]


def test_the_default_image_of_an_animation() -> None:
    frames = [Image.new("RGB", (3, 2), colour) for colour in ("red", "blue")]
    assert (decoded(encoded(frames[0], save_all=True, append_images=frames[1:])).rgb == (255, 0, 0)).all()


def test_a_profile_of_srgb_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    assert (decoded(encoded(Image.fromarray(pixels), icc_profile=profile)).rgb == pixels).all()
