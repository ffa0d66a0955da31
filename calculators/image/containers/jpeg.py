"""JPEG files."""

from __future__ import annotations

from collections.abc import Iterator

from graphframe.calculators.image.containers.essentials import Essentials
from graphframe.calculators.image.containers.exif import orientation_of

END = b"\xff\xd9"
"""The marker at the end of an image."""

_SCAN = b"\xff\xda"
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_ALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_EXIF, _ICC = b"Exif\0\0", b"ICC_PROFILE\0"
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_ADOBE_LENGTH = 12
_MAX_SCANS = 100
"""More than cameras and programs write. Each takes the time of a whole image, and a few bytes of the file."""


def essentials(file: bytes) -> Essentials:
    """Return what decides the pixels of a JPEG file: all but comments, data of applications, and further images.

    Raises
    ------
    ValueError
        If it has more than 100 scans.
    """
    kept, profile, exif, components, start = [file[:2]], {}, b"", 0, len(file)
    is_progressive = False
    for marker, data, position in _segments(file):
        if marker in _FRAMES and len(data) >= 6:
            components, is_progressive = data[5], marker in _PROGRESSIVE
        if marker == _APP1 and data.startswith(_EXIF):
            exif = exif or data
        elif marker == _APP2 and data.startswith(_ICC) and len(data) > len(_ICC) + 2:
            profile[data[len(_ICC)]] = data[len(_ICC) + 2 :]
        elif marker == _SCAN[1]:
            start = position
            break
        elif marker == _APP0 and data.startswith(b"JFIF\0") and len(data) >= len(_JFIF):
            kept.append(_segment(marker, _JFIF))
        elif (marker == _APP14 and data.startswith(b"Adobe") and len(data) >= _ADOBE_LENGTH) or not (
            _APP0 <= marker <= _APP15 or marker == _COMMENT
        ):
            kept.append(_segment(marker, data))
    end = file.find(END, start)
    scans = file[start : end + len(END) if end >= 0 else len(file)]
    count = scans.count(_SCAN)
    if count > _MAX_SCANS:
        raise ValueError(f"it has {count} scans, more than {_MAX_SCANS}")
    is_progressive = is_progressive or count > 1
    return Essentials(
        b"".join([*kept, scans]),
        "JPEG",
        orientation_of(exif),
        b"".join(profile[number] for number in sorted(profile)) or None,
        # NOTE: the coefficients of all scans, 16 bits each, are in memory before the first pixel.
        bytes_per_pixel=4 + 2 * components * is_progressive,
        has_end=end >= 0,
        is_progressive=is_progressive,
    )


def _segment(marker: int, data: bytes) -> bytes:
    return b"\xff%c%b%b" % (marker, (len(data) + 2).to_bytes(2, "big"), data)


def _segments(file: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield the marker, data and position of each segment, without bytes between them."""
    position = 2
    while 0 <= (position := file.find(b"\xff", position)) < len(file) - 3:
        marker = file[position + 1]
        if marker in _ALONE or marker in (0x00, 0xFF):
            position += 1 if marker == 0xFF else 2
            continue
        length = max(int.from_bytes(file[position + 2 : position + 4], "big"), 2)
        yield marker, file[position + 4 : position + 2 + length], position
        position += 2 + length
