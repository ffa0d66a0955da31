from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from tests.framework.calls import PROCESS, fail, same
from tests.framework.waiting import SECONDS, Stop

DOUBLE = """
    input_stream: "IN:in" output_stream: "OUT:out"
    node { name: "double" calculator: "Double" input_stream: "in" output_stream: "out" }
"""


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

    def test_of_a_folder(self, file: Path) -> None:
        assert self.path_of(gf.Graph.from_file(file.parent)) == file.parent / "models/unet"

    def test_a_folder_without_a_graph(self, tmp_path: Path) -> None:
        with pytest.raises(
            gf.GraphConfigError, match=f"{tmp_path}: the folder has no graph.pbtxt; write .* {tmp_path}$"
        ):
            gf.Graph.from_file(tmp_path)

    def test_of_another_base(self, file: Path) -> None:
        assert self.path_of(gf.Graph.from_file(file, "/srv")) == Path("/srv/models/unet")

    def test_paths_that_leave_the_folder(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file.write_text(self.TEXT % "../secret")
        monkeypatch.chdir(file.parent)
        with pytest.raises(gf.CalculatorError, match=r'node "files" .*: load failed: .*"../secret" leaves the folder'):
            gf.Graph.from_file(file.name).load()

    def test_errors_name_the_file(self, file: Path) -> None:
        file.write_text('\nnode { name: "x" calculator: "Dubble" } # größer', encoding="utf-8")
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
    assert [*graph.inputs] == ["IN", "other"]
    assert graph.outputs == ["OUT", "OUT:1", "SAME"]
    assert [(node.name, node.calculator, node.device) for node in graph.nodes] == [
        ("first", "Double", ""),
        ("second", "Double", "NPU"),
    ]
    assert graph.run(IN=1) == {"OUT": [(2, 0)], "OUT:1": [(4, 0)], "SAME": [(2, 0)]}
    graph.close()


def test_digest_goes_by_what_a_graph_says() -> None:
    digest = gf.Graph.from_text(DOUBLE).digest
    assert len(digest) == 64
    assert gf.Graph.from_text(f"# the same\n{DOUBLE}".replace('"in"', "'in'")).digest == digest
    assert gf.Graph.from_text(DOUBLE.replace('"double"', '"twice"')).digest != digest


class TestLoad:
    """Loading, once."""

    def test_once_for_all_runs(self) -> None:
        loaded: list[str] = []

        class Loaded(gf.Calculator):
            value = gf.Input("")

            def load(self, node: gf.NodeContext) -> None:
                loaded.append(f"{node.calculator} {node.name} {node.device} {node.device_properties}")

            def process(self, cc: gf.Context) -> None:
                pass

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

    def test_on_other_devices(self) -> None:
        places: list[str] = []

        class Placed(gf.Calculator):
            value = gf.Input("")

            def load(self, node: gf.NodeContext) -> None:
                self.device = node.device

            def process(self, cc: gf.Context) -> None:
                places.append(f"{self.device} in {threading.current_thread().name.rpartition('_')[0]}")

        gf.register(Placed)
        node = 'node { calculator: "Placed" input_stream: "in" %s }'
        pool = 'executor { name: "own" type: "ThreadPoolExecutor"'
        pool += " options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: 1 } } }"
        nodes = [node % text for text in ('device: "A"', 'device: "A" executor: "own"', 'device: "B"', "")]
        graph = gf.Graph.from_text(f'input_stream: "in" {pool} {" ".join(nodes)}')
        other = graph.with_devices({"A": "C", "Z": "D"})
        assert [node.device for node in graph.nodes] == ["A", "A", "B", ""]
        assert [node.device for node in other.nodes] == ["C", "C", "B", ""]
        assert other.digest == graph.digest
        inputs: dict[str, Any] = {"in": 1}
        other.run(**inputs)
        assert sorted(places) == [
            " in ",
            "B in graphframe-device B",
            "C in graphframe-device C",
            "C in graphframe-own",
        ]
        other.close()

    def test_by_many_threads_at_once(self) -> None:
        loaded: list[int] = []

        class LoadedSlowly(gf.Calculator):
            value = gf.Input("")

            def load(self, node: gf.NodeContext) -> None:
                others_wait.wait(SECONDS)
                loaded.append(1)

            def process(self, cc: gf.Context) -> None:
                pass

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

    def test_nodes_load_side_by_side(self) -> None:
        class LoadsTogether(gf.Calculator):
            def load(self, node: gf.NodeContext) -> None:
                together.wait(SECONDS)

        together = threading.Barrier(2)
        gf.register(LoadsTogether)
        gf.Graph.from_text('node { calculator: "LoadsTogether" } node { calculator: "LoadsTogether" }').load()
        assert not together.broken

    def test_all_nodes_that_fail_are_reported(self) -> None:
        node = 'node { name: "%s" calculator: "FailingLoad" }'
        with pytest.raises(gf.CalculatorError) as raised:
            gf.Graph.from_text(node % "first" + node % "second").load()
        assert (raised.value.node, [other.node for other in raised.value.others]) == ("first", ["second"])
        assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
            'node "first" (FailingLoad)',
            'node "second" (FailingLoad)',
        ]

    def test_properties(self) -> None:
        class Publishes(gf.Calculator):
            def load(self, node: gf.NodeContext) -> None:
                node.publish("models", (node.name,))

        gf.register(Publishes)
        graph = gf.Graph.from_text('node { name: "a" calculator: "Publishes" }')
        assert graph.properties == {}
        graph.load()
        assert graph.properties == {"models": ("a",)}
        graph.close()
        assert graph.properties == {}
        node = 'node { name: "%s" calculator: "Publishes" }'
        with pytest.raises(gf.CalculatorError, match=r'node "b" .*another node has published "models" already'):
            gf.Graph.from_text(node % "a" + node % "b").load()

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
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
        run = graph.start_run({"process": same})
        run.wait_until_idle(SECONDS)
        graph.close()
        with pytest.raises(gf.GraphError, match='the graph was closed before node "call" could work'):
            run.add("IN", 1)
        assert run.done

    def test_waits_for_what_works(self) -> None:
        graph = gf.Graph.from_text(PROCESS % 'device: "CPU"')
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
        with pytest.raises(gf.GraphError, match=r'the graph has no input stream "INN" \(did you mean "IN"'):
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
            PROCESS % ""
            + threads
            + ' input_side_packet: "log" input_side_packet: "open"'
            + 'node { calculator: "LogAndPass" input_stream: "in" output_stream: "y" input_side_packet: "LOG:log" }'
            + 'node { calculator: "Call" input_stream: "y" output_stream: "z" input_side_packet: "PROCESS:open" }'
        )
        passed = threading.Event()

        def fail_when_passed(cc: gf.Context) -> None:
            assert not threads or passed.wait(SECONDS)
            fail(cc)

        with pytest.raises(gf.CalculatorError, match="it is broken"):
            graph.run(side_packets={"process": fail_when_passed, "log": log, "open": lambda _: passed.set()}, IN=1)
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
        gf.Graph.from_text(PROCESS % "").run(
            side_packets={"process": lambda cc: cc.report(1, 2)},
            on_progress=lambda *progress: reported.append(progress),
            IN=1,
        )
        assert reported == [("call", 1, 2)]
