from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphframe.framework.config.pbtxt import Scan
from graphframe.framework.config.plain_pbtxt import read_plain
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.protos import stream_handler_pb2
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

assert stream_handler_pb2
GRAPHS = sorted(Path(__file__).parents[3].glob("graphs/*.pbtxt"))
OPTIONS = "type.googleapis.com/graphframe.PacketThinnerCalculatorOptions"
load_option_types()


def parsed(text: str) -> CalculatorGraphConfig:
    return text_format.Parse(text, CalculatorGraphConfig())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " # a comment\n",
        'type: "Chain"; package: "a",',
        'type: \'a "quoted" name\' # "\n',
        'type: "ü #"',
        "max_queue_size: -1 report_deadlock: true",
        'node { name: "a" } node: { name: "b" input_stream: "c" input_stream: "D:e" }',
        "input_stream_handler { }",
        f"node {{ node_options {{ [{OPTIONS}] {{ period: 10 thinner_type: ASYNC }} }} }}",
        f"node {{ node_options: {{ [{OPTIONS}]: {{ period: 10 }} }} node_options {{ }} }}",
    ],
)
def test_reads_what_is_plain(text: str) -> None:
    read = read_plain(text, CalculatorGraphConfig)
    assert read == parsed(text)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_reads_graphs_as_protobuf_does(path: Path) -> None:
    read = read_plain(path.read_text(), CalculatorGraphConfig)
    assert read is None or read == parsed(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        "type: 1",
        'type: "a" type: "b"',
        'type: "a',
        'type: "a" "b"',
        r'type: "\n"',
        'num_threads: "4"',
        "num_threads: 04",
        "num_threads: 1.5",
        "num_threads: 99999999999",
        "report_deadlock: yes",
        'nodes { name: "a" }',
        'node { name: "a"',
        'node { name: "a" } }',
        'node { name: "a" >',
        'node: "a"',
        "type { }",
        'input_stream: ["a", "b"]',
        'node { [type.googleapis.com/graphframe.Node] { name: "a" } }',
        "node { node_options { [type.googleapis.com/Unknown] { } } }",
        f"node {{ node_options {{ [/{OPTIONS}] {{ }} }} }}",
        pytest.param("a" * 100_000, id="a word that would take minutes, letter by letter"),
        f"node {{ node_options {{ [{OPTIONS}] {{ }} type_url: 'a' }} }}",
        f"node {{ node_options {{ [{OPTIONS}] {{ period: 10 }}",
    ],
)
def test_leaves_the_rest(text: str) -> None:
    assert read_plain(text, CalculatorGraphConfig) is None


SCALARS = ('type: "a"', "type:'b'", 'input_stream: "c"', "num_threads: 4", "period: 5", "thinner_type: SYNC")
BLOCKS = ("node", "node:", "executor", "node_options", f"[{OPTIONS}]", "options", "input_stream_handler")
MARKS = ("name:", '"d"', ",", ";", ":", "[", "]", "#", "\n", "<", ">", "}", "4", "ASYNC", "report_deadlock: true")
pieces = st.lists(st.sampled_from((*SCALARS, *SCALARS, *MARKS)), max_size=2).map(" ".join)
texts = st.recursive(pieces, lambda inner: st.builds("{} {{ {} }} {}".format, st.sampled_from(BLOCKS), inner, inner))


@settings(deadline=None)
@given(texts)
@example(f"node {{ node_options {{ [{OPTIONS}] {{ }} ; }} }}")
@example(f"node {{ node_options {{ [{OPTIONS}] {{ }} [{OPTIONS}] {{ }} }} }}")
def test_whatever_it_reads_protobuf_reads_too(text: str) -> None:
    read = read_plain(text, CalculatorGraphConfig)
    if read is not None:
        assert read == parsed(text)
        assert not Scan(text, CalculatorGraphConfig.DESCRIPTOR, lambda: ()).unknown
