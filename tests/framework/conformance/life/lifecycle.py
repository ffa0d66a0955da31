"""Graphs of nodes whose methods are functions of the test."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from tests.framework.toys import Call

FUNCTIONS = 'input_side_packet: "open" input_side_packet: "process" input_side_packet: "close"'

LAMBDA = """
    node { name: "n" calculator: "Call" %s
           input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" input_side_packet: "CLOSE:close" }
"""

ONE = 'input_stream: "a" output_stream: "b"' + FUNCTIONS + LAMBDA % 'input_stream: "a" output_stream: "b"'

LOG = (
    'node { name: "%s" calculator: "LogCalculator" input_stream: "%s" output_stream: "%s" input_side_packet: "LOG:l" }'
)

BETWEEN = (
    'input_stream: "in" output_stream: "out" input_side_packet: "l"'
    + FUNCTIONS
    + LOG % ("first", "in", "a")
    + LAMBDA % 'input_stream: "a" output_stream: "b"'
    + LOG % ("last", "b", "out")
)
"""A node that calls functions between two that write down what happens to them."""

EXECUTORS = pytest.mark.parametrize("executor", ["", "num_threads: 3"], ids=["inline", "threads"])


def nothing(cc: gf.Context) -> None:
    pass


def forward(cc: gf.Context) -> None:
    cc.send(Call.outputs, cc.values(Call.inputs)[0])


def fail(cc: gf.Context) -> None:
    raise ValueError("it is broken")


def functions(**given: Any) -> dict[str, Any]:
    return {"open": nothing, "process": nothing, "close": nothing} | given


def error_of(run: gf.Run) -> gf.CalculatorError:
    with pytest.raises(gf.CalculatorError) as caught:
        run.wait_until_done(30)
    return caught.value
