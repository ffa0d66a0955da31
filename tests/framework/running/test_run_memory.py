"""A run that has ended keeps nothing."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework.calls import CALL, THREADS, same, start_call
from tests.framework.waiting import SECONDS, Stop


class Value:
    """Something that can be watched going away."""


class TestMemory:
    """A run that has ended keeps nothing."""

    @pytest.mark.parametrize("end", ["close", "cancel"])
    def test_values_go_away_with_the_run(self, call: gf.Graph, end: str) -> None:
        values = [Value() for _ in range(3)]
        watched = [weakref.ref(value) for value in values]
        outputs: list[Packet] = []
        call.load()
        gc.collect()
        gc.disable()
        try:
            run = start_call(call, process=same, observers={"out": outputs.append})
            for timestamp, value in enumerate(values):
                run.add("in", value, timestamp)
            del value
            run.wait_until_idle(SECONDS)
            assert len(outputs) == 3
            if end == "close":
                run.close_inputs()
                run.wait_until_done(SECONDS)
            else:
                ended = threading.Event()
                run.add_done_callback(lambda _: ended.set())
                run.cancel()
                assert ended.wait(SECONDS)
            values.clear()
            outputs.clear()
            assert [ref() for ref in watched] == [None] * 3
            gone = weakref.ref(run)
            del run
            call.close()  # joins the threads, which may be about to release it
            assert gone() is None
        finally:
            gc.enable()

    def test_values_go_away_while_the_run_goes_on(self, call: gf.Graph) -> None:
        value = Value()
        watched = weakref.ref(value)
        run = start_call(call)
        run.add("in", value)
        del value
        run.wait_until_idle(SECONDS)
        assert watched() is None
        run.cancel()

    def test_waits_that_time_out_leave_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        events: list[weakref.ref[threading.Event]] = []

        class Event(threading.Event):
            def __init__(self) -> None:
                super().__init__()
                events.append(weakref.ref(self))

        stop = Stop()
        run = start_call(gf.Graph.from_text(CALL + THREADS), process=stop)
        run.add("in", "value")
        stop.wait()
        with monkeypatch.context() as patched:
            patched.setattr(threading, "Event", Event)
            for wait in (run.wait_until_idle, run.wait_until_done):
                with pytest.raises(TimeoutError):
                    wait(0.001)
        gc.collect()
        assert [event() for event in events if event() is not None] == []
        stop.go_on.set()
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_run_that_is_cancelled_at_work_goes_away(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "in" input_side_packet: "began" num_threads: 1
            node { calculator: "Wait" input_stream: "in" input_side_packet: "BEGAN:began" }
        """)
        began = threading.Event()
        gc.collect()
        gc.disable()
        try:
            run = graph.start_run({"began": began})
            run.add("in", "value")
            assert began.wait(SECONDS)
            run.cancellation.cancel("stop")
            gone = weakref.ref(run)
            graph.close()
            assert run.done
            del run
            assert gone() is None
        finally:
            gc.enable()

    def test_packets_that_no_node_took_go_away_when_the_run_fails(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "a" input_stream: "b"
            node { calculator: "Pair" input_stream: "A:a" input_stream: "B:b" output_stream: "PAIR:pair" }
        """)
        value = Value()
        watched = weakref.ref(value)
        run = graph.start_run()
        run.add("a", value)
        del value
        assert watched() is not None
        run.cancel()
        assert watched() is None
