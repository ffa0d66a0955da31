"""TIFF files."""

from __future__ import annotations

import struct

from graphframe.calculators.image.containers.essentials import Essentials

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Types of values, and their sizes in bytes."""
_MAX_VALUES = 65536
_SHORT, _LONG = 3, 4
_WIDTH, _HEIGHT, _ORIENTATION, _TILE_WIDTH, _TILE_HEIGHT, _PROFILE = 256, 257, 274, 322, 323, 34675
_KEPT = {
    *(254, _WIDTH, _HEIGHT, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320),
    *(_TILE_WIDTH, _TILE_HEIGHT, 324, 325, 332, 338, 339, 347, 529, 530, 531, 532),
}
"""Tags that decide pixels."""


def essentials(file: bytes) -> Essentials:
    """Return what decides the pixels of the first image of a TIFF file.

    NOTE: of other tags each may be as large as the file, and Pillow reads all.

    Raises
    ------
    ValueError
        If a tag has more than 65,536 values, e.g. that number of strips.
    struct.error
        If the file is damaged.
    """
    order = "<" if file.startswith(b"II") else ">"
    (start,) = struct.unpack_from(f"{order}4xI", file)
    (count,) = struct.unpack_from(f"{order}H", file, start)
    kept, values = [], {}
    profile = None
    for position in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, number, offset = struct.unpack_from(f"{order}HHII", file, position)
        if tag == _PROFILE and number > 4:
            profile = file[offset : offset + number]
        if kind in (_SHORT, _LONG) and number == 1:
            values[tag] = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", file, position + 8)[0]
        if tag in _KEPT:
            if number > _MAX_VALUES:
                raise ValueError(f"its tag {tag} has {number:,} values, more than {_MAX_VALUES:,}")
            kept.append(file[position : position + 12])
    # NOTE: the list of tags is added at the end, on an even address, so that no other address changes.
    end = len(file) + len(file) % 2
    entries = struct.pack(f"{order}H", len(kept)) + b"".join(kept) + bytes(4)
    orientation = values.get(_ORIENTATION, 1)
    return Essentials(
        file[:4] + struct.pack(f"{order}I", end) + file[8:].ljust(end - 8, b"\0") + entries,
        "TIFF",
        orientation if 1 <= orientation <= 8 else 1,
        profile,
        # NOTE: libtiff decodes a strip or tile, of up to 16 bits in four channels, before Pillow has its pixels.
        bytes_per_pixel=12,
        block=values.get(_TILE_WIDTH, 0) * values.get(_TILE_HEIGHT, 0),
    )
