from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.config.text.mistakes import find_mistakes
from graphframe.framework.config.text.reading import parse

PASS = 'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }'
THINNER = 'node {{ calculator: "PacketThinnerCalculator" {} }}'
TYPE = "mediapipe.PacketThinnerCalculatorOptions"
PACKED = f"[type.googleapis.com/{TYPE}]"


def mistake_in(text: str) -> str:
    """Return the only problem of a text whose second line is given."""
    with pytest.raises(gf.GraphConfigError) as caught:
        parse(f'input_stream: "a"\n{text}\noutput_stream: "b"\n', "graph")
    (problem,) = caught.value.problems
    assert problem.line == 2
    return problem.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (f"node_options {{ [{TYPE}.ext] {{ period: 2 }} }}", f"write node_options {{ {PACKED} {{ ... }} }}; "),
        (f"node_options: {{ [{TYPE}] {{ period: 2 }} }}", f"write node_options {{ {PACKED} {{ ... }} }}; "),
        (
            f"node_options {{ [type.googleapis.com/{TYPE}.ext] {{ }} }}",
            f"write node_options {{ {PACKED} {{ ... }} }}; ",
        ),
        (f"options {{ {PACKED} {{ period: 2 }} }}", f"write node_options {{ {PACKED} {{ ... }} }}, or [{TYPE}.ext] in"),
        (f"node_options {{ [https://type.googleapis.com/{TYPE}] {{ }} }}", f"without https://, as {PACKED}"),
        (f'node_options {{ ["type.googleapis.com/{TYPE}"] {{ }} }}', f"without https://, as {PACKED}"),
        (f"node_options {{ type.googleapis.com/{TYPE} {{ }} }}", f"in brackets: {PACKED}"),
        (f"node_options {{ {TYPE} {{ period: 2 }} }}", f"in brackets: {PACKED}"),
    ],
)
def test_the_forms_of_options(options: str, message: str) -> None:
    assert message in mistake_in(THINNER.format(options))


def test_options_of_graphs_and_handlers() -> None:
    message = mistake_in(f"graph_options {{ [{TYPE}.ext] {{ period: 2 }} }}")
    assert message.startswith(f"write graph_options {{ {PACKED} {{ ... }} }}; ")
    handler = "mediapipe.SyncSetInputStreamHandlerOptions"
    message = mistake_in(f"input_stream_handler {{ options {{ [type.googleapis.com/{handler}] {{ }} }} }}")
    assert message == f"write options {{ [{handler}.ext] {{ ... }} }}"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("node_options { period: 2 }", "write [type.googleapis.com/PACKAGE.TYPE] { period: ... }, in"),
        (
            "options { period: 2 }",
            "write node_options { [type.googleapis.com/PACKAGE.TYPE] { period: ... } } instead of",
        ),
        (
            "options { [graphframe.DenoiseCalculatorOptions] { } }",
            "write node_options { [type.googleapis.com/graphframe.",
        ),
        (
            "options { [mediapipe.DenoiseCalculatorOptions.ext] { } }",
            "write node_options { [type.googleapis.com/graphfr",
        ),
        ("input_stream_handler { options { sync_set { } } }", "write [PACKAGE.TYPE.ext] { sync_set: ... }, in"),
        ("name: thin", 'Node.name is a text; write it in quotes: "thin"'),
        ('max_in_flight: "2"', "Node.max_in_flight is not a text; write its value without quotes: 2"),
        ("max_in_flight: 2.5", "Node.max_in_flight is a whole number, not 2.5"),
        (f"node_options {{ {PACKED} {{ sync_output_timestamps: yes }} }}", "is true or false, not yes"),
        ('input_stream_info { back_edge: "true" }', "back_edge is not a text; write its value without quotes: true"),
    ],
)
def test_values_of_another_kind(field: str, message: str) -> None:
    config = parse(THINNER.format(field), "graph", lambda: _import_options())
    assert any(message in problem.message for problem in config.problems), config.problems


def _import_options() -> tuple[str, ...]:
    from graphframe.calculators.core import packet_thinner_pb2
    from graphframe.calculators.diffusion.nodes import denoise_pb2

    assert packet_thinner_pb2
    assert denoise_pb2
    return ()


@pytest.mark.parametrize(
    ("comment", "mark"),
    [
        ("// my graph", "//"),
        ('// the "best" graph {', "//"),
        (f"{PASS} // it's a copy", "//"),
        ("/* my graph */", "/*"),
        ("-- my graph", "--"),
        ("<!-- my graph -->", "<!--"),
    ],
)
def test_comments_of_other_languages(comment: str, mark: str) -> None:
    assert mistake_in(comment) == f'a comment begins with "#" in each line, not with "{mark}"'


@pytest.mark.parametrize(
    "node",
    [
        'node { calculator: "PassThroughCalculator',
        'node { calculator: PassThroughCalculator" input_stream: "a" }',
        'node { calculator: PassThroughCalculator" input_stream: "a" output_stream: "b" }',
        "node { calculator: 'PassThroughCalculator input_stream: 'a' }",
        'node { calculator: "PassThroughCalculator" input_stream: "a }',
        'node { calculator: """PassThroughCalculator""" name: "a }',
    ],
)
def test_quotes_that_do_not_pair(node: str) -> None:
    assert mistake_in(node).startswith("the quotes in this line do not pair: the string that begins with ")


@pytest.mark.parametrize("quotes", ["\u201c\u201d", "\u2018\u2019", "``", "\u00ab\u00bb", "\u201e\u201c"])
def test_quotes_of_other_kinds(quotes: str) -> None:
    message = mistake_in(f"node {{ calculator: {quotes[0]}PassThroughCalculator{quotes[1]} }}")
    assert message == f'put a string in straight quotes ("), not in {quotes[0]}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"', 'write ":" between a field and its value, not "="'),
        ('type "a"', 'write ":" between the field type and its value'),
        ('name\uff1a "a"', 'the character U+FF1A (FULLWIDTH COLON) is not allowed outside of strings; write ":"'),
        ('import "graph.proto";', 'remove "import "graph.proto";", which belongs in a .proto file; a graph has fields'),
        ("package mediapipe;", 'remove "package mediapipe;", which belongs in a .proto file; a graph has fields'),
        ("```", 'remove the line with "```", which is Markdown'),
        ("  - node", 'this is YAML; write a field again for each value, without "-": input_stream: "a"'),
        ("{% include %}", 'this is not a graph but a template of one, with "%"; fill it in first'),
        ("num_threads: ${N}", 'this is not a graph but a template of one, with "$"; fill it in first'),
        ('type: "C:\\x"', 'write "/" in the path "C:\\x", or "\\\\": in a string, one "\\" begins an escape'),
        ("}", 'this "}" closes nothing: all messages before it are closed; remove it'),
        ('node { calculator: "A"', 'the message node has no end: its closing "}" is missing'),
    ],
)
def test_marks(text: str, message: str) -> None:
    found = {each.message for each in find_mistakes(f'input_stream: "a"\n{text}\n') if each.line == 2}
    assert found == {message}


def test_a_node_in_a_node() -> None:
    with pytest.raises(
        gf.GraphConfigError, match='begins inside the node of line 1, whose closing "}" is missing'
    ) as e:
        parse(f'node {{\n calculator: "A"\n\n{PASS}\n{PASS}\n', "graph")
    assert [problem.line for problem in e.value.problems] == [4]


def test_json_and_all_mistakes_at_once() -> None:
    (mistake,) = find_mistakes('{"node": [{"calculator": "A"}]}')
    assert mistake.message.startswith("this is JSON")
    found = find_mistakes(f'// one\n# "fine // here\nname = "http://b"\n{PASS}\n/* two\n lines */ name = "c"')
    assert [mistake.line for mistake in found] == [1, 3, 5, 6]


@pytest.mark.parametrize(
    "text",
    [
        'input_stream: ["a", "b"] # it\'s "fine"\nnode < calculator: \'A "quoted"\' >; num_threads: -1,',
        "node_options: { [type.googleapis.com/a.B]: { options { [type.googleapis.com/c.D] { } } } }",
        'options { [a.B.ext] { x: 1.5e-3 y: "caf\u00e9 \u201cx\u201d" "a\\"b" } }',
        "gr\u00f6\u00dfe: 3",
        "",
    ],
)
def test_texts_without_mistakes(text: str) -> None:
    assert find_mistakes(text) == []
