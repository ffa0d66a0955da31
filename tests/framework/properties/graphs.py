"""Random graphs, their inputs, and their expected outputs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hypothesis import strategies as st

import graphframe as gf
from tests.framework.properties.toy import KINDS, STATELESS, Call, Sent

SECONDS = 60
"""How long a run may take; they take milliseconds."""
EXECUTORS = ["", 'executor: "one"', 'executor: "four"', 'device: "CPU"', 'device: "GPU"']
DECLARED = "".join(
    f'executor {{ name: "{name}" type: "ThreadPoolExecutor" '
    f"options {{ [graphframe.ThreadPoolExecutorOptions.ext] {{ num_threads: {count} }} }} }}\n"
    for name, count in (("one", 1), ("four", 4))
)


@dataclass(frozen=True)
class Node:
    name: str
    kind: str
    number: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    more: str

    def text(self) -> str:
        streams = [f'input_stream: "{name}"' for name in self.inputs]
        streams += [f'output_stream: "{name}"' for name in self.outputs]
        return f"""
            node {{
              name: "{self.name}" calculator: "WorkCalculator" {" ".join(streams)} {self.more}
              input_side_packet: "ON_CALL:on_call"
              node_options {{ [type.googleapis.com/google.protobuf.StringValue] {{ value: "{self.kind}" }} }}
              node_options {{ [type.googleapis.com/google.protobuf.Int64Value] {{ value: {self.number} }} }}
            }}
        """


@dataclass(frozen=True)
class Step:
    """A packet for an input stream, or a bound if it has no value."""

    stream: str
    timestamp: int
    value: int | None


@dataclass(frozen=True)
class Example:
    """A graph of which every stream is an output, and what it gets."""

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    feed: tuple[Step, ...]
    more: str

    @property
    def streams(self) -> list[str]:
        return [*self.inputs, *(name for node in self.nodes for name in node.outputs)]

    def text(self) -> str:
        lines = [f'input_stream: "{name}"' for name in self.inputs]
        lines += [f'output_stream: "{name}"' for name in self.streams]
        return "\n".join(
            [*lines, 'input_side_packet: "on_call"', self.more, DECLARED, *(node.text() for node in self.nodes)]
        )

    def expected(self) -> dict[str, list[tuple[int, int]]]:
        """The reference: every node works off the timestamps of its inputs, one after the other."""
        packets: dict[str, list[tuple[int, int]]] = {name: [] for name in self.streams}
        for step in self.feed:
            if step.value is not None:
                packets[step.stream].append((step.value, step.timestamp))
        for node in self.nodes:
            work = KINDS[node.kind](node.number)
            queues = [{timestamp: value for value, timestamp in packets[name]} for name in node.inputs]
            sent: list[Sent] = []
            for timestamp in sorted({timestamp for queue in queues for timestamp in queue}):
                sent += work.process([queue.get(timestamp) for queue in queues], timestamp)
            while not node.inputs and not work.closed:
                sent += work.process([], 0)
            for output, value, timestamp in [*sent, *work.close()]:
                packets[node.outputs[output]].append((value, timestamp))
        return packets


@st.composite
def feeds(draw: st.DrawFn, inputs: tuple[str, ...]) -> tuple[Step, ...]:
    """Packets and bounds that every stream can take, in any order among the streams."""
    next_ones = dict.fromkeys(inputs, 0)
    steps = []
    count = draw(st.sampled_from([1, 5, 10, 25]))
    for stream in draw(st.lists(st.sampled_from(inputs), min_size=count, max_size=count)):
        timestamp = next_ones[stream] + draw(st.integers(0, 3))
        value = draw(st.sampled_from([*range(-10, 11), None]))
        steps.append(Step(stream, timestamp, value))
        next_ones[stream] = timestamp + (value is not None)
    return tuple(steps)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    inputs = tuple(f"in{number}" for number in range(draw(st.integers(1, 3))))
    streams = list(inputs)
    nodes = []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(list(KINDS)))
        more = draw(st.sampled_from(EXECUTORS))
        taken: list[str] = []
        if kind == "source":
            more += f" source_layer: {draw(st.integers(0, 1))}"
        else:
            taken = draw(st.lists(st.sampled_from(streams), min_size=1, max_size=3))
        if kind in STATELESS:
            more += f" max_in_flight: {draw(st.integers(1, 3))}"
        outputs = [f"s{number}_{output}" for output in range(KINDS[kind].outputs)]
        nodes.append(Node(f"n{number}", kind, draw(st.integers(0, 4)), tuple(taken), tuple(outputs), more))
        streams += outputs
    more = draw(st.sampled_from(["", "num_threads: 1", "num_threads: 4"]))
    more += f" max_queue_size: {draw(st.sampled_from([-1, 1, 2, 100]))}"
    return Example(inputs, tuple(nodes), draw(feeds(inputs)), more)


@contextmanager
def watched(run: gf.Run) -> Iterator[None]:
    """A time in which a run that hangs is cancelled, so that who waits for it goes on."""
    watchdog = threading.Timer(SECONDS, run.cancel, ["it hangs"])
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        watchdog.join()


def ignore(cc: gf.Context, call: Call) -> None:
    """For `on_call`."""


def feed(run: gf.Run, example: Example) -> None:
    """Add all packets and bounds, and close the inputs; nothing more once the run has failed."""
    with suppress(gf.GraphError):
        for step in example.feed:
            if step.value is None:
                run.set_bound(step.stream, step.timestamp)
            else:
                run.add(step.stream, step.value, step.timestamp)
    run.close_inputs()
