from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(40, 24)


def number(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def profile(space: bytes, gamma: float = 1.8, primaries: tuple[tuple[float, float, float], ...] = ()) -> bytes:
    """An ICC profile of one gamma curve, and of primaries in XYZ."""
    curve = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(gamma * 256)) + bytes(2)
    xyz = [b"XYZ \0\0\0\0" + b"".join(map(number, each)) for each in ((0.9642, 1.0, 0.8249), *primaries)]
    names = [b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ"][: len(xyz)]
    curves = [b"rTRC", b"gTRC", b"bTRC"] if primaries else [b"kTRC"]
    tags = [*zip(names, xyz, strict=True), *((name, curve) for name in curves)]
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(tags) + len(data), len(content))
        data += content
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4sI4s4s4s12s4s", size, bytes(4), 0x02100000, b"mntr", space, b"XYZ ", bytes(12), b"acsp")
    return head.ljust(68, b"\0") + b"".join(map(number, (0.9642, 1.0, 0.8249))) + bytes(48) + table + data


WIDE = profile(b"RGB ", 2.2, ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)))
"""Adobe RGB."""


def converted(pixels: np.ndarray, icc: bytes, mode: str) -> np.ndarray:
    image = Image.fromarray(pixels, mode)
    srgb = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, io.BytesIO(icc), srgb, outputMode="RGB"))


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_a_profile_is_converted_to_srgb(kind: str) -> None:
    options = {"lossless": True} if kind == "webp" else {}
    pixels = decoded(encoded(IMAGE, kind, icc_profile=WIDE, **options))
    rgb = pixels.rgb
    assert pixels.warnings == ("image was converted from its colour profile to sRGB",)
    assert (rgb == converted(IMAGE, WIDE, "RGB")).all()
    assert np.abs(rgb.astype(int) - IMAGE).max() > 20


def test_a_profile_in_a_jpeg() -> None:
    file = encoded(IMAGE, "jpeg", icc_profile=WIDE)
    stored = np.asarray(Image.open(io.BytesIO(file)))
    assert (decoded(file).rgb == converted(stored, WIDE, "RGB")).all()


def test_a_profile_in_an_image_with_transparency() -> None:
    image = Image.fromarray(IMAGE)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    pixels = decoded(encoded(image, icc_profile=WIDE))
    assert (pixels.rgb == converted(IMAGE, WIDE, "RGB")).all()
    assert pixels.holes is not None


def test_a_profile_of_gray() -> None:
    gray = IMAGE[..., 0].copy()
    rgb = decoded(encoded(gray, icc_profile=profile(b"GRAY"))).rgb
    assert (rgb[..., 0] == rgb[..., 2]).all()
    assert (rgb == converted(gray, profile(b"GRAY"), "L")).all()
    assert np.abs(rgb[..., 0].astype(int) - gray).max() > 10


def test_a_palette_with_a_profile() -> None:
    image = Image.fromarray(IMAGE).convert("P")
    stored = np.asarray(image.convert("RGB"))
    assert (decoded(encoded(image, icc_profile=WIDE)).rgb == converted(stored, WIDE, "RGB")).all()


@pytest.mark.parametrize("icc", [profile(b"GRAY"), b"", b"not a profile", WIDE[:200], bytes(4000)])
def test_a_profile_that_cannot_be_used_is_ignored(icc: bytes) -> None:
    pixels = decoded(encoded(IMAGE, "png", icc_profile=icc))
    assert (pixels.rgb == IMAGE).all()
    assert not pixels.warnings


def test_a_profile_that_means_srgb_changes_nothing() -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    assert (decoded(encoded(pixels, icc_profile=icc)).rgb == pixels).all()


def test_inverted_colours_for_printing() -> None:
    file = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "jpeg")
    assert b"Adobe" in file
    assert (decoded(file).rgb == np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))).all()
