from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from openvino import opset13 as ops

from graphframe.inference.rewriting.upsampling import fuse_upsampling

ASYMMETRIC = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
HALF_PIXEL = {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_floor"}


def kernel(dtype: str = "f32", side: int = 3) -> Any:
    weights = np.random.default_rng(0).standard_normal((5, 3, side, side)).astype(np.float32)
    if dtype == "f32":
        return ops.constant(weights)
    if dtype == "f16":
        return ops.convert(ops.constant(weights.astype(np.float16)), "f32")
    scale = np.float32(np.abs(weights).max() / 127)
    levels = ops.convert(ops.constant((weights / scale + 128).round().astype(np.uint8)), "f32")
    return ops.multiply(ops.subtract(levels, np.float32(128)), scale)


def doubled_and_convolved(
    shape: list[int],
    weights: Any,
    *,
    scales: tuple[float, ...] = (2, 2),
    axes: tuple[int, ...] = (2, 3),
    pads: int = 1,
    strides: int = 1,
    dilations: int = 1,
    **attributes: Any,
) -> ov.Model:
    image = ops.parameter(shape, np.float32)
    large = ops.interpolate(
        image,
        np.array(scales, np.float32),
        axes=np.array(axes),
        **{"mode": "nearest", "shape_calculation_mode": "scales", **ASYMMETRIC, **attributes},
    )
    convolved = ops.convolution(large, weights, [strides] * 2, [pads] * 2, [pads] * 2, [dilations] * 2)
    return ov.Model([ops.relu(ops.add(convolved, np.float32(0.5)))], [image])


def infer(model: ov.Model, image: NDArray[np.float32]) -> NDArray[np.float32]:
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([image])[0])


@pytest.mark.parametrize("shape", [[-1, 3, -1, -1], [2, 3, 7, 9]])
@pytest.mark.parametrize("attributes", [ASYMMETRIC, HALF_PIXEL])
@pytest.mark.parametrize(("dtype", "rounding"), [("f32", 1e-5), ("f16", 2e-3), ("i8", 2e-3)])
def test_equal_but_for_rounding(shape: list[int], attributes: dict[str, Any], dtype: str, rounding: float) -> None:
    image = np.random.default_rng(1).standard_normal((2, 3, 7, 9)).astype(np.float32)
    plain, fused = (doubled_and_convolved(shape, kernel(dtype), **attributes) for _ in range(2))
    assert fuse_upsampling(fused) == 1
    assert "Interpolate" not in {each.get_type_name() for each in fused.get_ops()}
    expected = infer(plain, image)
    assert expected.shape == (2, 5, 14, 18)
    assert np.abs(infer(fused, image) - expected).max() < rounding * np.abs(expected).max()


@pytest.mark.parametrize(
    "other",
    [
        {"scales": (2, 3)},
        {"scales": (1, 2)},
        {"mode": "linear"},
        {"pads_begin": [0, 0, 1, 1]},
        {"nearest_mode": "ceil"},
        {"strides": 2},
        {"pads": 0},
        {"dilations": 2, "pads": 2},
    ],
)
@pytest.mark.parametrize("shape", [[-1, 3, -1, -1], [2, 3, 7, 9]])
def test_others_are_left_alone(shape: list[int], other: dict[str, Any]) -> None:
    assert fuse_upsampling(doubled_and_convolved(shape, kernel(), **other)) == 0


def test_other_kernels_are_left_alone() -> None:
    assert fuse_upsampling(doubled_and_convolved([1, 3, 4, 4], kernel(side=1))) == 0


@pytest.mark.parametrize(("side", "places"), [(-1, 0), (14, 1), (13, 0)])
def test_sizes_must_be_known(side: int, places: int) -> None:
    image, skip = (
        ops.parameter([1, 3, 7, 7] if side > 0 else [1, 3, -1, -1], np.float32),
        ops.parameter([1, 3, side, side]),
    )
    size = ops.gather(ops.shape_of(skip), np.array([2, 3]), np.int64(0))
    large = ops.interpolate(image, size, "nearest", "sizes", axes=np.array([2, 3]), **ASYMMETRIC)
    convolved = ops.convolution(large, kernel(), [1, 1], [1, 1], [1, 1], [1, 1])
    assert fuse_upsampling(ov.Model([convolved], [image, skip])) == places


def test_weights_that_are_computed_are_left_alone() -> None:
    weights = ops.parameter([5, 3, 3, 3], np.float32)
    image = ops.parameter([1, 3, 4, 4], np.float32)
    large = ops.interpolate(
        image, np.array([2, 2], np.float32), "nearest", "scales", axes=np.array([2, 3]), **ASYMMETRIC
    )
    convolved = ops.convolution(large, weights, [1, 1], [1, 1], [1, 1], [1, 1])
    assert fuse_upsampling(ov.Model([convolved], [image, weights])) == 0


def test_names_of_outputs_stay() -> None:
    image = ops.parameter([1, 3, 4, 4], np.float32)
    large = ops.interpolate(
        image, np.array([2, 2], np.float32), "nearest", "scales", axes=np.array([2, 3]), **ASYMMETRIC
    )
    convolved = ops.convolution(large, kernel(), [1, 1], [1, 1], [1, 1], [1, 1])
    convolved.output(0).get_tensor().set_names({"sample"})
    model = ov.Model([convolved], [image])
    assert fuse_upsampling(model) == 1
    assert model.output("sample").get_any_name() == "sample"
