"""Classifiers for tests, made of OpenVINO's ops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops


def make_red_classifier(path: Path, *shape: int, outputs: int = 1, kind: type = np.float32) -> None:
    """Write a classifier of images whose logits are 0 and the mean of red, less that of the other channels.

    Parameters
    ----------
    path : Path
    *shape : int
        The shape of the input, (1, 3, 8, 8) by default; -1 for any.
    outputs : int
        The number of outputs, of which the last is a copy of the image's mean.
    kind : type
        The element type of the input.
    """
    shape = shape or (1, 3, 8, 8)
    image = ops.parameter(shape, kind, name="pixels")
    image.output(0).set_names({"pixels"})
    axes = [1, 2] if shape[3] == 3 else [2, 3]
    mean = ops.reduce_mean(ops.convert(image, np.float32), ops.constant(np.array(axes, np.int64)))
    weights = np.array([[0, 1], [0, -0.5], [0, -0.5]], np.float32)
    logits = ops.matmul(mean, ops.constant(weights), False, False)
    made = [logits, ops.relu(mean)][:outputs]
    for output, name in zip(made, ("logits", "mean"), strict=False):
        output.output(0).set_names({name})
    path.parent.mkdir(parents=True, exist_ok=True)
    ov.save_model(ov.Model(made, [image]), path, compress_to_fp16=False)
