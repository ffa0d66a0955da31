import numpy as np
import pytest

from graphframe.calculators.diffusion.taylor_seer import TaylorSeer


@pytest.mark.parametrize(
    ("steps", "predicted"),
    [
        (1, []),
        (8, []),
        (9, [6]),
        (10, [6, 7]),
        (11, [6, 7]),
        (12, [6, 7, 9]),
        (20, [6, 7, 9, 10, 12, 13, 15, 16]),
        (28, [6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25]),
    ],
)
def test_which_steps_are_predicted(steps: int, predicted: list[int]) -> None:  # as in openvino_genai
    seer = TaylorSeer(steps)
    assert [step for step in range(steps) if seer.predicts(step)] == predicted


def test_what_changes_evenly_is_predicted_rightly() -> None:
    seer = TaylorSeer(20)
    start, change = np.array([1.0, -2.0], np.float32), np.array([0.5, 0.25], np.float32)
    for step in range(20):
        output = start + change * np.float32(step)
        if seer.predicts(step):
            predicted = seer.predict(step)
            assert predicted.dtype == np.float32
            np.testing.assert_allclose(predicted, output, rtol=1e-6)
        else:
            seer.learn(step, output)


def test_looks_at_the_two_newest_steps() -> None:
    seer = TaylorSeer(20)
    for step, value in ((0, 100.0), (4, 1.0), (5, 2.0)):
        seer.learn(step, np.array([value], np.float32))
    assert seer.predict(7).tolist() == [4.0]
    seer.learn(8, np.array([2.5], np.float32))
    assert seer.predict(10).tolist() == pytest.approx([2.5 + 2 * 0.5 / 3])


def test_what_it_learned_from_may_change_afterwards() -> None:
    seer = TaylorSeer(9)
    output = np.ones(2, np.float32)
    for step in (4, 5):
        seer.learn(step, output)
    output[:] = 7
    predicted = seer.predict(6)
    assert predicted.tolist() == [1, 1]
    predicted[:] = 7
    assert seer.predict(6).tolist() == [1, 1]
