"""Models of a few operations, and a function that saves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import openvino_tokenizers
from openvino import opset13 as ops


def save(model: ov.Model, folder: Path, name: str = "model") -> Path:
    path = folder / f"{name}.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return path


def _input(name: str, shape: Sequence[int], dtype: type = np.float32) -> ov.Node:
    parameter = ops.parameter(list(shape), dtype, name=name)
    parameter.output(0).tensor.set_names({name})
    return parameter


def _output(name: str, node: ov.Node) -> ov.Node:
    result = ops.result(node)
    result.output(0).tensor.set_names({name})
    return result


def scale(factor: float = 2.0, shape: Sequence[int] = (-1, 3)) -> ov.Model:
    """Return y = x * factor; the factor is in the weights."""
    x = _input("x", shape)
    weights = ops.constant(np.full((1, 3), factor, np.float32))
    return ov.Model([_output("y", ops.multiply(x, weights))], [x], "scale")


def denoiser() -> ov.Model:
    """Return sum = sample + timestep + mean(states), and the timestep as a scalar; the inputs are those of a UNet."""
    sample = _input("sample", (-1, 4, -1, -1))
    timestep = _input("timestep", (), np.int64)
    states = _input("states", (-1, -1, 8))
    shift = ops.add(ops.convert(timestep, "f32"), ops.reduce_mean(states, np.array([0, 1, 2]), keep_dims=False))
    outputs = [_output("sum", ops.add(sample, shift)), _output("again", ops.add(timestep, np.int64(0)))]
    return ov.Model(outputs, [sample, timestep, states], "denoiser")


def product() -> ov.Model:
    """Return ab = a @ b. Whether the inner sizes agree is only known when it runs."""
    a, b = _input("a", (-1, -1)), _input("b", (-1, -1))
    return ov.Model([_output("ab", ops.matmul(a, b, False, False))], [a, b], "product")


def slow(size: int = 1024, layers: int = 20) -> ov.Model:
    """Return a model that multiplies matrices for some tenths of a second."""
    x = _input("x", (-1, size))
    weights = ops.constant(np.eye(size, dtype=np.float32))
    node = x
    for _ in range(layers):
        node = ops.relu(ops.matmul(node, weights, False, False))
    return ov.Model([_output("y", node)], [x], "slow")


def tokenizer() -> ov.Model:
    """Return a tokenizer: a is 1, b is 2, ab is 3, é is 4."""
    vocabulary = ["1 'a' 1", "2 'b' 1", "3 'ab' 2", "4 'é' 2"]
    return openvino_tokenizers.build_rwkv_tokenizer(vocabulary)[0]
