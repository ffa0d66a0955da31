"""`Graph.run_async`."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework import toys
from tests.framework.calls import PROCESS, fail, same
from tests.framework.waiting import SECONDS, Stop


def in_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), SECONDS)

    asyncio.run(bounded())


class Image:
    """A value that can be weakly referenced."""


class WatchedLog(list[Any]):
    """The log of a node; tells when it closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()

    def append(self, entry: Any) -> None:
        super().append(entry)
        if "close" in entry:
            self.closed.set()


NEEDY = 'node { calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }'


class TestRunAsync:
    """The form for an event loop."""

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_outputs_and_observers(self, device: str) -> None:
        graph = gf.Graph.from_text(PROCESS % device)
        seen: list[Packet] = []
        reported: list[tuple[str, int, int]] = []

        def process(cc: gf.Context) -> object:
            cc.report(1, 2)
            return same(cc)

        async def work() -> None:
            outputs = await graph.run_async(
                side_packets={"process": process},
                observers={"out": seen.append},
                on_progress=lambda *progress: reported.append(progress),
                IN="value",
            )
            assert outputs == {"OUT": [("value", 0)]}

        in_loop(work)
        assert seen == [("value", 0)]
        assert reported == [("call", 1, 2)]
        graph.close()

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_observed_packets_are_not_kept(self, device: str) -> None:
        """While the run goes on: each image of a stream must go as soon as its observer has seen it."""
        graph = gf.Graph.from_text(PROCESS % device)
        seen: list[weakref.ref[Image]] = []
        alive: list[int] = []

        def process(cc: gf.Context) -> None:
            for timestamp in range(3):
                cc.send(toys.Call.outputs, Image(), timestamp)
                cc.flush()
                alive.append(sum(reference() is not None for reference in seen))

        async def work() -> None:
            outputs = await graph.run_async(
                side_packets={"process": process},
                outputs=(),
                observers={"OUT": lambda packet: seen.append(weakref.ref(packet.value))},
                IN="value",
            )
            assert outputs == {}

        in_loop(work)
        assert len(seen) == 3
        assert alive == [0, 0, 0]
        graph.close()

    def test_outputs_that_are_collected(self) -> None:
        graph = gf.Graph.from_text(PROCESS % "")
        given: dict[str, Any] = {"IN": "value", "side_packets": {"process": same}}
        assert graph.run(outputs=["OUT"], **given) == {"OUT": [("value", 0)]}
        assert graph.run(outputs=[], **given) == {}
        with pytest.raises(gf.GraphError, match='no output stream "OUTS"'):
            graph.run(outputs=["OUTS"], **given)

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_does_not_block_the_loop(self, device: str) -> None:
        """Neither while it loads nor while it works."""
        loading, load_on = threading.Event(), threading.Event()
        stop = Stop()

        class LoadsSlowly(toys.Call):
            def load(self, node: gf.NodeContext) -> None:
                loading.set()
                assert load_on.wait(SECONDS)

        gf.register(LoadsSlowly)
        graph = gf.Graph.from_text((PROCESS % device).replace('"Call"', '"LoadsSlowly"'))

        async def reached(event: threading.Event) -> None:
            while not event.is_set():
                await asyncio.sleep(0)

        async def work() -> None:
            task = asyncio.create_task(graph.run_async(side_packets={"process": stop}, IN="value"))
            await reached(loading)
            load_on.set()
            await reached(stop.reached)
            assert not task.done()
            stop.go_on.set()
            assert await task == {"OUT": [("value", 0)]}

        in_loop(work)
        graph.close()

    def test_many_at_once(self) -> None:
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
        together = threading.Barrier(20)

        def process(cc: gf.Context) -> object:
            together.wait(SECONDS)
            return same(cc)

        async def work() -> None:
            runs = [graph.run_async(side_packets={"process": process}, IN=number) for number in range(20)]
            assert await asyncio.gather(*runs) == [{"OUT": [(number, 0)]} for number in range(20)]

        in_loop(work)
        graph.close()

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_cancelled_task_cancels_the_run(self, device: str) -> None:
        text = """
            input_stream: "IN:in" input_side_packet: "began" input_side_packet: "log"
            node { calculator: "LogAndPass" input_stream: "in" output_stream: "x" input_side_packet: "LOG:log" }
            node { calculator: "Wait" input_stream: "x" input_side_packet: "BEGAN:began" """
        graph = gf.Graph.from_text(text + device + "}")
        began, log = threading.Event(), WatchedLog()

        async def work() -> None:
            task = asyncio.create_task(graph.run_async(side_packets={"began": began, "log": log}, IN="value"))
            while not began.is_set():
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        in_loop(work)
        assert log.closed.wait(SECONDS)
        graph.close()

    def test_cancelled_run_processes_nothing_more(self) -> None:
        graph = gf.Graph.from_text(
            PROCESS % 'device: "CPU"'
            + """
            input_side_packet: "log"
            node { calculator: "LogAndPass" input_stream: "out" output_stream: "x" input_side_packet: "LOG:log" }
        """
        )
        stop, log = Stop(), WatchedLog()

        async def work() -> None:
            task = asyncio.create_task(graph.run_async(side_packets={"process": stop, "log": log}, IN="value"))
            while not stop.reached.is_set():
                await asyncio.sleep(0)
            task.cancel()

        in_loop(work)
        stop.go_on.set()
        assert log.closed.wait(SECONDS)
        graph.close()
        assert [method for _, method, _ in log] == ["open", "close"]

    def test_cancelled_run_hears_of_it_though_the_threads_of_the_loop_are_busy(self) -> None:
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
        began, heard, busy_on = threading.Event(), threading.Event(), threading.Event()

        def process(cc: gf.Context) -> None:
            cc.cancellation.subscribe(heard.set)
            began.set()
            assert heard.wait(SECONDS)

        async def work() -> None:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(1))
            task = asyncio.create_task(graph.run_async(side_packets={"process": process}, IN="value"))
            while not began.is_set():
                await asyncio.sleep(0)
            busy = loop.run_in_executor(None, busy_on.wait, SECONDS)
            task.cancel()
            while not heard.is_set():
                await asyncio.sleep(0)
            busy_on.set()
            await busy

        in_loop(work)
        graph.close()

    def test_more_cancelled_than_there_are_threads_to_begin_on(self) -> None:
        """Each holds one while its inline node waits to be cancelled."""
        graph = gf.Graph.from_text("""
            input_stream: "IN:in" input_side_packet: "began"
            node { calculator: "Wait" input_stream: "in" input_side_packet: "BEGAN:began" }
        """)
        graph.load()
        events = [threading.Event() for _ in range(70)]

        async def work() -> None:
            tasks = [
                asyncio.create_task(graph.run_async(side_packets={"began": event}, IN="value")) for event in events
            ]
            while sum(event.is_set() for event in events) < 64:
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results)

        in_loop(work)
        graph.close()

    def test_errors(self) -> None:
        graph = gf.Graph.from_text(PROCESS % "")

        async def work() -> None:
            with pytest.raises(gf.CalculatorError, match="it is broken"):
                await graph.run_async(side_packets={"process": fail}, IN="value")
            with pytest.raises(gf.GraphError, match='no input stream "INN"'):
                await graph.run_async(side_packets={"process": same}, INN="value")
            with pytest.raises(gf.GraphError, match="not given"):
                await gf.Graph.from_text(
                    'node { calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }'
                ).run_async()
            with pytest.raises(gf.CalculatorError, match="load failed"):
                await gf.Graph.from_text('node { calculator: "FailingLoad" }').run_async()

        in_loop(work)
        graph.close()

    def test_loop_that_is_gone(self, caplog: pytest.LogCaptureFixture) -> None:
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
        stop = Stop()

        async def work() -> None:
            task = asyncio.create_task(graph.run_async(side_packets={"process": stop}, IN="value"))
            while not stop.reached.is_set():
                await asyncio.sleep(0)
            task.cancel()

        in_loop(work)
        stop.go_on.set()
        graph.close()
        assert caplog.records == []
