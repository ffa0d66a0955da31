from __future__ import annotations

from collections.abc import Callable

import pytest

import graphframe as gf
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.config.text.reading import parse

Register = Callable[[str], str]

QUADRUPLE = """
    type: "Quadruple"
    input_stream: "IN:number"
    output_stream: "OUT:result"
    node { calculator: "Double" input_stream: "number" output_stream: "twice" }
    node { calculator: "Double" input_stream: "twice" output_stream: "result" }
"""


def expanded(text: str) -> list[tuple[str, str, list[str], list[str]]]:
    nodes, problems = expand(parse(text, "graph"))
    assert problems == []
    return [
        (node.name, node.proto.calculator, list(node.proto.input_stream), list(node.proto.output_stream))
        for node in nodes
    ]


def problems_of(text: str) -> list[str]:
    return list(map(str, expand(parse(text, "graph"))[1]))


def test_graph_without_subgraphs_stays_as_it_is() -> None:
    assert expanded('node { calculator: "Double" input_stream: "a" output_stream: "b" }') == [
        ("Double", "Double", ["a"], ["b"])
    ]


def test_inner_names_get_the_name_of_the_node_as_prefix(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    text = 'node { name: "My Quad" calculator: "Quadruple" input_stream: "IN:a" output_stream: "OUT:b" }'
    assert expanded(text) == [
        ("my_quad__Double_1", "Double", ["a"], ["my_quad__twice"]),
        ("my_quad__Double_2", "Double", ["my_quad__twice"], ["b"]),
    ]


def test_nodes_without_name_do_not_collide(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "c"
        node { calculator: "Quadruple" input_stream: "IN:a" output_stream: "OUT:b" }
        node { calculator: "Quadruple" input_stream: "IN:b" output_stream: "OUT:c" }
    """)
    assert [node.name for node in graph.nodes] == [
        "quadruple_1__Double_1",
        "quadruple_1__Double_2",
        "quadruple_2__Double_1",
        "quadruple_2__Double_2",
    ]
    assert graph.run(a=1) == {"c": [(16, 0)]}


def test_prefixes_nest(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    subgraph("""
        type: "Octuple" input_stream: "number" output_stream: "octuple"
        node { name: "q" calculator: "Quadruple" input_stream: "IN:number" output_stream: "OUT:four" }
        node { name: "d" calculator: "Double" input_stream: "four" output_stream: "octuple" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "b"
        node { name: "o" calculator: "Octuple" input_stream: "a" output_stream: "b" }
    """)
    assert [node.name for node in graph.nodes] == ["o__q__Double_1", "o__q__Double_2", "o__d"]
    assert graph.run(a=1) == {"b": [(8, 0)]}


def test_interface_is_matched_by_tag_and_index_not_by_name(subgraph: Register) -> None:
    subgraph("""
        type: "Difference" input_stream: "IN:0:minuend" input_stream: "IN:1:subtrahend" output_stream: "difference"
        node { calculator: "Pair"
               input_stream: "A:minuend" input_stream: "B:subtrahend" output_stream: "PAIR:difference" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "minuend" input_stream: "subtrahend" output_stream: "pair"
        node { calculator: "Difference"
               input_stream: "IN:1:minuend" input_stream: "IN:0:subtrahend" output_stream: "pair" }
    """)
    assert graph.run(minuend="m", subtrahend="s") == {"pair": [(("s", "m"), 0)]}


def test_side_packets_have_a_name_space_of_their_own(subgraph: Register) -> None:
    subgraph("""
        type: "Scaled"
        input_stream: "x" output_stream: "y" input_side_packet: "BY:x" output_side_packet: "MORE:more"
        node { calculator: "Scale" input_stream: "x" input_side_packet: "FACTOR:x" output_stream: "y" }
        node { calculator: "Increment" input_side_packet: "VALUE:x" output_side_packet: "MORE:more" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "c" input_side_packet: "f"
        node { calculator: "Scaled" input_stream: "b" output_stream: "c" input_side_packet: "BY:g" }
        node { calculator: "Scaled" input_stream: "a" output_stream: "b"
               input_side_packet: "BY:f" output_side_packet: "MORE:g" }
    """)
    assert graph.run(side_packets={"f": 10}, a=1) == {"c": [(110, 0)]}


def test_interface_that_is_not_connected_falls_away(subgraph: Register) -> None:
    subgraph("""
        type: "Pairs" input_stream: "A:a" input_stream: "B:b" output_stream: "PAIR:pair" output_stream: "TWICE:twice"
        node { name: "pair" calculator: "Pair" input_stream: "A:a" input_stream: "B:b" output_stream: "PAIR:pair" }
        node { name: "twice" calculator: "Double" input_stream: "a" output_stream: "twice" }
    """)
    use = 'node { name: "p" calculator: "Pairs" input_stream: "A:x" output_stream: "PAIR:y" }'
    assert expanded(use) == [
        ("p__pair", "Pair", ["A:x"], ["PAIR:y"]),
        ("p__twice", "Double", ["x"], ["p__twice"]),
    ]
    graph = gf.Graph.from_text('input_stream: "x" output_stream: "y"' + use)
    assert graph.run(x=1) == {"y": [((1, None), 0)]}


def test_interface_that_is_not_there(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    assert problems_of('node { calculator: "Quadruple"\n input_stream: "INN:a"\noutput_stream: "b" }') == [
        'graph:2: node "Quadruple": the subgraph Quadruple has no input_stream "INN" for "INN:a" (did you mean "IN"?); '
        "it has: IN",
        'graph:3: node "Quadruple": the subgraph Quadruple has no output_stream "" for "b"; it has: OUT',
    ]


def test_specs_that_cannot_be_read(subgraph: Register) -> None:
    path = subgraph(QUADRUPLE.replace("IN:number", "in:number"))
    messages = problems_of('node { calculator: "Quadruple"\n output_stream: "OUT:b"\n output_stream: "OUT:c" }')
    assert [message.partition(' "')[0] for message in messages] == [
        f"{path}:3: input_stream",
        "graph:3: node",
    ]


def test_fields_without_a_meaning_for_a_subgraph(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    text = """node { calculator: "Quadruple" input_stream: "IN:a" output_stream: "OUT:b"
        device: "CPU"
        executor: "pool"
        input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" } }"""
    assert problems_of(text) == [
        f'graph:{line}: node "Quadruple": {field} has no meaning for a node that is a subgraph'
        for line, field in [(4, "input_stream_handler"), (3, "executor"), (2, "device")]
    ]


@pytest.mark.parametrize("inner", ["Loop", "Between"])
def test_recursion(subgraph: Register, inner: str) -> None:
    path = subgraph(f'type: "Loop"\nnode {{\ncalculator: "{inner}" }}')
    between = subgraph('type: "Between"\nnode {\ncalculator: "Loop" }')
    expected = {
        "Loop": f'{path}:3: node "loop__Loop": the subgraph contains itself: Loop > Loop',
        "Between": f'{between}:3: node "loop__between__Loop": the subgraph contains itself: Loop > Between > Loop',
    }
    assert problems_of('node { calculator: "Loop" }') == [expected[inner]]


def test_a_subgraph_may_be_used_twice_within_another(subgraph: Register) -> None:
    subgraph(QUADRUPLE)
    subgraph("""
        type: "Sixteenfold" input_stream: "a" output_stream: "c"
        node { calculator: "Quadruple" input_stream: "IN:a" output_stream: "OUT:b" }
        node { calculator: "Quadruple" input_stream: "IN:b" output_stream: "OUT:c" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "x" output_stream: "y" node { calculator: "Sixteenfold" input_stream: "x" output_stream: "y" }
    """)
    assert {node.calculator for node in graph.nodes} == {"Double"}
    assert graph.run(x=1) == {"y": [(16, 0)]}


def test_problem_within_a_subgraph_carries_its_file_and_line(subgraph: Register) -> None:
    path = subgraph('type: "Sub"\ninput_stream: "a"\nnode {\ncalculator: "Dubble"\ninput_stream: "a" }')
    with pytest.raises(gf.GraphConfigError) as raised:
        gf.Graph.from_text('input_stream: "x" node { name: "s" calculator: "Sub" input_stream: "x" }')
    assert str(raised.value) == (
        f'{path}:4: node "s__Dubble": unknown calculator or subgraph "Dubble" (did you mean "Double"?)'
    )


def test_executors_of_inner_nodes_are_those_of_the_whole_graph(subgraph: Register) -> None:
    subgraph("""
        type: "Sub" input_stream: "a" output_stream: "b"
        node { calculator: "Double" input_stream: "a" output_stream: "b" executor: "pool" }
    """)
    use = 'input_stream: "x" output_stream: "y" node { calculator: "Sub" input_stream: "x" output_stream: "y" }'
    with pytest.raises(gf.GraphConfigError, match='the executor "pool" is not declared'):
        gf.Graph.from_text(use)
    pool = 'executor { name: "pool" type: "ThreadPoolExecutor" %s }'
    pool %= "options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: 1 } }"
    graph = gf.Graph.from_text(use + pool)
    assert graph.run(x=1) == {"y": [(2, 0)]}
    graph.close()


def test_same_names() -> None:
    text = 'node { name: "a" calculator: "Double" }\nnode {\nname: "a" calculator: "Sum" }'
    assert problems_of(text) == ['graph:3: node "a": another node has the same name']


def test_same_names_of_subgraphs(subgraph: Register) -> None:
    subgraph('type: "Sub" node { name: "inner" calculator: "Double" }')
    text = 'node { name: "s" calculator: "Sub" }\nnode {\nname: "s" calculator: "Sub" }'
    assert 'graph:3: node "s": another node has the same name' in problems_of(text)


def test_outputs_that_no_inner_node_makes(subgraph: Register) -> None:
    path = subgraph("""type: "Sub" input_stream: "a" input_side_packet: "s"
        output_stream: "OUT:b"
        output_stream: "SAME:a"
        output_side_packet: "s"
        node { calculator: "Double" input_stream: "a" output_stream: "c" }""")
    assert problems_of('node { calculator: "Sub" input_stream: "a" output_stream: "OUT:b" }') == [
        f'{path}:2: output_stream "OUT:b" comes from no node of the subgraph',
        f'{path}:3: output_stream "SAME:a" comes from no node of the subgraph',
        f'{path}:4: output_side_packet "s" comes from no node of the subgraph',
    ]


def test_fields_without_effect_in_a_subgraph(subgraph: Register) -> None:
    path = subgraph("""type: "Sub" input_stream: "a" output_stream: "b" max_queue_size: 3 num_threads: 2
        node { calculator: "Double" input_stream: "a" output_stream: "b" }
        executor { name: "" type: "ThreadPoolExecutor" } report_deadlock: true
        input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
        packet_generator { packet_generator: "Generator" }
        packet_factory { packet_factory: "Factory" }
        status_handler { status_handler: "Handler" }""")
    assert problems_of('node { calculator: "Sub" input_stream: "a" output_stream: "b" }') == [
        f"{path}:4: input_stream_handler has no effect in a subgraph: give it to its nodes",
        f"{path}:6: packet_factory has no effect in a subgraph: give the side packet to the run",
        f"{path}:5: packet_generator has no effect in a subgraph: use a node that sets side packets",
        f"{path}:7: status_handler has no effect in a subgraph: use Run.add_done_callback",
    ]


def test_external_input_is_the_old_name_of_input_side_packet(subgraph: Register) -> None:
    subgraph("""
        type: "Scaled" input_stream: "x" output_stream: "y" input_side_packet: "BY:f"
        node { calculator: "Scale" input_stream: "x" output_stream: "y" external_input: "FACTOR:f" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "b" input_side_packet: "s"
        node { calculator: "Scaled" input_stream: "a" output_stream: "b" external_input: "BY:s" }
    """)
    assert graph.run(side_packets={"s": 3}, a=2) == {"b": [(6, 0)]}


PACKAGES = """
    package: "studio.one" input_stream: "a" output_stream: "b"
    node { calculator: "%s" input_stream: "a" output_stream: "b" }
"""


@pytest.mark.parametrize(
    ("registered", "used", "found"),
    [
        (["studio.one", "studio", ""], "Sub", 0),
        (["studio", "studio.two", ""], "Sub", 0),
        (["", "studio.two", "one"], "Sub", 0),
        (["studio.two", "studio"], "two.Sub", 0),
        (["studio.one", "studio.two"], "studio.two.Sub", 1),
    ],
)
def test_names_are_looked_up_from_the_innermost_package_outwards(
    subgraph: Register, registered: list[str], used: str, found: int
) -> None:
    for position, package in enumerate(registered):
        subgraph(f"""
            package: "{package}" type: "Sub" input_stream: "a" output_stream: "b"
            node {{ name: "from_{position}" calculator: "Double" input_stream: "a" output_stream: "b" }}
        """)
    graph = gf.Graph.from_text(PACKAGES % used)
    assert [node.name.rpartition("__")[2] for node in graph.nodes] == [f"from_{found}"]


def test_the_nodes_of_a_subgraph_are_looked_up_from_its_package(subgraph: Register) -> None:
    subgraph("""
        package: "mine" type: "Outer" input_stream: "a" output_stream: "b"
        node { calculator: "Inner" input_stream: "a" output_stream: "b" }
    """)
    for package, calculator in [("mine", "Double"), ("", "Total")]:
        subgraph(f"""
            package: "{package}" type: "Inner" input_stream: "a" output_stream: "b"
            node {{ calculator: "{calculator}" input_stream: "a" output_stream: "b" }}
        """)
    assert expanded('node { calculator: "mine.Outer" input_stream: "x" output_stream: "y" }') == [
        ("mine_outer__inner__Double", "Double", ["x"], ["y"])
    ]


def test_an_unknown_name_is_reported_as_written() -> None:
    with pytest.raises(gf.GraphConfigError, match=r'unknown calculator or subgraph "Dubble" \(did you mean "Double"'):
        gf.Graph.from_text(PACKAGES % "Dubble")
