from __future__ import annotations

from collections.abc import Callable

import pytest

import graphframe as gf
from graphframe.framework.config.canonical import canonical
from graphframe.framework.config.text.reading import parse
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from tests.framework import dataclass_toys

assert dataclass_toys  # its calculators and options are used below


def form(text: str) -> CalculatorGraphConfig:
    return canonical(parse(text, "graph"))


SAME = [
    (
        'node { calculator: "A" } node { calculator: "A" }',
        'node { name: "A_1" calculator: "A" } node { name: "A_2" calculator: "A" }',
    ),
    (
        'node { calculator: "A" input_stream: "T:1:b" input_stream: "x" input_stream: "T:0:a" input_stream: "y" }',
        'node { calculator: "A" input_stream: "x" input_stream: "y" input_stream: "T:a" input_stream: "T:1:b" }',
    ),
    ('output_stream: "T:0:a" output_stream: "b"', 'output_stream: "b" output_stream: "T:a"'),
    (
        'node { calculator: "Step" node_options { [type.googleapis.com/StepOptions] { by: 1 also: [] } } }',
        'node { calculator: "Step" }',
    ),
    (
        'node { calculator: "A" external_input: "S:s" input_stream_info: [{ tag_index: "B" }, { tag_index: "A" }] }',
        'node { calculator: "A" input_side_packet: "S:s" input_stream_info: [{ tag_index: "A" }, { tag_index: "B" }] }',
    ),
    (
        "options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } }",
        "graph_options { [type.googleapis.com/graphframe.ThreadPoolExecutorOptions] { num_threads: 2 } }",
    ),
    (
        """graph_options { [type.googleapis.com/StepOptions] { by: 4 } }
           node { calculator: "Step" node_options { [type.googleapis.com/StepOptions] { } } option_value: "by:by" }""",
        """graph_options { [type.googleapis.com/StepOptions] { by: 4 } }
           node { calculator: "Step" node_options { [type.googleapis.com/StepOptions] { by: 4 } } }""",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_of_writing_the_same(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_canonical_form_is_canonical(one: str, other: str) -> None:
    assert form(gf.to_pbtxt(form(one))) == form(one)


@pytest.mark.parametrize(
    "other",
    [
        'node { calculator: "B" input_stream: "a" input_stream: "b" }',
        'node { calculator: "A" input_stream: "b" input_stream: "a" }',
        'node { calculator: "A" input_stream: "a" input_stream: "b" } max_queue_size: 3',
        'node { calculator: "A" input_stream: "a" input_stream: "b" device: "CPU" }',
    ],
)
def test_different_graphs_have_different_forms(other: str) -> None:
    assert form('node { calculator: "A" input_stream: "a" input_stream: "b" }') != form(other)


def test_subgraphs_are_expanded(subgraph: Callable[[str], str]) -> None:
    subgraph("""
        package: "p" type: "Sub" input_stream: "a" output_stream: "b"
        node { calculator: "Double" input_stream: "a" output_stream: "b" }
    """)
    found = form('package: "p" node { name: "s" calculator: "Sub" input_stream: "x" output_stream: "y" }')
    assert found == form('node { name: "s__Double" calculator: "Double" input_stream: "x" output_stream: "y" }')


def test_an_unreadable_config_is_an_error() -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        form("""nodes { }
            node { calculator: "Step" node_options { [type.googleapis.com/StepOptions] { by: 11 } } }
            node { name: "x" calculator: "Step" option_value: "x" }
            graph_options { type_url: "a/no.Such" }""")
    assert sorted(problem.line or 0 for problem in caught.value.problems) == [1, 2, 3, 4]
