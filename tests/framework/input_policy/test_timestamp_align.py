from __future__ import annotations

import pytest

from graphframe import Timestamp
from graphframe.framework.input_policy import TimestampAlign
from graphframe.framework.input_policy.policy import CLOSE, WAIT
from tests.framework.input_policy.queues import Queue, bound_to, sets


def test_shifts_the_others_to_where_the_base_is() -> None:
    policy = bound_to(TimestampAlign("BASE"), "BASE OTHER")
    inputs = [Queue(1), Queue(bound=0)]
    assert sets(policy, inputs) == [(1, 0)]
    inputs[0].queue.extend(Queue(2, 3).queue)
    inputs[0].stream.bound = 4
    inputs[1].queue.extend(Queue(101, 102).queue)
    inputs[1].stream.bound = 103
    assert sets(policy, inputs) == [(2, 0, 1), (3, 0, 1)]


def test_packets_get_the_timestamp_of_the_base() -> None:
    policy = bound_to(TimestampAlign("BASE"), "BASE OTHER")
    inputs = [Queue(5), Queue(100)]
    packets = policy.take(inputs, policy.readiness(inputs)[1])
    assert [packet and packet.timestamp for packet in packets] == [5, 5]


def test_the_base_does_not_wait_before_all_have_come() -> None:
    policy = bound_to(TimestampAlign("BASE"), "BASE X Y")
    assert sets(policy, [Queue(1, 2), Queue(50), Queue(bound=0)]) == [(1, 0), (2, 0)]


def test_a_base_that_ends_first_promises_nothing() -> None:
    policy = bound_to(TimestampAlign("BASE"), "BASE OTHER")
    assert policy.readiness([Queue(bound=Timestamp.DONE), Queue(bound=0)]) == (WAIT, Timestamp.UNSTARTED)
    assert policy.readiness([Queue(bound=Timestamp.DONE)] * 2) == (CLOSE, Timestamp.DONE)


def test_a_stream_that_ends_without_a_packet_delays_no_other() -> None:
    policy = bound_to(TimestampAlign("BASE"), "BASE OTHER")
    assert sets(policy, [Queue(1, 2), Queue(bound=Timestamp.DONE)]) == [(1, 0), (2, 0)]


def test_base_must_be_there() -> None:
    with pytest.raises(ValueError, match='the node has no input stream at "BASE"; it has: "A", "B"'):
        bound_to(TimestampAlign("BASE"), "A B")
