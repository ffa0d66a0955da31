"""The threads in which nodes work, and those that wait for others."""

from __future__ import annotations

import threading

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework import toys
from tests.framework.calls import (
    CALL,
    end_of,
    start_call,
)
from tests.framework.waiting import SECONDS, Stop


class TestFlush:
    """Packets that leave while a calculator works."""

    TEXT = """
        input_stream: "in" output_stream: "out" input_side_packet: "process"
        node { calculator: "Call" input_stream: "in" output_stream: "x" input_side_packet: "PROCESS:process" %s }
        node { calculator: "Double" input_stream: "x" output_stream: "out" }
    """

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_arrives_while_the_calculator_works(self, device: str) -> None:
        seen: list[Packet] = []
        arrived = [threading.Event() for _ in range(4)]

        def observe(packet: Packet) -> None:
            seen.append(packet)
            arrived[packet.timestamp].set()

        def process(cc: gf.Context) -> None:
            for number in range(3):
                cc.send(toys.Call.outputs, number, number)
                cc.flush()
                assert arrived[number].wait(SECONDS)
            cc.send(toys.Call.outputs, 3, 3)

        run = gf.Graph.from_text(self.TEXT % device).start_run({"process": process}, {"out": observe})
        run.add("in", "value")
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert seen == [(0, 0), (2, 1), (4, 2), (6, 3)]

    def test_survives_a_failure_that_comes_after_it(self, call: gf.Graph) -> None:
        seen: list[Packet] = []

        def process(cc: gf.Context) -> None:
            cc.send(toys.Call.outputs, "flushed")
            cc.flush()
            cc.send(toys.Call.outputs, "lost", 1)
            raise ValueError("it is broken")

        run = start_call(call, process=process, observers={"out": seen.append})
        assert end_of(run, "value") is not None
        assert seen == [("flushed", 0)]

    def test_arrives_before_later_packets_in_any_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another thread, which was about to stop driving when the packet was flushed, is slow to look again."""
        seen: list[Packet] = []
        stops_driving, flushed, released, worked = (threading.Event() for _ in range(4))

        def process(cc: gf.Context) -> None:
            other.start()
            assert stops_driving.wait(SECONDS)
            cc.send(toys.Call.outputs, "flushed", 0)
            cc.flush()
            flushed.set()
            assert released.wait(SECONDS)
            cc.send(toys.Call.outputs, "sent", 1)

        run = start_call(gf.Graph.from_text(CALL), process=process, observers={"out": seen.append})
        other = threading.Thread(target=run.set_bound, args=["in", 5])
        next_task = run._scheduler.next

        def slow_next() -> object:
            task = next_task()
            if threading.current_thread() is other:
                stops_driving.set()
                assert flushed.wait(SECONDS)
            return task

        class SlowAfterLeaving(dict[str, object]):
            def __delitem__(self, key: str) -> None:
                super().__delitem__(key)
                if threading.current_thread() is other:
                    released.set()
                    assert worked.wait(SECONDS)

        monkeypatch.setattr(run._scheduler, "next", slow_next)
        monkeypatch.setattr(run._driver, "_seat", SlowAfterLeaving())
        run.add("in", "value")
        worked.set()
        other.join(SECONDS)
        assert end_of(run) is None
        assert seen == [("flushed", 0), ("sent", 1)]


class TestThreads:
    """The threads in which nodes work, and those that wait for others."""

    def test_inline_nodes_run_in_the_thread_that_adds(self) -> None:
        seen: list[threading.Thread] = []
        run = start_call(gf.Graph.from_text(CALL), process=lambda cc: seen.append(threading.current_thread()))
        run.add("in", "value")
        assert seen == [threading.current_thread()]
        run.cancel()

    def test_inline_node_that_takes_long_holds_up_no_other(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "a" input_stream: "b" output_stream: "x" output_stream: "y" input_side_packet: "stop"
            node { calculator: "Call" input_stream: "a" output_stream: "x" input_side_packet: "PROCESS:stop" }
            node { calculator: "Double" device: "CPU" input_stream: "b" output_stream: "c" }
            node { calculator: "Double" input_stream: "c" output_stream: "y" }
        """)
        stop, doubled = Stop(), threading.Event()
        run = graph.start_run({"stop": stop}, {"y": lambda packet: doubled.set()})
        slow = threading.Thread(target=run.add, args=["a", "value"])
        slow.start()
        stop.wait()
        run.add("b", 1)
        assert doubled.wait(SECONDS)
        stop.go_on.set()
        slow.join(SECONDS)
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_inline_node_goes_on_where_another_thread_drives(self) -> None:
        """The thread of a slow inline node comes back while another one is in an observer."""
        graph = gf.Graph.from_text("""
            input_stream: "a" input_stream: "b" output_stream: "x" output_stream: "b" input_side_packet: "stop"
            node { calculator: "Call" input_stream: "a" output_stream: "x" input_side_packet: "PROCESS:stop" }
        """)
        stop, observed, observe_on, seen = Stop(), threading.Event(), threading.Event(), list[Packet]()

        def observe(packet: Packet) -> None:
            observed.set()
            assert observe_on.wait(SECONDS)

        run = graph.start_run({"stop": stop}, {"x": seen.append, "b": observe})
        slow = threading.Thread(target=run.add, args=["a", "value"])
        slow.start()
        stop.wait()
        driver = threading.Thread(target=run.add, args=["b", "other"])
        driver.start()
        assert observed.wait(SECONDS)
        stop.go_on.set()
        slow.join(SECONDS)
        assert not slow.is_alive()
        assert seen == []
        observe_on.set()
        driver.join(SECONDS)
        assert seen == [("value", 0)]
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_packet_added_while_another_thread_is_about_to_work_inline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It cannot drive then, and must not wait for that work."""
        graph = gf.Graph.from_text("""
            input_stream: "a" input_stream: "b" output_stream: "x" output_stream: "y" input_side_packet: "stop"
            node { calculator: "Call" input_stream: "a" output_stream: "x" input_side_packet: "PROCESS:stop" }
            node { calculator: "Double" input_stream: "b" output_stream: "y" }
        """)
        stop, doubled = Stop(), threading.Event()
        run = graph.start_run({"stop": stop}, {"y": lambda packet: doubled.set()})
        next_node = run._scheduler.next
        late = threading.Thread(target=run.add, args=["b", 1])

        def slow_next() -> object:
            node = next_node()
            if node is not None and late.ident is None:
                late.start()
                late.join(SECONDS)
            return node

        monkeypatch.setattr(run._scheduler, "next", slow_next)
        slow = threading.Thread(target=run.add, args=["a", "value"])
        slow.start()
        assert doubled.wait(SECONDS)
        stop.go_on.set()
        slow.join(SECONDS)
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_device_that_takes_long_holds_up_no_other(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "in" output_stream: "x" output_stream: "y" input_side_packet: "stop"
            node { calculator: "Call" device: "NPU" input_stream: "in" output_stream: "x"
                   input_side_packet: "PROCESS:stop" }
            node { calculator: "PassThroughCalculator" device: "GPU" input_stream: "in" output_stream: "y" }
        """)
        stop, passed, seen = Stop(), threading.Event(), list[Packet]()

        def observe(packet: Packet) -> None:
            seen.append(packet)
            if packet.timestamp == 9:
                passed.set()

        run = graph.start_run({"stop": stop}, {"y": observe})
        for timestamp in range(10):
            run.add("in", "value", timestamp)
        assert passed.wait(SECONDS)
        assert len(seen) == 10
        stop.go_on.set()
        run.close_inputs()
        run.wait_until_done(SECONDS)

    def test_try_add_does_not_wait_if_another_thread_fills_the_queue_meanwhile(
        self, call: gf.Graph, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class FullAfterALook(dict[int, int]):
            def get(self, key: int, default: int = 0) -> int:  # type: ignore[override]
                found = super().get(key, default)
                self[key] = 1
                return found

        run = start_call(call)
        monkeypatch.setattr(run._state.throttle, "held", FullAfterALook())
        run._state.throttle.held[-1] = 1
        added: list[bool] = []
        thread = threading.Thread(target=lambda: added.append(run.try_add("in", "value")), daemon=True)
        thread.start()
        thread.join(SECONDS)
        assert added == [True]
        run.cancel()
