"""A reader of safetensors files: a length, a JSON header, and the bytes of the tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "F8_E4M3": "u1", "F8_E5M2": "u1"}
_TYPES |= {"BOOL": "?", "I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4"}
_TYPES |= {"I64": "<i8", "U64": "<u8"}
_MAX_HEADER = 100_000_000
"""The bytes of a header that the reference implementation reads at most."""

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Place(msgspec.Struct):
    """A tensor in the header: the range of its bytes after the header."""

    dtype: str
    shape: tuple[_Count, ...]
    data_offsets: tuple[_Count, _Count]


def _e4m3() -> NDArray[np.float32]:
    """Return the values of the 256 codes of the type F8_E4M3, which has no infinity."""
    codes = np.arange(256)
    exponent, fraction = codes >> 3 & 15, codes & 7
    sizes = np.where(exponent > 0, np.ldexp(1 + fraction / 8, exponent - 7), np.ldexp(fraction / 8, -6))
    return np.where(codes & 127 == 127, np.nan, np.where(codes < 128, sizes, -sizes)).astype(np.float32)


_E4M3 = _e4m3()


class Safetensors(Mapping[str, NDArray[np.float32]]):
    """The tensors of a file by name, as float32, each read on access.

    Attributes
    ----------
    metadata : dict of str to Any
        The metadata in the header.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not a safetensors file, or is truncated.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            text = file.read(length) if length <= min(size - 8, _MAX_HEADER) else b""
        try:
            header = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            self.metadata = msgspec.json.decode(header.pop("__metadata__", b"{}"), type=dict[str, Any])
            self._places = {name: msgspec.json.decode(each, type=_Place) for name, each in header.items()}
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not a safetensors file: {error}") from error
        self._start = 8 + length
        end = self._start + max((place.data_offsets[1] for place in self._places.values()), default=0)
        if end > size:
            raise ValueError(f"{path} is truncated: expected {end} bytes, found {size}")

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        dtype, (begin, end) = self._places[name].dtype, self._places[name].data_offsets
        shape = self.shape(name)
        if dtype not in _TYPES:
            raise ValueError(f"{self._path}: {name} has the unsupported type {dtype}; supported: {', '.join(_TYPES)}")
        if prod(shape) * np.dtype(_TYPES[dtype]).itemsize != end - begin:
            raise ValueError(f"{self._path}: {name} has {end - begin} bytes, which do not fit its shape {list(shape)}")
        # NOTE: a memory map would kill the process if the file became shorter.
        values = np.fromfile(self._path, np.uint8, end - begin, offset=self._start + begin).view(_TYPES[dtype])
        if dtype == "BF16":  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        elif dtype == "F8_E5M2":  # the upper half of a float16
            values = (values.astype(np.uint16) << 8).view(np.float16)
        elif dtype == "F8_E4M3":
            values = _E4M3[values]
        return np.array(values, np.float32).reshape(shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor without reading it."""
        return self._places[name].shape

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
