from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework.calls import (
    CALL,
    THREADS,
    both_executors,
    end_of,
    fail,
    same,
    start_call,
)
from tests.framework.waiting import SECONDS, Stop


class TestAdd:
    """Adding packets."""

    def test_by_tag_and_by_name(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "VALUE:value" output_stream: "DOUBLED:out"
            node { calculator: "Double" input_stream: "value" output_stream: "out" }
        """)
        seen: list[Packet] = []
        run = graph.start_run(observers={"DOUBLED": seen.append, "out": seen.append})
        run.add("VALUE", 1)
        run.add("value", 2, 5)
        run.close_input("VALUE")
        run.wait_until_done(SECONDS)
        assert seen == [(2, 0), (2, 0), (4, 5), (4, 5)]

    @pytest.mark.parametrize("use", [lambda run: run.add("inn", 1), lambda run: run.set_bound("inn", 1)])
    def test_unknown_stream(self, call: gf.Graph, use: Callable[[gf.Run], None]) -> None:
        run = start_call(call)
        with pytest.raises(gf.GraphError, match=r'the graph has no input stream "inn" \(did you mean "in"'):
            use(run)
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_value_of_another_type(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "in" node { calculator: "Double" input_stream: "in" output_stream: "out" }
        """)
        run = graph.start_run()
        with pytest.raises(TypeError, match='input stream "in" takes int, not str'):
            run.add("in", "1")
        run.add("in", 1)
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_bad_timestamp_fails_the_run(self, call: gf.Graph) -> None:
        run = start_call(call)
        run.add("in", "value", 5)
        error = end_of(run, "value")
        assert type(error) is gf.GraphError
        assert str(error) == 'a packet at timestamp 0 was sent to stream "in", which now takes timestamp 6 or later'

    def test_after_the_run_has_failed(self, call: gf.Graph) -> None:
        run = start_call(call, open_=fail)
        with pytest.raises(gf.CalculatorError):
            run.wait_until_idle(SECONDS)
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            run.add("in", "value")

    def test_after_the_run_has_ended(self, call: gf.Graph) -> None:
        run = start_call(call)
        run.close_inputs()
        run.wait_until_done(SECONDS)
        with pytest.raises(gf.GraphError, match='a packet was added to input stream "in" of a run that has ended'):
            run.add("in", "value")
        assert run.error is None

    def test_from_many_threads(self) -> None:
        streams = [f"s{number}" for number in range(4)]
        text = "".join(
            f'input_stream: "{name}" output_stream: "{name}d" '
            f'node {{ calculator: "Double" input_stream: "{name}" output_stream: "{name}d" }}\n'
            for name in streams
        )
        seen: dict[str, list[Packet]] = {name: [] for name in streams}
        run = gf.Graph.from_text(text).start_run(observers={f"{name}d": seen[name].append for name in streams})
        together = threading.Barrier(len(streams))

        def feed(name: str) -> None:
            together.wait(SECONDS)
            for number in range(500):
                run.add(name, number, number)
            run.close_input(name)

        feeders = [threading.Thread(target=feed, args=[name]) for name in streams]
        for feeder in feeders:
            feeder.start()
        run.wait_until_done(SECONDS)
        for feeder in feeders:
            feeder.join(SECONDS)
        assert seen == {name: [(2 * number, number) for number in range(500)] for name in streams}


class TestObservers:
    """Observers of outputs, and of progress."""

    def test_in_order(self, call: gf.Graph) -> None:
        seen: list[Packet] = []
        run = start_call(call, process=same, observers={"out": seen.append})
        for timestamp in range(100):
            run.add("in", timestamp, timestamp)
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert seen == [(timestamp, timestamp) for timestamp in range(100)]

    @pytest.mark.parametrize("error", [ValueError("no space left"), SystemExit(1)], ids=["Exception", "BaseException"])
    def test_that_raises(self, call: gf.Graph, error: BaseException) -> None:
        closed: list[int] = []

        def observe(packet: Packet) -> None:
            raise error

        run = start_call(call, process=same, close=lambda cc: closed.append(1), observers={"out": observe})
        found = end_of(run, "value")
        assert type(found) is gf.GraphError
        assert str(found).startswith('an observer of stream "out" failed at timestamp 0: ' + type(error).__name__)
        assert found.__cause__ is error
        assert closed == [1]

    def test_may_use_the_run(self, call: gf.Graph) -> None:
        seen: list[Packet] = []

        def observe(packet: Packet) -> None:
            seen.append(packet)
            if packet.timestamp < 5:
                run.add("in", "again", packet.timestamp + 1)
            else:
                run.close_inputs()

        run = start_call(call, process=same, observers={"out": observe})
        run.add("in", "first")
        run.wait_until_done(SECONDS)
        assert [packet.timestamp for packet in seen] == [0, 1, 2, 3, 4, 5]

    def test_may_cancel_the_run(self, call: gf.Graph) -> None:
        run: gf.Run = start_call(call, process=same, observers={"out": lambda packet: run.cancel("seen enough")})
        assert str(end_of(run, "value")) == "seen enough"

    def test_unknown_stream(self, call: gf.Graph) -> None:
        with pytest.raises(gf.GraphError, match=r'the graph has no output stream "ou" \(did you mean "out"'):
            start_call(call, observers={"ou": print})

    def test_progress(self, call: gf.Graph) -> None:
        reported: list[tuple[str, int, int]] = []

        def work(cc: gf.Context) -> None:
            for step in range(3):
                cc.report(step + 1, 3)

        run = start_call(call, process=work, on_progress=lambda *progress: reported.append(progress))
        run.add("in", "value")
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert reported == [("call", 1, 3), ("call", 2, 3), ("call", 3, 3)]

    def test_progress_that_cannot_be_shown_fails_the_run(self, call: gf.Graph) -> None:
        def show(name: str, done: int, total: int) -> None:
            raise OSError("no terminal")

        run = start_call(call, open_=lambda cc: cc.report(1, 1), on_progress=show)
        with pytest.raises(gf.CalculatorError, match="OSError: no terminal"):
            run.wait_until_done(SECONDS)


class TestCancel:
    """A run that is not wanted any more."""

    TEXT = """
        input_stream: "in" output_stream: "out" input_side_packet: "began" input_side_packet: "log"
        node { calculator: "Wait" input_stream: "in" output_stream: "x" input_side_packet: "BEGAN:began" }
        node { calculator: "LogAndPass" input_stream: "in" output_stream: "out" input_side_packet: "LOG:log" }
    """

    @both_executors
    def test_from_another_thread(self, executor: str) -> None:
        began, log = threading.Event(), list[Any]()
        run = gf.Graph.from_text(self.TEXT + executor).start_run({"began": began, "log": log})

        def cancel() -> None:
            assert began.wait(SECONDS)
            run.cancel("the client went away")

        canceller = threading.Thread(target=cancel)
        canceller.start()
        assert str(end_of(run, "value")) == "the client went away"
        canceller.join(SECONDS)
        assert log[-1] == ("", "close", "DONE")
        with pytest.raises(gf.Cancelled):
            run.add("in", "value", 1)

    def test_with_open_inputs(self, call: gf.Graph) -> None:
        run = start_call(call)
        run.cancel()
        with pytest.raises(gf.Cancelled, match="the run was cancelled"):
            run.wait_until_done(SECONDS)

    def test_the_first_reason_stays(self, call: gf.Graph) -> None:
        run = start_call(call)
        run.cancel("first")
        run.cancel("second")
        with pytest.raises(gf.Cancelled, match="first"):
            run.wait_until_done(SECONDS)

    def test_of_a_run_that_has_ended_does_nothing(self, call: gf.Graph) -> None:
        run = start_call(call)
        run.close_inputs()
        run.wait_until_done(SECONDS)
        run.cancel()
        run.wait_until_done(SECONDS)
        assert not run.cancellation.cancelled

    def test_packets_that_wait_are_not_processed(self) -> None:
        stop = Stop()
        processed: list[object] = []

        def process(cc: gf.Context) -> None:
            processed.append(stop(cc))

        run = start_call(gf.Graph.from_text(CALL + THREADS), process=process)
        for timestamp in range(3):
            run.add("in", timestamp, timestamp)
        stop.wait()
        run.cancel()
        assert not run.done
        stop.go_on.set()
        with pytest.raises(gf.Cancelled):
            run.wait_until_done(SECONDS)
        assert processed == [0]


class TestWaiting:
    """How an application learns that a run has ended."""

    def test_done_callbacks(self, call: gf.Graph, caplog: pytest.LogCaptureFixture) -> None:
        called: list[object] = []

        def broken(run: gf.Run) -> None:
            raise RuntimeError("broken callback")

        run = start_call(call)
        last = threading.Event()
        for callback in (called.append, broken, called.append, lambda _: last.set()):
            run.add_done_callback(callback)
        run.wait_until_idle(SECONDS)
        assert called == []
        run.close_inputs()
        assert last.wait(SECONDS)
        assert called == [run, run]
        late = threading.Event()
        run.add_done_callback(lambda _: late.set())
        assert late.wait(SECONDS)
        assert "broken callback" in caplog.text

    def test_timeout(self, call: gf.Graph) -> None:
        run = start_call(call)
        with pytest.raises(TimeoutError, match=r"the run has not ended after 0\.001 s"):
            run.wait_until_done(0.001)
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_idle(self) -> None:
        stop = Stop()
        run = start_call(gf.Graph.from_text(CALL + THREADS), process=stop)
        run.add("in", "value")
        stop.wait()
        with pytest.raises(TimeoutError, match=r"the run is not idle after 0\.001 s"):
            run.wait_until_idle(0.001)
        stop.go_on.set()
        run.wait_until_idle(SECONDS)
        assert not run.done
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_idle_raises_the_error(self, call: gf.Graph) -> None:
        run = start_call(call, open_=fail)
        with pytest.raises(gf.CalculatorError):
            run.wait_until_idle(SECONDS)
