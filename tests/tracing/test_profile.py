from __future__ import annotations

from functools import partial

import pytest

import graphframe as gf
from graphframe.tracing import NodeProfile, Trace, profile, profile_table
from tests.framework.calls import PROCESS, end_of, fail
from tests.framework.toys import Call
from tests.tracing.graphs import Clock, run_fan


@pytest.fixture
def trace() -> Trace:
    """A run of two packets: one at 10 seconds, one 10 seconds after that was worked off at 22; it ends at 46."""
    clock = Clock()
    trace = Trace(now=clock)
    right = clock.infer("model", wait=2, seconds=3)
    run_fan(trace, clock, first=clock.spend(3, 5), left=clock.spend(4), right=right, packets=2)
    return trace


def test_what_nodes_spend_their_time_on(trace: Trace) -> None:
    node = partial(NodeProfile, calculator="Call", device="", calls=2)
    assert profile([trace]) == [
        node(
            name="first", mean=4, p95=5, total=8, share=8 / 46,
            input_wait=10 + 19 + 9, executor_wait=0, lane_wait=0, inference=0,
        ),
        node(
            name="left", mean=4, p95=4, total=8, share=8 / 46,
            input_wait=13 + 15, executor_wait=5 + 5, lane_wait=0, inference=0,
        ),
        node(
            name="right", mean=5, p95=5, total=10, share=10 / 46,
            input_wait=13 + 19 + 4, executor_wait=0, lane_wait=4, inference=6,
        ),
    ]  # fmt: skip


def test_the_times_of_a_node_add_up(trace: Trace) -> None:
    for node in profile([trace]):
        assert node.input_wait + node.executor_wait + node.total == 46


def test_runs_are_summed_up(trace: Trace) -> None:
    (one, *_), (two, *_) = profile([trace]), profile([trace, Trace(), trace])
    assert (two.calls, two.mean, two.p95, two.share) == (4, one.mean, one.p95, one.share)
    assert (two.total, two.input_wait) == (2 * one.total, 2 * one.input_wait)


def test_p95_is_what_95_percent_do_not_exceed() -> None:
    clock = Clock()
    trace = Trace(now=clock)
    run_fan(trace, clock, first=clock.spend(*range(1, 21)), packets=20)
    first, *_ = profile([trace])
    assert first.p95 == 19


def test_calls_within_a_call_are_not_counted_twice() -> None:
    clock = Clock()

    def flush(cc: gf.Context) -> None:
        clock.seconds += 1
        cc.send(Call.outputs, "value")
        cc.flush()
        clock.seconds += 2

    trace = Trace(now=clock)
    run_fan(trace, clock, first=flush, left=clock.spend(4), right=clock.spend(5))
    assert [(node.name, node.total) for node in profile([trace])] == [("first", 3), ("left", 4), ("right", 5)]


def test_a_node_that_only_opened_and_closed() -> None:
    clock = Clock()
    trace = Trace(now=clock)
    run_fan(trace, clock, packets=0)
    assert [(node.name, node.calls, node.mean, node.p95) for node in profile([trace])] == [
        (name, 0, 0, 0) for name in ("first", "left", "right")
    ]


def test_a_failed_run() -> None:
    trace = Trace()
    run = gf.Graph.from_text(PROCESS % "").start_run({"process": fail}, tracer=trace)
    assert end_of(run, 1) is not None
    (node,) = profile([trace])
    assert (node.name, node.calls) == ("call", 1)


def test_nothing_was_recorded() -> None:
    assert profile([Trace()]) == []
    assert profile_table([Trace()]).endswith("\n1 run, 0.000 ms; all times in ms")


def test_table(trace: Trace) -> None:
    assert profile_table([trace]).splitlines() == [
        "NODE   CALLS      MEAN       P95      TOTAL  SHARE  INPUT WAIT  EXECUTOR WAIT  LANE WAIT  INFERENCE",
        "first      2  4000.000  5000.000   8000.000  17.4%   38000.000          0.000      0.000      0.000",
        "left       2  4000.000  4000.000   8000.000  17.4%   28000.000      10000.000      0.000      0.000",
        "right      2  5000.000  5000.000  10000.000  21.7%   36000.000          0.000   4000.000   6000.000",
        "1 run, 46000.000 ms; all times in ms",
    ]
