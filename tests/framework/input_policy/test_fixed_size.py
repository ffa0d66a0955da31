from __future__ import annotations

import pytest

from graphframe.framework.input_policy import FixedSize
from tests.framework.input_policy.queues import Queue, sets


def test_keeps_the_newest() -> None:
    assert sets(FixedSize(), [Queue(1, 2, 3, 4)]) == [(4, 0)]


def test_leaves_what_does_not_reach_the_trigger() -> None:
    assert sets(FixedSize(trigger=3, target=2), [Queue(1, 2)]) == [(1, 0), (2, 0)]
    assert sets(FixedSize(trigger=3, target=2), [Queue(1, 2, 3)]) == [(2, 0), (3, 0)]


def test_older_packets_go_everywhere() -> None:
    assert sets(FixedSize(), [Queue(1, 2, 3), Queue(2, bound=4)]) == [(3, 0)]


def test_fixed_min_size_waits_for_all_queues() -> None:
    policy = FixedSize(trigger=2, target=1, fixed_min_size=True)
    assert sets(policy, [Queue(1, 2, 3), Queue(1, bound=9)]) == [(1, 0, 1), (2, 0), (3, 0)]
    assert sets(policy, [Queue(1, 2, 3), Queue(1, 2, bound=9)]) == [(2, 0, 1), (3, 0)]


@pytest.mark.parametrize(("trigger", "target"), [(2, 0), (2, 3)])
def test_target_is_at_most_the_trigger(trigger: int, target: int) -> None:
    with pytest.raises(ValueError, match=f"target_queue_size {target} must be at least 1, and at most"):
        FixedSize(trigger, target)
