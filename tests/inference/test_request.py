from __future__ import annotations

import numpy as np
import pytest

from graphframe.inference import core
from graphframe.inference.request import Request
from tests.inference import toy_models


@pytest.fixture
def doubling() -> Request:
    return Request(core().compile_model(toy_models.scale(2.0), "CPU"))


def test_outputs_belong_to_the_caller(doubling: Request) -> None:
    first = doubling.infer([np.ones((1, 3), np.float32)])[0]
    doubling.infer([np.zeros((1, 3), np.float32)])
    assert (first == 2.0).all()
    assert first.flags.owndata
    assert first.flags.writeable


def test_inputs_stay_the_callers(doubling: Request) -> None:
    array = np.ones((1, 3), np.float32)
    array.setflags(write=False)
    assert (doubling.infer([array])[0] == 2.0).all()
    assert (array == 1.0).all()


def test_takes_any_layout_in_memory(doubling: Request) -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
    assert (doubling.infer([array])[0] == array * 2).all()


def test_shapes_may_change_between_inferences(doubling: Request) -> None:
    for rows in (1, 5, 2, 5, 0, 1):
        array = np.full((rows, 3), rows, np.float32)
        assert (doubling.infer([array])[0] == array * 2).all()
