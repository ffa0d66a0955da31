from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework import toys
from tests.framework.toys import SECONDS, Stop

DOUBLE = """
    input_stream: "IN:in" output_stream: "OUT:out"
    node { name: "double" calculator: "Double" input_stream: "in" output_stream: "out" }
"""
CALL = """
    input_stream: "IN:in" output_stream: "OUT:out" input_side_packet: "process"
    node { name: "call" calculator: "Call" input_stream: "in" output_stream: "out"
           input_side_packet: "PROCESS:process" %s }
"""
POOL = 'executor { name: "%s" type: "ThreadPoolExecutor" %s }'
POOL %= ("%s", "options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: %d } }")


def same(cc: gf.Context) -> object:
    return cc[toys.Call.inputs]


def fail(cc: gf.Context) -> None:
    raise ValueError("it is broken")


class TestFromFile:
    """Where a graph is read from, and what its paths mean."""

    TEXT = """
        input_stream: "in" output_stream: "path"
        node { name: "files" calculator: "Files" input_stream: "in" output_stream: "path"
               node_options { [type.googleapis.com/google.protobuf.StringValue] { value: "%s" } } }
    """

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "graph.pbtxt"
        file.write_text(self.TEXT % "models/unet", encoding="utf-8")
        return file

    def path_of(self, graph: gf.Graph) -> Path:
        inputs: dict[str, Any] = {"in": 0}
        (packet,) = graph.run(**inputs)["path"]
        return Path(packet.value)

    def test_paths_start_from_the_folder_of_the_file(self, file: Path) -> None:
        assert self.path_of(gf.Graph.from_file(file)) == file.parent / "models/unet"
        assert self.path_of(gf.Graph.from_file(str(file))) == file.parent / "models/unet"

    def test_of_a_relative_file(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(file.parent)
        graph = gf.Graph.from_file(file.name)
        monkeypatch.chdir("/")
        assert self.path_of(graph) == file.parent / "models/unet"

    def test_of_another_base(self, file: Path) -> None:
        assert self.path_of(gf.Graph.from_file(file, "/srv")) == Path("/srv/models/unet")

    def test_paths_that_leave_the_folder(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file.write_text(self.TEXT % "../secret")
        monkeypatch.chdir(file.parent)
        with pytest.raises(gf.CalculatorError, match=r'node "files" .*: load failed: .*"../secret" leaves the folder'):
            gf.Graph.from_file(file.name).load()

    def test_errors_name_the_file(self, file: Path) -> None:
        file.write_text('\nnode { name: "x" calculator: "Dubble" } # größer')
        with pytest.raises(gf.GraphConfigError) as raised:
            gf.Graph.from_file(file)
        (problem,) = raised.value.problems
        assert (problem.source, problem.line) == (str(file), 2)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            gf.Graph.from_file(tmp_path / "graph.pbtxt")


def test_what_a_graph_tells_about_itself() -> None:
    graph = gf.Graph.from_text("""
        input_stream: "IN:in" input_stream: "other" output_stream: "OUT:0:x" output_stream: "OUT:1:y"
        output_stream: "SAME:x"
        node { name: "second" calculator: "Double" device: "NPU" input_stream: "x" output_stream: "y" }
        node { name: "first" calculator: "Double" input_stream: "in" output_stream: "x" }
    """)
    assert graph.inputs == ["IN", "other"]
    assert graph.outputs == ["OUT", "OUT:1", "SAME"]
    assert [(node.name, node.calculator, node.device) for node in graph.nodes] == [
        ("first", toys.Double, ""),
        ("second", toys.Double, "NPU"),
    ]
    assert graph.run(IN=1) == {"OUT": [(2, 0)], "OUT:1": [(4, 0)], "SAME": [(2, 0)]}
    graph.close()


class TestLoad:
    """Loading, once."""

    def test_once_for_all_runs(self) -> None:
        loaded: list[str] = []

        class Loaded(gf.Calculator):
            value = gf.Input("")

            def load(self, node: gf.NodeContext) -> None:
                loaded.append(f"{node.calculator} {node.name} {node.device} {node.device_properties}")

        gf.register(Loaded)
        graph = gf.Graph.from_text("""
            input_stream: "in"
            node { name: "n" calculator: "Loaded" input_stream: "in" device: "CPU"
                   device_properties { key: "A" value: "b" } }
        """)
        assert loaded == []
        for _ in range(2):
            graph.run()
            graph.load()
        assert loaded == ["Loaded n CPU {'A': 'b'}"]
        graph.close()

    def test_by_many_threads_at_once(self) -> None:
        loaded: list[int] = []

        class LoadedSlowly(gf.Calculator):
            value = gf.Input("")

            def load(self, node: gf.NodeContext) -> None:
                others_wait.wait(SECONDS)
                loaded.append(1)

        others_wait = threading.Event()
        gf.register(LoadedSlowly)
        graph = gf.Graph.from_text('input_stream: "a" node { calculator: "LoadedSlowly" input_stream: "a" }')
        threads = [threading.Thread(target=graph.run) for _ in range(3)]
        for thread in threads:
            thread.start()
        others_wait.set()
        for thread in threads:
            thread.join(SECONDS)
        assert loaded == [1]

    def test_failure(self) -> None:
        graph = gf.Graph.from_text('node { name: "model" calculator: "FailingLoad" }')
        for _ in range(2):
            with pytest.raises(gf.CalculatorError) as raised:
                graph.load()
            assert str(raised.value) == 'node "model" (FailingLoad): load failed: OSError: no such model'
            assert (raised.value.phase, raised.value.timestamp) == ("load", gf.Timestamp.UNSET)
        with pytest.raises(gf.CalculatorError):
            graph.start_run()

    def test_no_exception_ends_the_process(self) -> None:
        class Leaves(gf.Calculator):
            def load(self, node: gf.NodeContext) -> None:
                raise SystemExit(1)

        gf.register(Leaves)
        with pytest.raises(gf.CalculatorError, match="load failed: SystemExit: 1"):
            gf.Graph.from_text('node { calculator: "Leaves" }').load()


class TestClose:
    """Letting go of what was loaded."""

    def test_threads_end(self) -> None:
        before = set(threading.enumerate())
        graph = gf.Graph.from_text(DOUBLE + "num_threads: 2")
        graph.run(IN=1)
        assert set(threading.enumerate()) - before
        graph.close()
        assert not set(threading.enumerate()) - before
        graph.close()

    def test_threads_end_without_it_too(self) -> None:
        before = set(threading.enumerate())
        graph = gf.Graph.from_text(DOUBLE + "num_threads: 2")
        graph.run(IN=1)
        started = set(threading.enumerate()) - before
        del graph
        for thread in started:
            thread.join(SECONDS)
            assert not thread.is_alive()

    def test_runs_that_have_not_ended_fail(self) -> None:
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
        run = graph.start_run({"process": same})
        run.wait_until_idle(SECONDS)
        graph.close()
        with pytest.raises(gf.GraphError, match='the graph was closed before node "call" could work'):
            run.add("IN", 1)
        assert run.done

    def test_waits_for_what_works(self) -> None:
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
        stop = Stop()
        run = graph.start_run({"process": stop})
        run.add("IN", 1)
        stop.wait()
        closer = threading.Thread(target=graph.close)
        closer.start()
        assert closer.is_alive()
        stop.go_on.set()
        closer.join(SECONDS)
        assert not closer.is_alive()

    def test_can_be_loaded_again(self) -> None:
        graph = gf.Graph.from_text(DOUBLE)
        graph.run(IN=1)
        graph.close()
        assert graph.run(IN=2) == {"OUT": [(4, 0)]}


class TestRun:
    """The short form."""

    def test_inputs_by_tag_or_name(self) -> None:
        graph = gf.Graph.from_text(DOUBLE)
        by_name: dict[str, Any] = {"in": 3}
        assert graph.run(IN=3) == graph.run(**by_name) == {"OUT": [(6, 0)]}

    def test_inputs_that_are_not_given_are_closed(self) -> None:
        assert gf.Graph.from_text(DOUBLE).run() == {"OUT": []}

    def test_unknown_input(self) -> None:
        with pytest.raises(gf.GraphError, match='the graph has no input stream "INN", did you mean "IN"'):
            gf.Graph.from_text(DOUBLE).run(INN=3)

    def test_input_of_another_type(self) -> None:
        with pytest.raises(TypeError, match='input stream "IN" takes int, not str'):
            gf.Graph.from_text(DOUBLE).run(IN="3")

    def test_side_packets(self) -> None:
        graph = gf.Graph.from_text("""
            input_side_packet: "FACTOR:f" input_side_packet: "g" input_stream: "IN:in" output_stream: "OUT:out"
            node { calculator: "Scale" input_stream: "in" output_stream: "x" input_side_packet: "FACTOR:f" }
            node { calculator: "Scale" input_stream: "x" output_stream: "out" input_side_packet: "FACTOR:g" }
        """)
        assert graph.run(side_packets={"FACTOR": 2, "g": 5}, IN=1) == {"OUT": [(10, 0)]}
        with pytest.raises(gf.GraphError, match='needs input side packets that were not given: "f", "g"'):
            graph.run(IN=1)
        with pytest.raises(gf.GraphError, match='the graph has no input side packet "h"; it has: FACTOR, g'):
            graph.run(side_packets={"h": 2}, IN=1)
        with pytest.raises(TypeError, match='input side packet "FACTOR" takes int, not str'):
            graph.run(side_packets={"FACTOR": "2", "g": 5}, IN=1)

    @pytest.mark.parametrize("threads", ["", "num_threads: 2"])
    def test_failure_is_raised_when_all_is_closed(self, threads: str) -> None:
        log: list[Any] = []
        graph = gf.Graph.from_text(
            CALL % ""
            + threads
            + ' input_side_packet: "log"'
            + 'node { calculator: "LogAndPass" input_stream: "in" output_stream: "y" input_side_packet: "LOG:log" }'
        )
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            graph.run(side_packets={"process": fail, "log": log}, IN=1)
        assert log[-1] == ("", "close", "DONE")

    def test_input_that_cannot_be_added_ends_the_run(self) -> None:
        log: list[Any] = []
        graph = gf.Graph.from_text("""
            input_stream: "a" input_stream: "b" input_side_packet: "log"
            node { calculator: "LogAndPass" input_stream: "a" output_stream: "c" input_side_packet: "LOG:log" }
            node { calculator: "Double" input_stream: "b" output_stream: "d" }
        """)
        with pytest.raises(TypeError):
            graph.run(side_packets={"log": log}, a="value", b="no number")
        assert [method for _, method, _ in log] == ["open", "process", "close"]

    def test_progress(self) -> None:
        reported: list[tuple[str, int, int]] = []
        gf.Graph.from_text(CALL % "").run(
            side_packets={"process": lambda cc: cc.report(1, 2)},
            on_progress=lambda *progress: reported.append(progress),
            IN=1,
        )
        assert reported == [("call", 1, 2)]


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
        graph = gf.Graph.from_text(CALL % device)
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
        graph = gf.Graph.from_text(CALL % device)
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


class TestExecutors:
    """Which threads nodes run on."""

    def thread_of(self, node: str, graph: str = "") -> str:
        names: list[str] = []
        found = gf.Graph.from_text(CALL % node + graph)
        found.run(side_packets={"process": lambda cc: names.append(threading.current_thread().name)}, IN=1)
        found.close()
        return names[0].rpartition("_")[0]

    def test_inline(self) -> None:
        names: list[str] = []
        gf.Graph.from_text(CALL % "").run(
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

    def test_runs_on_a_device_overlap(self) -> None:
        both = threading.Barrier(2)
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
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

        graph = gf.Graph.from_text(CALL % "" + "num_threads: 1")
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


def in_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), SECONDS)

    asyncio.run(bounded())


class WatchedLog(list[Any]):
    """The log of a node; tells when it closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()

    def append(self, entry: Any) -> None:
        super().append(entry)
        if "close" in entry:
            self.closed.set()


class TestRunAsync:
    """The form for an event loop."""

    @pytest.mark.parametrize("device", ["", 'device: "CPU"'], ids=["inline", "device"])
    def test_outputs_and_observers(self, device: str) -> None:
        graph = gf.Graph.from_text(CALL % device)
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
    def test_does_not_block_the_loop(self, device: str) -> None:
        """Neither while it loads nor while it works."""
        loading, load_on = threading.Event(), threading.Event()
        stop = Stop()

        class LoadsSlowly(toys.Call):
            def load(self, node: gf.NodeContext) -> None:
                loading.set()
                assert load_on.wait(SECONDS)

        gf.register(LoadsSlowly)
        graph = gf.Graph.from_text((CALL % device).replace('"Call"', '"LoadsSlowly"'))

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
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
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
            CALL % 'device: "CPU"'
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
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
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
        graph = gf.Graph.from_text(CALL % "")

        async def work() -> None:
            with pytest.raises(gf.CalculatorError, match="it is broken"):
                await graph.run_async(side_packets={"process": fail}, IN="value")
            with pytest.raises(gf.GraphError, match='no input stream "INN"'):
                await graph.run_async(side_packets={"process": same}, INN="value")
            with pytest.raises(gf.GraphError, match="not given"):
                await graph.run_async(IN="value")
            with pytest.raises(gf.CalculatorError, match="load failed"):
                await gf.Graph.from_text('node { calculator: "FailingLoad" }').run_async()

        in_loop(work)
        graph.close()

    def test_loop_that_is_gone(self, caplog: pytest.LogCaptureFixture) -> None:
        graph = gf.Graph.from_text(CALL % 'device: "CPU"')
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
