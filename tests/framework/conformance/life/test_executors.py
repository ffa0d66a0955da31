"""Where calculators are called: after the executors of calculator_graph_test.cc."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.runs import Seen, finish, problems, start
from tests.framework.toys import Call
from tests.framework.waiting import SECONDS

POOL = """
    executor { name: "%s" type: "ThreadPoolExecutor"
               options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: %d } } }
"""
NODE = """
    node { name: "n%d" calculator: "Call" input_stream: "%s" output_stream: "%s" %s
           input_side_packet: "PROCESS:process" }
"""


def threads_of(text: str) -> dict[str, str]:
    """The name of the thread that each node was called in."""
    called: dict[str, str] = {}

    def process(cc: gf.Context) -> None:
        number = cc[Call.inputs]
        called[f"n{number}"] = threading.current_thread().name
        cc.send(Call.outputs, number + 1)

    run, _ = start('input_stream: "a" input_side_packet: "process"' + text, {"process": process})
    run.add("a", 1)
    finish(run)
    return called


def test_application_thread() -> None:
    """CalculatorGraph.RunsCorrectlyOnApplicationThread; here it is the default: a node runs where its packet comes."""
    me = threading.current_thread().name
    assert threads_of(NODE % (1, "a", "b", "") + NODE % (2, "b", "c", "")) == {"n1": me, "n2": me}
    text = 'executor { type: "ApplicationThreadExecutor" }'
    assert threads_of(text + NODE % (1, "a", "b", "")) == {"n1": me}


def test_default_pool() -> None:
    """CalculatorGraph.RunWithNumThreadsInExecutorConfig: num_threads, or an executor without a name."""
    for text in ("num_threads: 2", POOL % ("", 2)):
        called = threads_of(text + NODE % (1, "a", "b", ""))
        assert called["n1"].startswith("graphframe-default")


def test_named_pools() -> None:
    """CalculatorGraph.RunsCorrectlyWithMultipleExecutors: each node on its own."""
    nodes = NODE % (1, "a", "b", 'executor: "one"') + NODE % (2, "b", "c", 'executor: "two"')
    called = threads_of(POOL % ("one", 1) + POOL % ("two", 1) + nodes + NODE % (3, "c", "d", ""))
    assert called["n1"].startswith("graphframe-one")
    assert called["n2"].startswith("graphframe-two")


def test_pool_has_as_many_threads_as_it_says() -> None:
    """ThreadPoolExecutor: nodes of a pool run side by side."""
    together = threading.Barrier(3)
    run, _ = start(
        'input_stream: "a" input_side_packet: "process" num_threads: 3'
        + "".join(NODE % (number, "a", f"b{number}", "") for number in range(3)),
        {"process": lambda cc: together.wait(30)},
    )
    run.add("a", 1)
    finish(run)
    assert not together.broken


def test_device_has_threads_of_its_own() -> None:
    """Not in MediaPipe: `device` names the executor of a node that names none."""
    called = threads_of(NODE % (1, "a", "b", 'device: "GPU.7"') + NODE % (2, "b", "c", 'device: "NPU"'))
    assert "GPU.7" in called["n1"]
    assert "NPU" in called["n2"]


def test_source_has_a_thread_of_its_own() -> None:
    """Not in MediaPipe: a source that names no executor may block without holding anybody up."""
    called: list[str] = []

    def process(cc: gf.Context) -> None:
        called.append(threading.current_thread().name)
        cc.stop()

    run, _ = start(
        'input_side_packet: "process" node { calculator: "Call" output_stream: "a" '
        'input_side_packet: "PROCESS:process" }',
        {"process": process},
    )
    run.wait_until_done(30)
    assert called != [threading.current_thread().name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NODE % (1, "a", "b", 'executor: "poll"') + POOL % ("pool", 1), 'not declared (did you mean "pool"'),
        (POOL % ("pool", 1) * 2, "is declared twice"),
        (POOL % ("", 1) + "num_threads: 2", "num_threads of the graph declares it too"),
        (POOL % ("pool", 0), "needs num_threads of at least 1"),
        (POOL % ("pool", -1), "needs num_threads of at least 1"),
        ('executor { name: "pool" type: "ThreadPoolExecutor" }', "needs num_threads of at least 1"),
        ('executor { name: "pool" type: "ThreadPool" }', 'did you mean "ThreadPoolExecutor"'),
        ('executor { name: "pool" }', 'the type "" is unknown'),
        ("num_threads: -2", "num_threads must be at least 1"),
    ],
    ids=[
        "UndeclaredExecutor", "DuplicateExecutorConfig", "NumThreadsAndDefaultExecutorConfig",
        "no threads", "fewer than no threads", "no options", "type that is not there",
        "UntypedExecutorDeclaredButNotSet", "negative num_threads",
    ],
)  # fmt: skip
def test_what_is_wrong(text: str, message: str) -> None:
    """CalculatorGraph.UndeclaredExecutor, DuplicateExecutorConfig and so on."""
    found = problems('input_stream: "a" input_side_packet: "process"' + text)
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize("executor", ["", "num_threads: 1", "num_threads: 4", "both"])
def test_same_result_on_all(executor: str) -> None:
    """CalculatorGraph.RunsCorrectly, RunsCorrectlyWithMultipleExecutors: an adder over several branches."""
    names = ["one", "two", "three"]
    text = 'input_stream: "in" output_stream: "sum"' + (executor if executor != "both" else "num_threads: 2") + "\n"
    for name in names:
        on = f'executor: "{name}"' if executor == "both" else ""
        text += POOL % (name, 2) if executor == "both" else ""
        text += f'node {{ calculator: "SquareIntCalculator" input_stream: "in" output_stream: "{name}" {on} }}'
    streams = "".join(f'input_stream: "{name}" ' for name in names)
    text += f'node {{ calculator: "Sum" {streams} output_stream: "sum" }}'
    graph = gf.Graph.from_text(text)
    for _ in range(3):
        seen: Seen = {"sum": []}
        run = graph.start_run(observers={"sum": seen["sum"].append})
        for number in range(50):
            run.add("in", number, number)
        finish(run)
        assert seen["sum"] == [(3 * number**2, number) for number in range(50)]


def test_close_ends_the_threads() -> None:
    """CalculatorGraph's destructor joins its executors' threads."""
    graph = gf.Graph.from_text(
        'input_stream: "a" input_side_packet: "process" num_threads: 2' + NODE % (1, "a", "b", "")
    )
    workers: list[threading.Thread] = []
    given: dict[str, Any] = {"process": lambda cc: workers.append(threading.current_thread())}
    run = graph.start_run(given)
    run.add("a", 1)
    finish(run)
    graph.close()
    assert not workers[0].is_alive()


def test_source_that_waits_holds_up_no_other_run() -> None:
    """Isolation of runs: in MediaPipe each has a graph of its own, and so its own threads."""
    text = """
        output_stream: "out" input_side_packet: "process"
        node { calculator: "Call" output_stream: "out" input_side_packet: "PROCESS:process" }
    """
    graph = gf.Graph.from_text(text)
    camera = threading.Event()

    def wait(cc: gf.Context) -> None:
        assert camera.wait(SECONDS)
        cc.stop()

    waiting = graph.start_run({"process": wait})
    graph.start_run({"process": gf.Context.stop}).wait_until_done(SECONDS)
    camera.set()
    waiting.wait_until_done(SECONDS)
