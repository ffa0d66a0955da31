"""A reader of safetensors files: a length, a JSON header, and the bytes of the tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8"}


class Safetensors(Mapping[str, NDArray[np.float32]]):
    """The tensors of a file by name, as float32, each read on access.

    Attributes
    ----------
    metadata : dict of str to str
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
            self._start = 8 + int.from_bytes(file.read(8), "little")
            text = file.read(min(self._start, size) - 8) if size > 8 else b""
        try:
            header: dict[str, Any] = json.loads(text)
            self.metadata: dict[str, str] = header.pop("__metadata__", {})
            self._places = {name: (each["dtype"], each["shape"], each["data_offsets"]) for name, each in header.items()}
            end = self._start + max((place[2][1] for place in self._places.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a safetensors file: {error}") from error
        if end > size:
            raise ValueError(f"{path} is truncated: expected {end} bytes, found {size}")

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        dtype, shape, (begin, end) = self._places[name]
        if dtype not in _TYPES:
            raise ValueError(f"{self._path}: {name} has the unsupported type {dtype}; supported: {', '.join(_TYPES)}")
        # NOTE: a memory map would kill the process if the file became shorter.
        values = np.fromfile(self._path, np.uint8, end - begin, offset=self._start + begin).view(_TYPES[dtype])
        if prod(shape) != values.size:
            raise ValueError(f"{self._path}: {name} has {values.size} elements, which do not fit its shape {shape}")
        if dtype == "BF16":  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return np.array(values, np.float32).reshape(shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor without reading it."""
        return tuple(self._places[name][1])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
