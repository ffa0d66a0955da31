from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.errors import Problem, did_you_mean


def test_one_base_class() -> None:
    for error in (gf.GraphConfigError, gf.CalculatorError, gf.Cancelled):
        assert issubclass(error, gf.GraphError)


def test_config_error_shows_all_problems_with_their_places() -> None:
    error = gf.GraphConfigError([Problem("one", "graph.pbtxt", 3), Problem("two", "graph.pbtxt")])
    assert str(error) == "graph.pbtxt:3: one\ngraph.pbtxt: two"
    assert [problem.message for problem in error.problems] == ["one", "two"]


def test_calculator_error() -> None:
    cause = ValueError("bad prompt")
    error = gf.CalculatorError("tokenize", "Tokenize", "process", 7, cause)
    assert str(error) == 'node "tokenize" (Tokenize): process failed at timestamp 7: ValueError: bad prompt'
    assert (error.node, error.calculator, error.phase, error.timestamp) == ("tokenize", "Tokenize", "process", 7)
    assert error.__cause__ is cause


def test_calculator_error_of_a_graph_within_is_not_repeated() -> None:
    error = gf.CalculatorError("inner", "Graph", "load", gf.Timestamp.UNSET, gf.GraphError("nothing there"))
    assert str(error) == 'node "inner" (Graph): load failed: nothing there'


@pytest.mark.parametrize(
    ("name", "expected"),
    [("imagee", ' (did you mean "image"?)'), ("prompt", ' (did you mean "prompts"?)'), ("zzz", "")],
)
def test_did_you_mean(name: str, expected: str) -> None:
    assert did_you_mean(name, ["image", "prompts"]) == expected
