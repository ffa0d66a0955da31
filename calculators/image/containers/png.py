"""PNG files."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from graphframe.calculators.image.containers.essentials import Essentials
from graphframe.calculators.image.containers.exif import orientation_of

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _COLOURS, _PALETTE = 0, 2, 3
_MAX_PROFILE = 4 * 1024 * 1024


def essentials(file: bytes) -> Essentials:
    """Return what decides the pixels of a PNG file: its critical chunks, and those of transparency and colours.

    A chunk that is not critical, and has a wrong checksum, is ignored.
    """
    kept, profile, exif, key = [_SIGNATURE], None, b"", None
    depth, kind = 8, _COLOURS
    for name, data, sound in _chunks(file):
        if name == b"IHDR" and len(data) >= 10:
            depth, kind = data[8], data[9]
        if name[:1].isupper():
            kept.append(_chunk(name, data, sound))
        elif not sound:
            continue
        elif name == b"tRNS" and kind == _PALETTE:
            kept.append(_chunk(name, data, sound))
        elif name == b"tRNS":
            key = _key(data, depth, kind)
        elif name == b"iCCP":
            profile = _profile(data)
        elif name == b"eXIf":
            exif = data
    return Essentials(b"".join(kept), "PNG", orientation_of(exif), profile, key)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield the name and data of each chunk, and whether its checksum is right. The last one may be truncated."""
    position, name = len(_SIGNATURE), b""
    while position + 8 <= len(file) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", file, position)
        data = file[position + 8 : position + 8 + length]
        checksum = file[position + 8 + length : position + 12 + length]
        is_cut = len(checksum) < 4
        yield name, data, is_cut or int.from_bytes(checksum, "big") == zlib.crc32(data, zlib.crc32(name))
        position += 12 + length


def _chunk(name: bytes, data: bytes, sound: bool) -> bytes:
    return (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)) ^ (not sound))
    )


def _key(data: bytes, depth: int, kind: int) -> tuple[int, ...] | None:
    """Return the transparent colour."""
    # NOTE: Pillow compares the key with pixels that it has scaled, and loses that of 16 bits of gray.
    count = {_GRAY: 1, _COLOURS: 3}.get(kind, 0)
    if not count or len(data) < 2 * count:
        return None
    values = struct.unpack_from(f">{count}H", data)
    if kind == _COLOURS and depth == 16:
        return tuple(value >> 8 for value in values)
    return values if depth >= 8 else tuple(value * 255 // (2**depth - 1) for value in values)


def _profile(data: bytes) -> bytes | None:
    """Return the content of an iCCP chunk; None if it is damaged, or larger than any real profile."""
    _, _, rest = data.partition(b"\0")
    try:
        inflater = zlib.decompressobj()
        profile = inflater.decompress(rest[1:], _MAX_PROFILE)
    except zlib.error:
        return None
    return None if inflater.unconsumed_tail else profile
