"""Rewriting of models into algebraically equal ones that need less arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import openvino as ov

from graphframe.inference.rewriting.upsampling import fuse_upsampling

_PASSES: list[Callable[[ov.Model], int]] = [fuse_upsampling]


def rewrite(model: ov.Model) -> int:
    """Rewrite a model in place, and return the number of places."""
    return sum(each(model) for each in _PASSES)
