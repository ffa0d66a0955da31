from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import InferenceError, InferenceModel, Shapes, load_model, load_shaped_model
from graphframe.inference.activity import Inference, activity
from graphframe.inference.inputs import Array
from tests.inference import toy_models


def sizes(*found: tuple[int, int]) -> list[Shapes]:
    return [{"sample": (rows, None, width), "shift": (1,)} for rows, width in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model that adds the same shift to all rows."""
    sample = ops.parameter([-1, 2, -1], np.float32, name="sample")
    shift = ops.parameter([-1], np.float32, name="shift")
    for parameter in (sample, shift):
        parameter.output(0).tensor.set_names({parameter.get_friendly_name()})
    result = ops.result(ops.add(sample, shift))
    result.output(0).tensor.set_names({"sum"})
    return toy_models.save(ov.Model([result], [sample, shift], "shift"), tmp_path)


def given(rows: int, width: int) -> dict[str, Array]:
    sample = np.arange(rows * 2 * width, dtype=np.float32).reshape(rows, 2, width)
    return {"sample": sample, "shift": np.array([0.5], np.float32)}


def inferences(model: InferenceModel, caller: Cancellation, inputs: dict[str, Array]) -> int:
    """Assert that the outputs are right, and return the number of inferences."""
    activity.logs.append([])
    outputs = model.infer(caller, inputs)
    log = activity.logs.pop()
    assert (outputs["sum"] == inputs["sample"] + inputs["shift"]).all()
    return sum(isinstance(event, Inference) for event in log)


def test_without_shapes_it_takes_all(path: Path, caller: Cancellation) -> None:
    model = load_shaped_model(path, [])
    assert model is load_model(path)
    assert inferences(model, caller, given(3, 5)) == 1


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_rows_are_done_in_batches(path: Path, caller: Cancellation, rows: int, expected: int) -> None:
    model = load_shaped_model(path, sizes((2, 4)))
    assert {name: shape.to_string() for name, shape in model.inputs.items()} == {"sample": "[2,2,4]", "shift": "[1]"}
    assert inferences(model, caller, given(rows, 4)) == expected


def test_one_by_one(path: Path, caller: Cancellation) -> None:
    assert inferences(load_shaped_model(path, sizes((1, 4))), caller, given(3, 4)) == 3


def test_the_shape_is_chosen_for_each_inference(path: Path, caller: Cancellation) -> None:
    model = load_shaped_model(path, sizes((1, 4), (1, 8), (1, 4)))
    for width in (8, 4, 8):
        assert inferences(model, caller, given(1, width)) == 1


def test_a_shape_that_it_is_not_compiled_for(path: Path, caller: Cancellation) -> None:
    model = load_shaped_model(path, sizes((1, 4), (2, 8)))
    with pytest.raises(InferenceError, match=r'"sample" \[1,2,4\].* or "sample" \[2,2,8\].*; found "sample" \[1,2,5\]'):
        model.infer(caller, given(1, 5))
    with pytest.raises(InferenceError, match="expected inputs"):
        model.infer(caller, {**given(3, 4), "shift": np.zeros(2, np.float32)})


def test_a_missing_input(path: Path, caller: Cancellation) -> None:
    model = load_shaped_model(path, sizes((1, 4)))
    with pytest.raises(InferenceError, match="found sample"):
        model.infer(caller, {"sample": given(1, 4)["sample"]})


def test_shapes_come_before_other_changes(path: Path, caller: Cancellation) -> None:
    seen = []

    def prepare(model: ov.Model) -> ov.Model:
        seen.append(model.input("sample").partial_shape.to_string())
        return model

    load_shaped_model(path, sizes((1, 4), (3, 8)), prepare=prepare)
    assert seen == ["[1,2,4]", "[3,2,8]"]


def test_inputs_and_outputs_keep_their_names(tmp_path: Path, caller: Cancellation) -> None:
    """OpenVINO adds the names of operations that it optimises away."""
    step = ops.parameter([-1], np.int64, name="step")
    step.output(0).tensor.set_names({"step"})
    same = ops.convert(step, "i64")
    same.output(0).tensor.set_names({"a_step", "z_step"})
    results = [ops.result(same), ops.result(ops.convert(step, "f32"))]
    results[1].output(0).tensor.set_names({"float"})
    path = toy_models.save(ov.Model(results, [step], "steps"), tmp_path)
    model = load_shaped_model(path, [{"step": (1,)}])
    assert list(model.inputs) == ["step"]
    outputs = model.infer(caller, {"step": np.array([3])})
    assert list(outputs) == list(load_model(path).outputs)
