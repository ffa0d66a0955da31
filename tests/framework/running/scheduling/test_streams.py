from __future__ import annotations

import pytest

from graphframe import GraphError, Packet, Timestamp
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import StreamState
from graphframe.framework.running.scheduling.streams import advance, check, deliver


def test_stream_takes_everything_at_first() -> None:
    stream = StreamState("s")
    for timestamp in (Timestamp.PRE_STREAM, Timestamp.MIN, 0, Timestamp.MAX, Timestamp.POST_STREAM):
        check(stream, timestamp)


def test_stream_takes_nothing_below_its_bound() -> None:
    stream = StreamState("s")
    stream.bound = 3
    check(stream, 3)
    with pytest.raises(ValueError, match='at timestamp 2 was sent to stream "s", which now takes timestamp 3 or later'):
        check(stream, 2)


def test_untimed_stream_takes_what_it_likes() -> None:
    stream = StreamState("s")
    stream.timed = False
    stream.bound = 3
    check(stream, 2)
    with pytest.raises(ValueError, match="cannot take this timestamp"):
        check(stream, Timestamp.UNSET)


def test_observers_that_fail() -> None:
    run = RunState(validate(parse('input_stream: "s"', "graph")))
    (stream,) = run.streams
    seen: list[object] = []

    def fail(_: object) -> None:
        raise ValueError("broken")

    stream.observers = [seen.append, fail]
    stream.bound_observers = [seen.append, fail]
    with pytest.raises(GraphError, match='an observer of stream "s" failed at timestamp 5: ValueError: broken'):
        deliver(run, stream, Packet(0, 5))
    advance(run, stream, 10)
    assert str(run.fault) == 'an observer of stream "s" failed at bound 10: ValueError: broken'
    assert seen == [Packet(0, 5), 10]
