"""A run that is paused, stepped and resumed."""

from __future__ import annotations

import pytest

import graphframe as gf
from tests.framework.calls import CALL, THREADS, both_executors, end_of, fail, same, start_call
from tests.framework.waiting import SECONDS, Stop


@both_executors
class TestSteps:
    """Each step is one call of a calculator."""

    def test_all_calls_of_a_run(self, executor: str) -> None:
        run = start_call(gf.Graph.from_text(executor + CALL), process=same, paused=True)
        run.add("in", "a", 3)
        assert run.step(SECONDS) == ("call", "open", gf.Timestamp.UNSTARTED)
        assert run.step(SECONDS) == ("call", "process", 3)
        assert run.step(SECONDS) is None
        run.close_inputs()
        assert run.step(SECONDS) == ("call", "close", gf.Timestamp.DONE)
        assert run.done
        assert run.step(SECONDS) is None

    def test_nodes_nearest_to_the_output_come_first(self, executor: str) -> None:
        text = (
            executor
            + """
            input_stream: "in" output_stream: "out"
            node { name: "one" calculator: "Double" input_stream: "in" output_stream: "middle" }
            node { name: "two" calculator: "Double" input_stream: "middle" output_stream: "out" }
        """
        )
        seen: list[gf.Packet] = []
        run = gf.Graph.from_text(text).start_run(observers={"out": seen.append}, paused=True)
        run.add("in", 1, 0)
        run.add("in", 2, 1)
        run.wait_until_idle(SECONDS)
        assert not seen
        steps = [run.step(SECONDS) for _ in range(3)]
        assert [step and (step.node, step.timestamp) for step in steps] == [("one", 0), ("two", 0), ("one", 1)]
        assert seen == [(4, 0)]
        run.resume()
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert seen == [(4, 0), (8, 1)]

    def test_a_step_that_fails(self, executor: str) -> None:
        run = start_call(gf.Graph.from_text(executor + CALL), process=fail, paused=True)
        run.add("in", "a", 3)
        run.step(SECONDS)
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            run.step(SECONDS)
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            run.wait_until_done(SECONDS)

    def test_cancelled_while_paused(self, executor: str) -> None:
        closed: list[object] = []
        run = start_call(gf.Graph.from_text(executor + CALL), close=closed.append)
        run.wait_until_idle(SECONDS)
        run.pause()
        run.add("in", "a")
        run.cancel("enough")
        assert str(end_of(run)) == "enough"
        assert len(closed) == 1


def test_the_call_that_works_returns() -> None:
    stop = Stop()
    run = start_call(gf.Graph.from_text(THREADS + CALL), process=stop)
    run.add("in", "a", 0)
    run.add("in", "b", 1)
    stop.wait()
    run.pause()
    stop.go_on.set()
    run.wait_until_idle(SECONDS)
    assert run.explain().startswith("the run is paused\n")
    assert run.step(SECONDS) == ("call", "process", 1)
    run.resume()
    assert end_of(run) is None


def test_only_a_paused_run_has_steps() -> None:
    run = start_call(gf.Graph.from_text(CALL))
    with pytest.raises(gf.GraphError, match="only a paused run can be stepped; call pause first"):
        run.step()
    run.pause()
    run.pause()
    run.resume()
    assert end_of(run, "a") is None


def test_a_source_makes_a_packet_a_step() -> None:
    text = """
        output_stream: "out"
        node { calculator: "CountingSourceCalculator" output_stream: "out"
               node_options { [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] { max_count: 3 } } }
    """
    seen: list[gf.Packet] = []
    run = gf.Graph.from_text(text).start_run(observers={"out": seen.append}, paused=True)
    counts = []
    while run.step(SECONDS):
        counts.append(len(seen))
    assert counts[:4] == [0, 1, 2, 3]
    assert run.done
