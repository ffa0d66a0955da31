from __future__ import annotations

import pytest

from graphframe import GraphError, Packet, Timestamp
from graphframe.framework.running.stream import Stream


def test_stream_takes_everything_at_first() -> None:
    stream = Stream("s")
    for timestamp in (Timestamp.PRE_STREAM, Timestamp.MIN, 0, Timestamp.MAX, Timestamp.POST_STREAM):
        stream.check(timestamp)


def test_stream_takes_nothing_below_its_bound() -> None:
    stream = Stream("s")
    stream.bound = 3
    stream.check(3)
    with pytest.raises(ValueError, match='at timestamp 2 was sent to stream "s", which takes 3 or later now'):
        stream.check(2)


def test_untimed_stream_takes_what_it_likes() -> None:
    stream = Stream("s")
    stream.timed = False
    stream.bound = 3
    stream.check(2)
    with pytest.raises(ValueError, match="takes no such timestamp"):
        stream.check(Timestamp.UNSET)


def test_observers_that_fail() -> None:
    stream = Stream("s")
    seen: list[object] = []

    def fail(_: object) -> None:
        raise ValueError("broken")

    stream.observers = [seen.append, fail]
    stream.bound_observers = [seen.append, fail]
    with pytest.raises(GraphError, match='an observer of stream "s" failed at timestamp 5: ValueError: broken'):
        stream.show(Packet(0, 5))
    stream.bound = 0
    with pytest.raises(GraphError, match='an observer of stream "s" failed at bound 0: ValueError: broken'):
        stream.show_bound()
    assert seen == [Packet(0, 5), 0]
