"""A run of a graph without threads, fed step by step."""

from __future__ import annotations

from functools import partial
from typing import Any

import graphframe as gf
from tests.framework.waiting import SECONDS

Event = tuple[str, Any, int]
"""A packet of an output stream: the stream, the value and the timestamp."""


class Steps:
    """A run. Each step returns the packets that it adds to the output streams.

    Attributes
    ----------
    bounds : dict of str to int
        The smallest timestamp that may still arrive, for each output stream.
    """

    def __init__(self, text: str, **side_packets: Any) -> None:
        graph = gf.Graph.from_text(text)
        self.bounds: dict[str, int] = dict.fromkeys(graph.outputs, gf.Timestamp.PRE_STREAM)
        self._new: list[Event] = []
        self.run = graph.start_run(
            side_packets,
            {name: partial(self._see, name) for name in graph.outputs},
            bound_observers={name: partial(self.bounds.__setitem__, name) for name in graph.outputs},
        )

    def _see(self, name: str, packet: gf.Packet) -> None:
        self._new.append((name, packet.value, packet.timestamp))
        self.bounds[name] = gf.Timestamp.next_allowed_in_stream(packet.timestamp)

    def add(self, stream: str, value: Any, timestamp: int) -> list[Event]:
        self.run.add(stream, value, timestamp)
        return self._since()

    def set_bound(self, stream: str, bound: int) -> list[Event]:
        self.run.set_bound(stream, bound)
        return self._since()

    def close(self) -> list[Event]:
        """Close all inputs, which must end the run."""
        self.run.close_inputs()
        self.run.wait_until_done(SECONDS)
        return self._since()

    def _since(self) -> list[Event]:
        if self.run.error is not None:
            raise self.run.error
        new, self._new = self._new, []
        return new


def node(calculator: str, inputs: str, outputs: str, more: str = "") -> str:
    """Return the text of a node; streams are separated by blanks."""
    streams = [f'input_stream: "{text}"' for text in inputs.split()]
    streams += [f'output_stream: "{text}"' for text in outputs.split()]
    return f'node {{ calculator: "{calculator}" {" ".join(streams)} {more} }}\n'


def interface(inputs: str, outputs: str, side_inputs: str = "") -> str:
    """Return the text of the graph's own streams and side packets."""
    specs = [f'input_stream: "{name}"' for name in inputs.split()]
    specs += [f'output_stream: "{name}"' for name in outputs.split()]
    specs += [f'input_side_packet: "{name}"' for name in side_inputs.split()]
    return " ".join(specs) + "\n"


def problems(text: str) -> str:
    """Return the message of a graph that must be invalid."""
    try:
        gf.Graph.from_text(text)
    except gf.GraphConfigError as error:
        return str(error)
    raise AssertionError("the graph is valid")
