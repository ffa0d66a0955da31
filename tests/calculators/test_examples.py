"""The example node at the end of each calculator's docstring is valid."""

from __future__ import annotations

import inspect
import textwrap
from importlib.metadata import entry_points

import pytest
from google.protobuf import text_format

from graphframe.framework.calculator import Calculator
from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.graph import Graph

CALCULATORS = [entry.name for entry in entry_points(group="graphframe.calculators")]


@pytest.mark.parametrize("name", CALCULATORS)
def test_example(name: str) -> None:
    (entry,) = entry_points(group="graphframe.calculators", name=name)
    calculator: type[Calculator] = entry.load()
    prose, _, example = (inspect.getdoc(calculator) or "").partition("Example::\n")
    assert prose
    node = text_format.Parse(textwrap.dedent(example), CalculatorGraphConfig()).node[0]
    assert node.calculator == name
    streams = [f'input_stream: "{text}"\n' for text in node.input_stream]
    streams += [f'output_stream: "{text}"\n' for text in node.output_stream]
    (found,) = Graph.from_text("".join(streams) + example).nodes
    assert found.calculator is calculator
