"""The kinds of LoRA whose change of a layer is a constant matrix: how it follows from the tensors of a file.

The parts of each are named as in LyCORIS, except that `down` and `up` are PEFT's A and B.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Shapes = Mapping[str, tuple[int, ...]]
"""The shapes of tensors, by part."""
Arrays = Mapping[str, NDArray[np.float32]]
"""Tensors, by part."""


class LowRank(NamedTuple):
    """An addition to the weights of a layer: ``up @ down``.

    Attributes
    ----------
    down
        float32, shape (rank, input features); for a convolution, channels times height times width of the kernel.
    up
        float32, shape (output features, rank).
    """

    down: NDArray[np.float32]
    up: NDArray[np.float32]


class Kind(NamedTuple):
    """A kind of LoRA.

    Attributes
    ----------
    is_complete
        Returns whether a layer's parts are those of this kind.
    shape
        Returns the numbers of rows and columns of the change.
    rank
        Returns the number that alpha is divided by; None if alpha has no effect.
    read
        Computes the change, without alpha: factors or, as shape (output features, input features), the whole.
    """

    is_complete: Callable[[Set[str]], bool]
    shape: Callable[[Shapes], tuple[int, int]]
    rank: Callable[[Shapes], int | None]
    read: Callable[[Arrays], LowRank | NDArray[np.float32]]


def kind_of(parts: Set[str]) -> Kind | None:
    """Return the kind of LoRA of a layer that has these parts; None if a part is missing."""
    return next((kind for kind in _KINDS if kind.is_complete(parts)), None)


def _lora_shape(shapes: Shapes) -> tuple[int, int]:
    down, up = shapes["down"], shapes["up"]
    ranks = down[0], prod(up[1:])
    mid = shapes.get("mid", (down[0], down[0]))
    if mid[1::-1] != ranks:
        raise ValueError(f"has rank {ranks[0]}, but its other half has rank {ranks[1]}")
    return up[0], prod(down[1:]) * prod(mid[2:])


def _lora(arrays: Arrays) -> LowRank:
    down, up = (arrays[part].reshape(len(arrays[part]), -1) for part in ("down", "up"))
    if "mid" in arrays:  # LoCon's: a kernel between them
        down = np.einsum("ij..., jc -> ic...", arrays["mid"], down).reshape(up.shape[1], -1)
    return LowRank(down, up)


def _loha_shape(shapes: Shapes) -> tuple[int, int]:
    columns = shapes["hada_w1_b"][1]
    if "hada_t1" in shapes:
        return shapes["hada_w1_a"][1], columns * prod(shapes["hada_t1"][2:])
    return shapes["hada_w1_a"][0], columns


def _loha(arrays: Arrays) -> NDArray[np.float32]:
    first, second = (
        _tucker(arrays[f"hada_t{each}"], arrays[f"hada_w{each}_a"], arrays[f"hada_w{each}_b"])
        if f"hada_t{each}" in arrays
        else arrays[f"hada_w{each}_a"] @ arrays[f"hada_w{each}_b"]
        for each in "12"
    )
    return (first * second).reshape(len(first), -1)


def _is_lokr(parts: Set[str]) -> bool:
    return all(f"lokr_w{each}" in parts or {f"lokr_w{each}_a", f"lokr_w{each}_b"} <= parts for each in "12")


def _lokr_shape(shapes: Shapes) -> tuple[int, int]:
    rows, columns = shapes.get("lokr_w1") or (shapes["lokr_w1_a"][0], shapes["lokr_w1_b"][1])
    if "lokr_w2" in shapes:
        return rows * shapes["lokr_w2"][0], columns * prod(shapes["lokr_w2"][1:])
    tucker, a = shapes.get("lokr_t2"), shapes["lokr_w2_a"]
    return rows * a[tucker is not None], columns * shapes["lokr_w2_b"][1] * prod((tucker or ())[2:])


def _lokr_rank(shapes: Shapes) -> int | None:
    return next((shapes[part][0] for part in ("lokr_w1_b", "lokr_w2_b") if part in shapes), None)


def _lokr(arrays: Arrays) -> NDArray[np.float32]:
    first = arrays["lokr_w1"] if "lokr_w1" in arrays else arrays["lokr_w1_a"] @ arrays["lokr_w1_b"]
    if "lokr_w2" in arrays:
        second = arrays["lokr_w2"]
    elif "lokr_t2" in arrays:
        second = _tucker(arrays["lokr_t2"], arrays["lokr_w2_a"], arrays["lokr_w2_b"])
    else:
        second = arrays["lokr_w2_a"] @ arrays["lokr_w2_b"]
    return np.kron(first, second.reshape(len(second), -1))


def _tucker(core: NDArray[np.float32], a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.einsum("ij..., io, jc -> oc...", core, a, b, optimize=True))


def _whole(part: str) -> Kind:
    return Kind(
        lambda parts: part in parts,
        lambda shapes: (shapes[part][0], prod(shapes[part][1:])),
        lambda shapes: None,
        lambda arrays: arrays[part].reshape(len(arrays[part]), -1),
    )


_KINDS = (
    Kind(lambda parts: {"down", "up"} <= parts, _lora_shape, lambda shapes: shapes["down"][0], _lora),
    Kind(
        lambda parts: (
            {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"} <= parts
            and ("hada_t1" in parts) == ("hada_t2" in parts)
        ),
        _loha_shape,
        lambda shapes: shapes["hada_w1_b"][0],
        _loha,
    ),
    Kind(_is_lokr, _lokr_shape, _lokr_rank, _lokr),
    _whole("diff"),
    _whole("w_norm"),
)
