"""The orientation in EXIF data."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT = 3
_ORDERS = {b"II": "<", b"MM": ">"}


def orientation_of(exif: bytes) -> int:
    """Return the orientation, from 1 to 8; 1 if the data are damaged, or do not have it.

    NOTE: Pillow reads all entries. They can be damaged, and their sizes add up to far more than the file.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = _ORDERS.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}4xI", exif)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
