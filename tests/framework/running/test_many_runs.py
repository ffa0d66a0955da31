"""Runs at once on one loaded graph."""

from __future__ import annotations

import threading

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework.calls import POOL, PROCESS, fail, same
from tests.framework.waiting import SECONDS


class TestManyRuns:
    """Runs at once on one loaded graph."""

    @pytest.mark.parametrize("executor", ["", 'device: "CPU"', 'executor: "pool"'], ids=["inline", "device", "pool"])
    def test_each_gets_its_own_outputs(self, executor: str) -> None:
        text = """
            input_stream: "IN:in" output_stream: "OUT:out"
            node { calculator: "Double" input_stream: "in" output_stream: "x" }
            node { calculator: "Total" input_stream: "x" output_stream: "out" """
        graph = gf.Graph.from_text(text + executor + "}" + POOL % ("pool", 2))
        together = threading.Barrier(8)
        totals: dict[int, int] = {}

        def work(number: int) -> None:
            outputs: list[Packet] = []
            run = graph.start_run(observers={"OUT": outputs.append})
            together.wait(SECONDS)
            for timestamp in range(100):
                run.add("IN", number, timestamp)
            run.close_inputs()
            run.wait_until_done(SECONDS)
            (totals[number],) = (packet.value for packet in outputs)

        workers = [threading.Thread(target=work, args=[number]) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(SECONDS)
        assert totals == {number: 200 * number for number in range(8)}
        graph.close()

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_failure_and_cancellation_of_one_touch_no_other(self, device: str) -> None:
        graph = gf.Graph.from_text(PROCESS % device)
        seen: list[Packet] = []
        good = graph.start_run({"process": same}, {"OUT": seen.append})
        good.add("IN", "before", 0)
        bad = graph.start_run({"process": fail})
        cancelled = graph.start_run({"process": same})
        cancelled.cancel()
        with pytest.raises(gf.Cancelled):
            cancelled.wait_until_done(SECONDS)
        with pytest.raises(gf.CalculatorError):
            _add_and_wait(bad)
        good.add("IN", "after", 1)
        good.close_inputs()
        good.wait_until_done(SECONDS)
        assert seen == [("before", 0), ("after", 1)]
        graph.close()

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_slow_consumer_of_one_holds_up_no_other(self, device: str) -> None:
        graph = gf.Graph.from_text(PROCESS % device)
        reached, go_on = threading.Event(), threading.Event()

        def consume(packet: Packet) -> None:
            reached.set()
            assert go_on.wait(SECONDS)

        slow = graph.start_run({"process": same}, {"OUT": consume})
        feeder = threading.Thread(target=_add_and_wait, args=[slow])
        feeder.start()
        assert reached.wait(SECONDS)
        assert graph.run(side_packets={"process": same}, IN="quick") == {"OUT": [("quick", 0)]}
        assert not slow.done
        go_on.set()
        feeder.join(SECONDS)
        assert slow.done
        graph.close()


def _add_and_wait(run: gf.Run) -> None:
    run.add("IN", "value")
    run.close_inputs()
    run.wait_until_done(SECONDS)
