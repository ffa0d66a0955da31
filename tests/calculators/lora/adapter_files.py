"""LoRA adapters for tests: random low-rank matrices in a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"float32": "F32", "float16": "F16", "uint16": "BF16", "int64": "I64", "int32": "I32", "float64": "F64"}


def write(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> Path:
    """Write a safetensors file; arrays of uint16 become bfloat16."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, array in tensors.items():
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": _TYPES[array.dtype.name], "shape": array.shape, "data_offsets": (begin, end)}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in tensors.values()))
    return path


def random_pairs(
    layers: Mapping[str, tuple[int, ...]],
    name: str = "{}.lora_{}.weight",
    parts: tuple[str, str] = ("down", "up"),
    rank: int = 4,
    seed: int = 0,
    scale: float = 0.1,
) -> dict[str, NDArray[Any]]:
    """Return two random matrices per layer; `layers` has the shapes of weights by the layers' names in the file."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, NDArray[Any]] = {}
    for layer, (out_features, *in_shape) in layers.items():
        for part, shape in zip(
            parts, ((rank, *in_shape), (out_features, rank, *[1] * (len(in_shape) - 1))), strict=True
        ):
            tensors[name.format(layer, part)] = rng.normal(scale=scale, size=shape).astype(np.float32)
    return tensors
