"""Exceptions that reach the engine's own code end a run; they never leave it stuck."""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

import graphframe as gf
from graphframe.framework.running.scheduling import fast_path
from tests.framework.calls import CALL, POOL, PROCESS, both_executors, end_of, nothing, same, start_call
from tests.framework.waiting import SECONDS

GRAPH = """
    input_stream: "in" output_stream: "out" input_side_packet: "log" max_queue_size: 2 %s
    node { calculator: "Flushing" input_stream: "in" output_stream: "x" input_side_packet: "LOG:log" }
    node { calculator: "Counted" input_stream: "x" output_stream: "y" input_side_packet: "LOG:log" }
    node { calculator: "Flushing" input_stream: "x" output_stream: "z" input_side_packet: "LOG:log" }
    node { calculator: "JoinCalculator" input_stream: "y" input_stream: "z" output_stream: "out" }
"""


@gf.register
class Counted(gf.Calculator):
    """Counts how often it opens and closes."""

    log = gf.SideInput("LOG", Counter)
    value = gf.Input("")
    same = gf.Output("")

    def load(self, node: gf.NodeContext) -> None:
        self.name = node.name

    def open(self, cc: gf.Context) -> None:
        self.calls = cc[self.log]
        self.calls[self.name, "open"] += 1

    def process(self, cc: gf.Context) -> None:
        cc.forward(self.value, self.same)

    def close(self, cc: gf.Context) -> None:
        self.calls[self.name, "close"] += 1


@gf.register
class Flushing(Counted):
    """Delivers each packet before it returns."""

    def process(self, cc: gf.Context) -> None:
        cc.forward(self.value, self.same)
        cc.flush()


class Interrupt:
    """Raises KeyboardInterrupt in this thread, at one instruction of the engine."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.where = ""

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:
        if "graphframe/framework/running" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                self.where = frame.f_code.co_name
                sys.settrace(None)
                raise KeyboardInterrupt
        return self


def interrupted_run(graph: gf.Graph, at: int) -> bool:
    """Interrupt a run at an instruction; return False if it has fewer."""
    log: Counter[tuple[str, str]] = Counter()
    run: gf.Run | None = None
    previous = sys.gettrace()
    interrupt = Interrupt(at)
    sys.settrace(interrupt)
    try:
        run = graph.start_run({"log": log})
        for timestamp in range(3):
            run.add("in", timestamp, timestamp)
        run.close_inputs()
        run.wait_until_done(SECONDS)
    except KeyboardInterrupt:
        pass
    else:
        return False
    finally:
        sys.settrace(previous)
    if run is None:
        return True
    run.cancel()
    ended = threading.Event()
    run.add_done_callback(lambda _: ended.set())
    assert ended.wait(SECONDS), f"the run is stuck after an interrupt at instruction {at}\n{run.explain()}"
    assert run.done
    for (node, phase), times in tuple(log.items()):
        assert times == 1, f"{node} had {phase} called {times} times after an interrupt at instruction {at}"
        # An interrupt on the threshold of a calculator is one of the calculator.
        assert interrupt.where == "call" or log[node, "close"], f"{node} is not closed after one at {at}"
    return True


@pytest.fixture
def no_finalizers() -> Iterator[None]:
    """Collect no garbage meanwhile: an exception in a finalizer of another test's graph would be lost."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@both_executors
@pytest.mark.usefixtures("no_finalizers")
@pytest.mark.parametrize("fast", [True, False])
def test_run_ends_wherever_it_is_interrupted(executor: str, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "ENABLED", fast)
    graph = gf.Graph.from_text(GRAPH % executor)
    graph.load()
    at = 1
    while interrupted_run(graph, at):
        at += 61
    assert at > 1000
    graph.close()


class TextlessError(Exception):
    """Its text cannot be made."""

    def __str__(self) -> str:
        return 507  # type: ignore[return-value]


@pytest.mark.parametrize("phase", ["open", "process", "close"])
@pytest.mark.parametrize("node", ["", 'device: "CPU"', 'executor: "pool"'])
def test_exception_without_a_text_ends_the_run(phase: str, node: str) -> None:
    def fail(cc: gf.Context) -> None:
        raise TextlessError

    graph = gf.Graph.from_text(CALL.replace('name: "call"', f'name: "call" {node}') + POOL % ("pool", 1))
    run = graph.start_run({"open": nothing, "process": nothing, "close": nothing, phase: fail})
    error = end_of(run, "value")
    assert isinstance(error, gf.CalculatorError)
    assert f"{phase} failed" in str(error)
    assert "TextlessError: its __str__ raised TypeError" in str(error)
    graph.close()


def test_observer_whose_exception_has_no_text_ends_the_run(call: gf.Graph) -> None:
    def observe(packet: gf.Packet) -> None:
        raise TextlessError

    run = start_call(call, process=same, observers={"out": observe})
    assert "TextlessError" in str(end_of(run, "value"))


class Broken:
    """A tracer of which one method raises."""

    def __init__(self, where: str) -> None:
        self.where = where

    def ready(self, call: object) -> None:
        self.called("ready")

    def begin(self, call: object) -> None:
        self.called("begin")

    def end(self, call: object) -> None:
        self.called("end")

    def called(self, where: str) -> None:
        if where == self.where:
            raise TextlessError


@pytest.mark.parametrize("where", ["ready", "begin", "end"])
@pytest.mark.parametrize("executor", ["", "num_threads: 2"])
def test_tracer_that_raises_ends_the_run(where: str, executor: str) -> None:
    graph = gf.Graph.from_text(PROCESS % "" + executor)
    with pytest.raises(gf.GraphError, match="the tracer of the run failed: TextlessError"):
        graph.run(side_packets={"process": same}, tracer=Broken(where), IN=1)
    graph.close()


@pytest.mark.parametrize("executor", ["", "num_threads: 2"])
def test_on_progress_that_raises_ends_the_run(executor: str) -> None:
    def on_progress(*_: object) -> None:
        raise TextlessError

    graph = gf.Graph.from_text(PROCESS % "" + executor)
    with pytest.raises(gf.CalculatorError, match="the on_progress of the run failed: TextlessError"):
        graph.run(side_packets={"process": lambda cc: cc.report(1, 2)}, on_progress=on_progress, IN=1)
    graph.close()


@both_executors
def test_flushes_that_follow_from_each_other_have_no_limit(executor: str) -> None:
    nodes = "".join(
        f'node {{ calculator: "Flushing" input_stream: "s{index}" output_stream: "s{index + 1}" '
        'input_side_packet: "LOG:log" }'
        for index in range(600)
    )
    text = f'input_stream: "IN:s0" output_stream: "OUT:s600" input_side_packet: "log" {executor} {nodes}'
    graph = gf.Graph.from_text(text)
    assert graph.run(side_packets={"log": Counter()}, IN="value") == {"OUT": [("value", 0)]}
    graph.close()
