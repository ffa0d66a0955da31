"""Which threads nodes run on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import graphframe as gf
from tests.framework import toys
from tests.framework.calls import POOL, PROCESS
from tests.framework.waiting import SECONDS, Stop


class TestExecutors:
    """Which threads nodes run on."""

    def thread_of(self, node: str, graph: str = "") -> str:
        names: list[str] = []
        found = gf.Graph.from_text(PROCESS % node + graph)
        found.run(side_packets={"process": lambda cc: names.append(threading.current_thread().name)}, IN=1)
        found.close()
        return names[0].rpartition("_")[0]

    def test_inline(self) -> None:
        names: list[str] = []
        gf.Graph.from_text(PROCESS % "").run(
            side_packets={"process": lambda cc: names.append(threading.current_thread().name)}, IN=1
        )
        assert names == [threading.current_thread().name]

    def test_by_config(self) -> None:
        assert self.thread_of('device: "GPU.1"') == "graphframe-device GPU.1"
        assert self.thread_of("", "num_threads: 3") == "graphframe-default"
        assert self.thread_of('executor: "pool" device: "CPU"', POOL % ("pool", 1)) == "graphframe-pool"

    @pytest.mark.parametrize("executor", ["num_threads: 2", POOL % ("", 2)])
    def test_nodes_on_a_pool_overlap(self, executor: str) -> None:
        self.meet("", executor)

    def test_nodes_on_a_device_overlap(self) -> None:
        self.meet('device: "CPU"', "")

    def test_nodes_on_different_devices_overlap(self) -> None:
        self.meet('device: "CPU"', "", 'device: "GPU"')

    def meet(self, first: str, graph: str, second: str | None = None) -> None:
        """Both nodes must be at work at the same time."""
        both = threading.Barrier(2)
        text = 'input_side_packet: "meet" input_stream: "in" output_stream: "x" output_stream: "y" ' + graph
        for name, node in [("x", first), ("y", first if second is None else second)]:
            ports = f'input_stream: "in" output_stream: "{name}" input_side_packet: "PROCESS:meet"'
            text += f' node {{ calculator: "Call" {ports} {node} }}'
        found = gf.Graph.from_text(text)
        inputs: dict[str, Any] = {"in": 1}
        outputs = found.run(side_packets={"meet": lambda cc: both.wait(SECONDS)}, **inputs)
        assert sorted(packet.value for packets in outputs.values() for packet in packets) == [0, 1]
        found.close()

    def test_packet_passes_nodes_of_a_pool_in_one_thread(self) -> None:
        names: list[str] = []
        text = 'input_stream: "s0" output_stream: "s5" input_side_packet: "note" num_threads: 3'
        for index in range(5):
            ports = f'input_stream: "s{index}" output_stream: "s{index + 1}" input_side_packet: "PROCESS:note"'
            text += f' node {{ calculator: "Call" {ports} }}'

        added, passed = threading.Event(), threading.Event()

        def note(cc: gf.Context) -> object:
            assert added.wait(SECONDS)
            names.append(threading.current_thread().name)
            if len(names) == 5:
                passed.set()
            return cc.get(toys.Call.inputs)

        graph = gf.Graph.from_text(text)
        run = graph.start_run({"note": note})
        run.wait_until_idle(SECONDS)
        run.add("s0", "value")
        added.set()
        assert passed.wait(SECONDS)
        assert len(set(names)) == 1
        run.close_inputs()
        run.wait_until_done(SECONDS)
        graph.close()

    def test_runs_on_a_device_overlap(self) -> None:
        both = threading.Barrier(2)
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
        runs = [graph.start_run({"process": lambda cc: both.wait(SECONDS)}) for _ in range(2)]
        for run in runs:
            run.add("IN", 1)
        for run in runs:
            run.close_inputs()
            run.wait_until_done(SECONDS)
        graph.close()

    def test_pool_has_no_more_threads_than_it_says(self) -> None:
        stop = Stop()
        began: list[int] = []

        def work(cc: gf.Context) -> None:
            began.append(cc[toys.Call.inputs])
            stop(cc)

        graph = gf.Graph.from_text(PROCESS % "" + "num_threads: 1")
        runs = [graph.start_run({"process": work}) for _ in range(3)]
        for number, run in enumerate(runs):
            run.add("IN", number)
        stop.wait()
        assert len(began) == 1
        stop.go_on.set()
        for run in runs:
            run.close_inputs()
            run.wait_until_done(SECONDS)
        assert sorted(began) == [0, 1, 2]
        graph.close()

    def test_what_had_no_thread_when_its_run_was_cancelled_is_not_called(self) -> None:
        stop = Stop()
        called: list[object] = []
        graph = gf.Graph.from_text(PROCESS % "" + "num_threads: 1")
        first, second = (graph.start_run({"process": process}) for process in (stop, called.append))
        first.add("IN", 1)
        stop.wait()
        second.add("IN", 2)
        second.cancel()
        stop.go_on.set()
        first.close_inputs()
        first.wait_until_done(SECONDS)
        with pytest.raises(gf.Cancelled):
            second.wait_until_done(SECONDS)
        assert called == []
        graph.close()
