"""Graphs of one node that calls functions, and what tests do with them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import graphframe as gf
from tests.framework.toys import Call
from tests.framework.waiting import SECONDS

Function = Callable[[gf.Context], object]

INLINE = ""
THREADS = "num_threads: 2"
both_executors = pytest.mark.parametrize("executor", [INLINE, THREADS], ids=["inline", "threads"])

CALL = """
    input_stream: "in" output_stream: "out"
    input_side_packet: "process" input_side_packet: "open" input_side_packet: "close"
    node { name: "call" calculator: "Call" input_stream: "in" output_stream: "out"
           input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" input_side_packet: "CLOSE:close" }
"""
VALUE: dict[str, Any] = {"in": "value"}


def nothing(cc: gf.Context) -> None:
    pass


def same(cc: gf.Context) -> object:
    return cc.get(Call.inputs)


def fail(cc: gf.Context) -> None:
    raise ValueError("it is broken")


def start_call(
    graph: gf.Graph, open_: Function = nothing, process: Function = nothing, close: Function = nothing, **given: Any
) -> gf.Run:
    return graph.start_run({"open": open_, "process": process, "close": close}, **given)


def end_of(run: gf.Run, *values: object) -> BaseException | None:
    """The error of a run, after it got some values at 0, 1, 2 ... and has ended."""
    with suppress(gf.GraphError):
        for timestamp, value in enumerate(values):
            run.add("in", value, timestamp)
    run.close_inputs()
    ended = threading.Event()
    run.add_done_callback(lambda _: ended.set())
    assert ended.wait(SECONDS)
    return run.error


PROCESS = """
    input_stream: "IN:in" output_stream: "OUT:out" input_side_packet: "process"
    node { name: "call" calculator: "Call" input_stream: "in" output_stream: "out"
           input_side_packet: "PROCESS:process" %s }
"""
"""The same with tags, and a place for more fields of the node."""

POOL = 'executor { name: "%s" type: "ThreadPoolExecutor" %s }'
POOL %= ("%s", "options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: %d } }")
