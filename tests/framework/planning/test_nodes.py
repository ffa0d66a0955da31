from __future__ import annotations

from collections.abc import Callable

import pytest

import graphframe as gf
from graphframe.framework.config.text.reading import parse
from graphframe.framework.input_policy import Barrier, EarlyClose
from graphframe.framework.planning.executors import DEVICE_THREADS
from graphframe.framework.planning.plan import Plan
from graphframe.framework.planning.validation import validate
from tests.framework import toys
from tests.framework.planning.plans import double, plan, problems

assert toys


class Source(gf.Calculator):
    out = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.stop()


def source_plan(text: str) -> Plan:
    return validate(parse(text, "graph"), lambda _: Source)


def test_sources_get_threads_of_their_own() -> None:
    sources = [f'node {{ calculator: "Source" output_stream: "{name}" }}' for name in "ab"]
    found = source_plan(" ".join(sources))
    assert [node.executor for node in found.nodes] == ["sources", "sources"]
    assert found.executors == {"": 0, "sources": DEVICE_THREADS}


def test_source_runs_where_the_graph_says() -> None:
    found = source_plan('num_threads: 2 node { calculator: "Source" output_stream: "a" }')
    assert [node.executor for node in found.nodes] == [""]
    assert found.executors == {"": 2}


def test_source_has_one_set_in_flight() -> None:
    with pytest.raises(gf.GraphConfigError, match=r"graph:2: .* max_in_flight is not for sources"):
        source_plan('node { calculator: "Source" output_stream: "a"\nmax_in_flight: 2 }')


def test_node_without_calculator() -> None:
    assert problems('\nnode { name: "x" }') == ['graph:2: node "x": names no calculator']


def test_unknown_input_policy() -> None:
    policy = 'input_stream_handler { input_stream_handler: "ImediateInputStreamHandler" }'
    assert problems(double(policy))[0].startswith(
        'graph:2: node "x": the input policy "ImediateInputStreamHandler" is unknown (did you mean '
        '"ImmediateInputStreamHandler"?); known policies: DefaultInputStreamHandler, '
    )


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            'input_stream_handler: "SyncSetInputStreamHandler" options { '
            '[graphframe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: "A" } } }',
            'the node has no input stream at "A"; it has: ""',
        ),
        (
            'input_stream_handler: "TimestampAlignInputStreamHandler" options { '
            '[graphframe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: ":1" } }',
            'the node has no input stream at ":1"; it has: ""',
        ),
        (
            'input_stream_handler: "FixedSizeInputStreamHandler" options { '
            "[graphframe.FixedSizeInputStreamHandlerOptions.ext] { target_queue_size: 3 } }",
            "target_queue_size 3 must be at least 1, and at most trigger_queue_size 2",
        ),
        (
            'input_stream_handler: "MuxInputStreamHandler"',
            "a mux needs an input stream that selects, and at least one other",
        ),
        (
            "options { [graphframe.DefaultInputStreamHandlerOptions.ext] { batch_size: 0 } }",
            "batch_size is 0, but must be at least 1",
        ),
    ],
)
def test_input_policy_that_does_not_fit(policy: str, message: str) -> None:
    found = problems(double(f"input_stream_handler {{ {policy} }}"))
    assert found == [f'graph:2: node "x": input_stream_handler: {message}']


def test_input_policy_of_the_graph_is_that_of_nodes_without_one() -> None:
    found = plan(
        'input_stream_handler { input_stream_handler: "BarrierInputStreamHandler" }\n'
        + double("")
        + 'node { calculator: "Double" input_stream: "b" output_stream: "c" '
        + 'input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" } }'
    )
    assert [type(node.input_policy) for node in found.nodes] == [Barrier, EarlyClose]


def test_source_layer_of_a_node_with_inputs() -> None:
    assert problems(double("source_layer: 1")) == ['graph:2: node "x": source_layer is for sources, but it has inputs']


def test_threads_of_a_device_are_no_declared_executor() -> None:
    text = """input_stream: "a"
        node { calculator: "Double" device: "CPU" input_stream: "a" output_stream: "b" }
        node { name: "x" calculator: "Double" executor: "device CPU" input_stream: "a" output_stream: "c" }"""
    assert problems(text) == [
        'graph:3: node "x": the executor "device CPU" is not declared; add executor { name: "device CPU" ... }'
    ]


def test_executor_wins_over_device(subgraph: Callable[[str], str]) -> None:
    found = plan("""
        input_stream: "a"
        executor { name: "own" type: "ApplicationThreadExecutor" }
        node { calculator: "Double" device: "CPU" input_stream: "a" output_stream: "b" executor: "own" }
        node { calculator: "Double" device: "CPU" input_stream: "b" output_stream: "c" }
        node { calculator: "Double" input_stream: "c" output_stream: "d" }
    """)
    assert [node.executor for node in found.nodes] == ["own", "device CPU", ""]
    assert found.executors == {"": 0, "own": 0, "device CPU": 64}
