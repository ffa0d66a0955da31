from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.config.registry import find_calculator
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.nodes import NodePlanner
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.planning.wiring import UnknownCalculator


class Ports(gf.Calculator):
    """One port of each kind that matters here."""

    image = gf.Input("IMAGE")
    mask = gf.Input("MASK", optional=True)
    parts = gf.Input("PART", multiple=True, optional=True)
    result = gf.Output("RESULT")
    seed = gf.SideInput("SEED")

    def process(self, cc: gf.Context) -> None:
        pass


def wired(text: str, calculator: type[gf.Calculator] = Ports) -> tuple[NodePlan, list[str]]:
    config = parse(f'node {{ name: "n" calculator: "{calculator.__name__}"\n{text}\n}}', "graph")
    problems: list[gf.Problem] = []
    plan = NodePlanner(config, {"": 0}, lambda _: calculator, problems).plan(0, config.nodes[0])
    return plan, list(map(str, problems))


GOOD = 'input_stream: "IMAGE:i" output_stream: "RESULT:r" input_side_packet: "SEED:s"'


def test_connections_of_each_port() -> None:
    plan, problems = wired(GOOD + 'input_stream: "PART:1:y" input_stream: "PART:0:x" input_stream: "MASK:i"')
    assert problems == []
    assert list(map(str, plan.info.inputs)) == ["IMAGE:i", "MASK:i", "PART:x", "PART:1:y"]
    assert [connection.position for connection in plan.inputs] == [0, 3, 2, 1]
    assert plan.inputs[0].number == plan.inputs[1].number
    assert plan.info.positions == {
        Ports.image: [0],
        Ports.mask: [1],
        Ports.parts: [2, 3],
        Ports.result: [0],
        Ports.seed: [0],
    }


def test_what_is_optional_may_lack() -> None:
    plan, problems = wired(GOOD)
    assert problems == []
    assert plan.info.connected(Ports.mask) == plan.info.connected(Ports.parts) == 0


def test_what_is_not_optional_may_not() -> None:
    assert wired('input_stream: "MASK:m"')[1] == [
        'graph:1: node "n": Ports needs an input_stream "IMAGE:..."',
        'graph:1: node "n": Ports needs an output_stream "RESULT:..."',
        'graph:1: node "n": Ports needs an input_side_packet "SEED:..."',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'input_stream: "IMAG:x"',
            'Ports has no input_stream "IMAG" (did you mean "IMAGE"?); it has: IMAGE, MASK, PART',
        ),
        ('input_stream: "x"', 'Ports has no input_stream without a tag, so not "x"; it has: IMAGE, MASK, PART'),
        (
            'input_stream: "MASK:0:x"\ninput_stream: "MASK:1:y"',
            'Ports takes one input_stream with the tag "MASK", not "MASK:1:y" too',
        ),
        ('output_side_packet: "x"', 'Ports has no output_side_packet, so not "x"'),
        ('input_stream: "IMAGE:X"', 'input_stream "IMAGE:X" is not "name"'),
    ],
)
def test_what_does_not_fit(text: str, message: str) -> None:
    _, [problem] = wired(GOOD + "\n" + text)
    assert problem.startswith(f'graph:{2 + len(text.splitlines())}: node "n": {message}')


def test_spec_that_cannot_be_read_is_not_reported_as_missing_too() -> None:
    _, problems = wired(GOOD.replace("IMAGE:i", "IMAGE:I"))
    assert len(problems) == 1


class Untagged(gf.Calculator):
    """Takes one stream without a tag."""

    value = gf.Input()

    def process(self, cc: gf.Context) -> None:
        pass


class Rest(gf.Calculator):
    """Takes a tag of its own, and at least one of all others."""

    select = gf.Input("SELECT")
    others = gf.Input("*")

    def process(self, cc: gf.Context) -> None:
        pass


def test_untagged() -> None:
    assert wired("", Untagged)[1] == ['graph:1: node "n": Untagged needs an input_stream without a tag']
    assert wired('input_stream: "a" input_stream: "b"', Untagged)[1] == [
        'graph:2: node "n": Untagged takes one input_stream without a tag, not "b" too'
    ]


def test_port_for_the_rest() -> None:
    plan, problems = wired('input_stream: "X:x" input_stream: "y" input_stream: "SELECT:s"', Rest)
    assert problems == []
    assert [(connection.port, connection.spec.name) for connection in plan.inputs] == [
        (Rest.others, "y"),
        (Rest.select, "s"),
        (Rest.others, "x"),
    ]
    assert wired('input_stream: "SELECT:s"', Rest)[1] == ['graph:1: node "n": Rest needs at least one input_stream']


def test_unknown_calculator_takes_everything() -> None:
    plan, problems = wired('input_stream: "A:1:a" input_stream: "A:b" output_side_packet: "c"', UnknownCalculator)
    assert problems == []
    assert len(plan.inputs) == 2


def test_check_of_the_calculator_itself() -> None:
    calculator = find_calculator("PassThroughCalculator")
    assert wired('input_stream: "A:a" output_stream: "A:b"', calculator)[1] == []
    _, [problem] = wired('input_stream: "A:a" output_stream: "B:b"', calculator)
    assert problem.startswith('graph:1: node "n": PassThroughCalculator needs an output stream for each input stream')


def test_a_check_that_fails_is_a_problem_of_the_node() -> None:
    class Checks(gf.Calculator):
        image = gf.Input("IMAGE")

        @classmethod
        def check(cls, node: gf.NodeInfo) -> list[str]:
            raise KeyError("mask")

        def process(self, cc: gf.Context) -> None:
            pass

    assert wired('input_stream: "IMAGE:i"', Checks)[1] == ["graph:1: node \"n\": Checks.check failed: KeyError: 'mask'"]
