from __future__ import annotations

from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

TEXT = """\
input_stream: "a"
node {
  name: "first"
  calculator: "One"
  input_stream: "a"
}
node {
  calculator: "Two"
}
"""


def test_problems_have_the_source_and_the_line() -> None:
    config = parse(TEXT, "graph.pbtxt")
    first, second = config.nodes
    assert str(first.problem("is wrong", "input_stream", 0)) == 'graph.pbtxt:5: node "first": is wrong'
    assert str(first.problem("is wrong", "executor", 0)) == 'graph.pbtxt:2: node "first": is wrong'
    assert str(second.problem("is wrong")) == 'graph.pbtxt:7: node "Two": is wrong'
    assert str(config.problem("is wrong", "input_stream", 0)) == "graph.pbtxt:1: is wrong"
    assert str(config.problem("is wrong")) == "graph.pbtxt: is wrong"


def test_problems_without_a_line_name_the_field() -> None:
    config = SourcedConfig(CalculatorGraphConfig(node=[CalculatorGraphConfig.Node(name="a")]), "graph")
    (node,) = config.nodes
    assert str(node.problem("is wrong", "executor", 0)) == 'graph: node "a": executor: is wrong'
    assert str(node.problem("has a wrong executor", "executor", 0)) == 'graph: node "a": has a wrong executor'
    assert str(config.problem("is wrong", "type", 0)) == "graph: type: is wrong"
    assert str(config.problem("is wrong")) == "graph: is wrong"


def test_nodes_without_name_are_called_by_their_calculator() -> None:
    nodes = ['calculator: "A"', 'name: "n" calculator: "A"', 'calculator: "A"', 'calculator: "B"']
    config = parse("".join(f"node {{ {node} }}" for node in nodes), "graph")
    assert [node.name for node in config.nodes] == ["A_1", "n", "A_2", "B"]


def test_everything_without_a_line_of_its_own_is_at_the_empty_path() -> None:
    config = parse('node { calculator: "A" }', "graph")
    config = SourcedConfig(config.proto, "graph", {(): 7})
    assert config.nodes[0].problem("is wrong", "calculator", 0).line == 7
    assert config.problem("is wrong", "input_stream", 0).line == 7
