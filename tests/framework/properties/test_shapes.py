"""Whole graphs, inline and on threads: the catalogue, and random ones beside a reference interpreter."""

from __future__ import annotations

import random

import pytest

import graphframe as gf
from tests.framework.properties.shapes import SHAPES, Shape, Timed
from tests.framework.waiting import SECONDS

EXECUTORS = {
    "inline": "",
    "one thread": "num_threads: 1",
    "threads": "num_threads: 4",
}


def outputs_of(graph: gf.Graph, shape: Shape) -> dict[str, list[Timed]]:
    outputs: dict[str, list[Timed]] = {key: [] for key in shape.outputs}
    run = graph.start_run(shape.side_packets, {key: packets.append for key, packets in outputs.items()})
    packets = [(timestamp, name, value) for name, given in shape.inputs.items() for value, timestamp in given]
    for timestamp, name, value in sorted(packets, key=lambda packet: packet[:2]):
        run.add(name, value, timestamp)
    run.close_inputs()
    run.wait_until_done(SECONDS)
    return outputs


@pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shape(shape: Shape, executor: str) -> None:
    graph = gf.Graph.from_text(shape.text(executor))
    for _ in range(2):
        assert outputs_of(graph, shape) == shape.outputs
    graph.close()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shape_on_devices(shape: Shape) -> None:
    text = shape.text().replace("calculator:", 'device: "CPU" calculator:')
    graph = gf.Graph.from_text(text)
    assert all(node.device == "CPU" for node in graph.nodes)
    assert outputs_of(graph, shape) == shape.outputs
    graph.close()


Wires = list[tuple[str, list[str]]]
"""Calculator and input streams of each node; node 3 sends to stream ``n3``."""
KINDS = {"Double": 1, "Add": 2, "Sum": None, "Threshold": 1}


def random_wires(rng: random.Random) -> Wires:
    streams = ["a", "b"]
    wires: Wires = []
    for number in range(rng.randint(1, 12)):
        kind = rng.choice(list(KINDS))
        wires.append((kind, rng.choices(streams, k=KINDS[kind] or rng.randint(1, 4))))
        streams.append(f"n{number}")
    return wires


def text_of(wires: Wires, rng: random.Random) -> str:
    nodes = []
    for number, (kind, inputs) in enumerate(wires):
        tags = ("A:", "B:") if kind == "Add" else ("",) * len(inputs)
        streams = [f'input_stream: "{tag}{name}"' for tag, name in zip(tags, inputs, strict=True)]
        out = {"Add": "SUM:", "Threshold": "ABOVE:"}.get(kind, "")
        device = 'device: "CPU"' if rng.random() < 0.3 else ""
        nodes.append(f'node {{ calculator: "{kind}" {" ".join(streams)} output_stream: "{out}n{number}" {device} }}\n')
    rng.shuffle(nodes)
    outputs = "".join(f'output_stream: "n{number}" ' for number in range(len(wires)))
    return f'input_stream: "a" input_stream: "b" {outputs}\n{"".join(nodes)}'


def interpret(wires: Wires, inputs: dict[str, dict[int, int]]) -> dict[str, list[Timed]]:
    """Return the expected outputs: at each timestamp, each node works if one of its inputs has a packet."""
    streams = dict(inputs)
    for number, (kind, names) in enumerate(wires):
        out = streams[f"n{number}"] = {}
        for timestamp in sorted({timestamp for name in names for timestamp in streams[name]}):
            total = sum(streams[name].get(timestamp, 0) for name in names)
            if kind != "Threshold" or total > 0:
                out[timestamp] = 2 * total if kind == "Double" else total
    return {name: [(value, at) for at, value in packets.items()] for name, packets in streams.items() if name[0] == "n"}


@pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)
@pytest.mark.parametrize("seed", range(20))
def test_random_graph(seed: int, executor: str) -> None:
    rng = random.Random(seed)
    wires = random_wires(rng)
    inputs = {
        name: {timestamp: rng.randint(-9, 9) for timestamp in sorted(rng.sample(range(12), rng.randint(0, 8)))}
        for name in ("a", "b")
    }
    expected = interpret(wires, inputs)
    timed = {name: [(value, at) for at, value in packets.items()] for name, packets in inputs.items()}
    graph = gf.Graph.from_text(text_of(wires, rng) + executor)
    assert outputs_of(graph, Shape("random", "", timed, expected)) == expected
    graph.close()


def test_random_graphs_send_something() -> None:
    """Show that the test above can fail."""
    sent = 0
    for seed in range(20):
        wires = random_wires(random.Random(seed))
        sent += sum(map(len, interpret(wires, {"a": {0: 1, 1: -2}, "b": {1: 3}}).values()))
    assert sent > 100
