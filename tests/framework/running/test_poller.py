from __future__ import annotations

import threading

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from tests.framework import toys
from tests.framework.waiting import SECONDS

assert toys

TEXT = """
    input_stream: "in" output_stream: "ABOVE:above" output_stream: "BELOW:below"
    node {
      calculator: "Threshold" input_stream: "in" output_stream: "ABOVE:above" output_stream: "BELOW:below"
      node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 10 } }
    }
"""


@pytest.fixture
def run() -> gf.Run:
    return gf.Graph.from_text(TEXT).start_run(pollers=["ABOVE", "BELOW"])


def test_next_packet_and_the_end(run: gf.Run) -> None:
    run.add("in", 11, 0)
    run.add("in", 12, 1)
    poller = run.pollers["ABOVE"]
    assert poller.next(SECONDS) == Packet(11, 0)
    run.close_inputs()
    assert poller.next(SECONDS) == Packet(12, 1)
    assert poller.next(SECONDS) is None


def test_all_packets(run: gf.Run) -> None:
    for timestamp in range(3):
        run.add("in", 20 + timestamp, timestamp)
    run.close_inputs()
    assert [packet.value for packet in run.pollers["ABOVE"]] == [20, 21, 22]
    assert list(run.pollers["BELOW"]) == []


def test_a_timestamp_without_a_packet(run: gf.Run) -> None:
    run.add("in", 11, 0)
    run.add("in", 5, 1)
    run.add("in", 13, 2)
    above = run.pollers["ABOVE"]
    assert above.at(1, SECONDS) is None
    assert above.at(2, SECONDS) == Packet(13, 2)
    assert run.pollers["BELOW"].at(1, SECONDS) == Packet(5, 1)
    assert run.pollers["BELOW"].at(2, SECONDS) is None


def test_waits_for_another_thread(run: gf.Run) -> None:
    thread = threading.Thread(target=run.add, args=("in", 11))
    thread.start()
    assert run.pollers["ABOVE"].next(SECONDS) == Packet(11, 0)
    thread.join()


def test_timeout_says_what_the_run_waits_for(run: gf.Run) -> None:
    with pytest.raises(TimeoutError, match='stream "ABOVE" had no packet within 0 s\nnode "Threshold"'):
        run.pollers["ABOVE"].next(0)
    with pytest.raises(TimeoutError, match='the graph\'s input stream "in" is open: no packet yet'):
        run.pollers["ABOVE"].at(3, 0)


def test_failed_run(run: gf.Run) -> None:
    run.add("in", 11, 0)
    with pytest.raises(gf.GraphError):
        run.add("in", 12, 0)
    poller = run.pollers["ABOVE"]
    assert poller.next(SECONDS) == Packet(11, 0)
    with pytest.raises(gf.GraphError, match="now takes timestamp 1 or later"):
        poller.next(SECONDS)


def test_a_poller_that_is_not_read_throttles_the_run() -> None:
    run = gf.Graph.from_text("max_queue_size: 2 " + TEXT).start_run(pollers=["ABOVE"])
    assert run.try_add("in", 11, 0)
    assert run.try_add("in", 12, 1)
    assert not run.try_add("in", 13, 2)
    assert run.pollers["ABOVE"].next(SECONDS) == Packet(11, 0)
    assert run.try_add("in", 13, 2)
    run.cancel()


def test_unknown_stream() -> None:
    with pytest.raises(gf.GraphError, match=r'the graph has no output stream "ABOV" \(did you mean "ABOVE"\?\)'):
        gf.Graph.from_text(TEXT).start_run(pollers=["ABOV"])


def test_bounds_are_observed() -> None:
    bounds: list[int] = []
    run = gf.Graph.from_text(TEXT).start_run(bound_observers={"ABOVE": bounds.append})
    run.add("in", 5, 3)
    run.add("in", 11, 5)
    run.close_inputs()
    run.wait_until_done(SECONDS)
    assert bounds == [4, Timestamp.DONE]


def test_observer_that_would_wait_forever() -> None:
    failures: list[BaseException] = []

    def observe(_: Packet) -> None:
        try:
            watched.pollers["BELOW"].next()
        except gf.GraphError as error:
            failures.append(error)

    watched = gf.Graph.from_text(TEXT).start_run(observers={"ABOVE": observe}, pollers=["BELOW"])
    watched.add("in", 11, 0)
    assert "cannot wait for that run" in str(failures[0])
