import numpy as np

from graphframe.calculators.diffusion.schedulers.solvers.heun_steps import HeunSteps, twice_after_the_first


def test_all_values_but_the_first_are_there_twice() -> None:
    assert twice_after_the_first(np.array([2, 1, 0])).tolist() == [2, 1, 1, 0, 0]


def test_the_second_step_of_a_pair_starts_where_the_first_did() -> None:
    steps = HeunSteps(np.array([2, 1, 1, 0], np.float32))
    start = np.array([4.0], np.float32)
    reached = steps.take(np.array([0.0], np.float32), 0, start).sample
    assert reached.tolist() == [2.0]  # slope 2, width -1
    assert steps.take(np.array([1.0], np.float32), 1, reached).sample.tolist() == [2.5]  # mean slope (2 + 1) / 2
