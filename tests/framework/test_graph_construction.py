"""Graphs from texts and configs; those from files are in `test_graph.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf


class TestTextsThatAreKept:
    TEXT = """
        input_stream: "IN:in" output_stream: "OUT:out"
        node { calculator: "Answer" input_stream: "in" output_stream: "out" }
    """

    def register(self, answer: str) -> None:
        class Answer(gf.Calculator):
            value = gf.Input("")
            answer = gf.Output("")

            def process(self, cc: gf.Context) -> None:
                cc.send(self.answer, answer)

        gf.register(Answer)

    def run(self) -> object:
        return gf.Graph.from_text(self.TEXT).run(IN=1)["OUT"][0].value

    def test_later_registrations_are_used(self) -> None:
        self.register("first")
        assert [self.run(), self.run()] == ["first", "first"]
        self.register("second")
        assert self.run() == "second"

    def test_each_graph_is_loaded_by_itself(self) -> None:
        self.register("x")
        first, second = (gf.Graph.from_text(self.TEXT) for _ in range(2))
        first.load()
        first.close()
        assert second.run(IN=1)["OUT"] == [("x", 0)]

    def test_functions_are_asked_each_time(self) -> None:
        streams = iter(["a", "b"])
        inner = 'node {{ name: "{0}" calculator: "Double" input_stream: "x" output_stream: "y" }}'

        @gf.subgraph("Changing")
        def changing(node: gf.SubgraphNode) -> str:
            return 'input_stream: "IN:x" output_stream: "OUT:y" ' + inner.format(next(streams))

        text = 'input_stream: "i" node { name: "n" calculator: "Changing" input_stream: "IN:i" output_stream: "OUT:o" }'
        assert [gf.Graph.from_text(text).nodes[0].name for _ in range(2)] == ["n__a", "n__b"]


class TestFromConfig:
    CONFIG = gf.CalculatorGraphConfig(
        input_stream=["IN:in"],
        output_stream=["out"],
        node=[gf.CalculatorGraphConfig.Node(calculator="Double", input_stream=["in"], output_stream=["out"])],
    )

    def test_runs(self) -> None:
        assert gf.Graph.from_config(self.CONFIG).run(IN=2) == {"out": [(4, 0)]}

    def test_has_a_copy_of_the_config(self) -> None:
        config = gf.CalculatorGraphConfig()
        config.CopyFrom(self.CONFIG)
        graph = gf.Graph.from_config(config)
        config.node[0].calculator = "Sum"
        assert graph.digest == gf.Graph.from_config(self.CONFIG).digest

    def test_relative_paths_start_from_its_base(self, tmp_path: Path) -> None:
        assert gf.Graph.from_config(self.CONFIG, tmp_path).config.base == tmp_path

    def test_errors_name_the_node_and_the_field(self) -> None:
        config = gf.CalculatorGraphConfig(input_stream=["a", "a"])
        config.node.add(name="first", calculator="Dubble", input_stream=["a"])
        config.node.add(name="first", calculator="Double", input_stream=["b"], output_stream=["c"])
        node = config.node.add(calculator="Double", input_stream=["a"], output_stream=["d"], option_value=["x"])
        node.node_options.add(type_url="a/NoSuchOptions")
        with pytest.raises(gf.GraphConfigError) as caught:
            gf.Graph.from_config(config, source="studio")
        assert {(problem.source, problem.line) for problem in caught.value.problems} == {("studio", None)}
        messages = sorted(problem.message for problem in caught.value.problems)
        starts = [
            'input_stream "a" is given twice',
            'node "Double": node_options: ',
            'node "Double": option_value "x": ',
            'node "first": another node has the same name',
            'node "first": input_stream "b" has no producer',
            'node "first": unknown calculator or subgraph "Dubble"',
        ]
        for message, start in zip(messages, starts, strict=True):
            assert message.startswith(start)
