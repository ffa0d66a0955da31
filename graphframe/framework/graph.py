"""`Graph`: parsed, validated, loaded once, run any number of times in parallel."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.canonical import canonical
from graphframe.framework.config.registry import changes, find_calculator, load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import graph_in, parse_file
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.planning.cached import read_and_plan
from graphframe.framework.planning.file_problems import file_problems
from graphframe.framework.planning.nodes import find_or_stand_in
from graphframe.framework.planning.plan import Plan
from graphframe.framework.planning.validation import validate
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.running.loading import LoadedGraph, load_graph
from graphframe.framework.running.run import Run
from graphframe.framework.running.starting import Observers, collecting, finish, finish_async, make_run
from graphframe.framework.running.tracers import LoadTracer, Tracer

Outputs = dict[str, list[Packet]]
"""The packets of streams, by tag or name."""
Progress = Callable[[str, int, int], None]
"""Called with the name of a node, the steps it has done, and all its steps."""


class Graph:
    """A validated graph. Create one with `from_file`, `from_text` or `from_config`.

    >>> graph = Graph.from_text('''
    ...     input_stream: "in"
    ...     output_stream: "out"
    ...     node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
    ... ''')
    >>> graph.run(**{"in": "hello"})
    {'out': [Packet('hello', 0)]}
    """

    def __init__(self, plan: Plan, config: SourcedConfig) -> None:
        self._plan = plan
        self._config = config
        self._loaded: LoadedGraph | None = None
        self._loading = threading.Lock()

    @classmethod
    def from_file(cls, path: str | Path, base: str | Path | None = None, *, allow_unknown: bool = False) -> Graph:
        """Read and validate the graph in a file.

        Parameters
        ----------
        path : path
            The file, or a folder with a ``graph.pbtxt``.
        base : path, optional
            The folder that relative paths in the graph start from; by default that of the file.
        allow_unknown : bool, optional
            Whether calculators, fields and types of options may be unknown, as MediaPipe's own are. Such a graph can
            be checked and viewed, but not loaded.

        Raises
        ------
        GraphConfigError
            With all problems; or if a folder has no ``graph.pbtxt``.
        OSError
            If the file cannot be read.
        """
        file = graph_in(Path(path))
        config = parse_file(file, load_option_types, allow_unknown=allow_unknown)
        return make_graph(config, base or file.parent, find_or_stand_in if allow_unknown else find_calculator)

    @classmethod
    def from_text(cls, text: str, base: str | Path = ".", source: str = "graph") -> Graph:
        """Validate the graph in a text. The plans of the latest 100 texts are kept for further graphs.

        Parameters
        ----------
        text : str
            In protobuf's text format.
        base : path, optional
            The folder that relative paths in the graph start from.
        source : str, optional
            The name of the text in messages.

        Raises
        ------
        GraphConfigError
            With all problems.
        """
        config, plan = read_and_plan(text, source, os.path.abspath(base), changes())
        return cls(plan or validate(config), config)

    @classmethod
    def from_config(cls, config: CalculatorGraphConfig, base: str | Path = ".", source: str = "graph") -> Graph:
        """Validate the graph in a config.

        Parameters
        ----------
        config : CalculatorGraphConfig
            It is copied.
        base : path, optional
            The folder that relative paths in the graph start from.
        source : str, optional
            The name of the config in messages.

        Raises
        ------
        GraphConfigError
            With all problems.
        """
        copy = CalculatorGraphConfig()
        copy.CopyFrom(config)
        return make_graph(SourcedConfig(copy, source), base)

    @property
    def config(self) -> SourcedConfig:
        """The config of the graph, before its subgraphs were expanded."""
        return self._config

    @property
    def nodes(self) -> list[NodeInfo]:
        """The nodes in execution order."""
        return [node.info for node in self._plan.nodes]

    @property
    def inputs(self) -> dict[str, type]:
        """The type that each input stream takes, by tag; by name where it has no tag."""
        return self._plan.inputs.types_by_key()

    @property
    def side_packets(self) -> dict[str, type]:
        """The type that each input side packet takes, by tag or name."""
        return self._plan.side_inputs.types_by_key()

    @property
    def outputs(self) -> list[str]:
        """The keys of the graph's output streams: tags, and names of those without one."""
        return list(self._plan.outputs.keys)

    @property
    def needed_side_packets(self) -> list[str]:
        """The names of the side packets that each run must be given."""
        return [self._plan.side_packets[number] for number in sorted(self._plan.needed_side_inputs)]

    @property
    def notes(self) -> list[Problem]:
        """The places of the config that are valid, but may not be intended."""
        return self._plan.notes

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the config's content, in hexadecimal; independent of how it is written."""
        return hashlib.sha256(canonical(self._config).SerializeToString(deterministic=True)).hexdigest()

    @property
    def properties(self) -> Mapping[str, Any]:
        """The values that its calculators gave to `NodeContext.publish`; empty while it is not loaded."""
        return MappingProxyType({} if self._loaded is None else self._loaded.properties)

    def with_devices(self, devices: Mapping[str, str]) -> Graph:
        """Return this graph, not loaded, with other devices for those that its nodes name, e.g. for ``"DEFAULT"``."""
        return Graph(self._plan.on(devices), self._config)

    def with_side_packets(self, values: Mapping[str, Any]) -> Graph:
        """Return this graph, not loaded, with side packets for its runs, by tag or name; see `start_run` for errors."""
        return Graph(replace(self._plan, given=self._plan.side_packets_of_run(values)), self._config)

    def check_files(self) -> None:
        """Raise GraphConfigError for options that do not fit the files of the graph, such as sizes; load no model."""
        if problems := list(file_problems(self._plan, self._config)):
            raise GraphConfigError(problems)

    def load(self, tracer: LoadTracer | None = None) -> None:
        """Load all nodes, once, in parallel; further calls have no effect.

        Parameters
        ----------
        tracer : LoadTracer, optional
            Observes how nodes are loaded.

        Raises
        ------
        CalculatorError
            If a calculator's ``load`` raises; those of other nodes are in its `others`.
        """
        self._load(tracer)

    def close(self) -> None:
        """Wait until no node works any more, and release what was loaded. Runs that need its threads then fail."""
        with self._loading:
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.close()

    def start_run(
        self,
        side_packets: Mapping[str, Any] | None = None,
        observers: Observers | None = None,
        on_progress: Progress | None = None,
        *,
        bound_observers: Mapping[str, Callable[[int], None]] | None = None,
        pollers: Iterable[str] = (),
        tracer: Tracer | None = None,
        paused: bool = False,
    ) -> Run:
        """Start a run, which takes packets by `Run.add` until its inputs are closed. Loads the graph if necessary.

        Parameters
        ----------
        side_packets : mapping of str to object, optional
            The graph's input side packets, by tag or name.
        observers : mapping of str or tuple of str to callable, optional
            Called with each packet of a stream, by tag or name, in order, from the engine's threads; if one raises, the
            run fails. That of a tuple of streams: with a tuple of their packets, or None, at each timestamp.
        on_progress : callable, optional
            Called when a calculator reports progress.
        bound_observers : mapping of str to callable, optional
            Called with the bound of a stream when it advances without a packet: none before it will come.
        pollers : iterable of str, optional
            Output streams whose packets are read from `Run.pollers`.
        tracer : Tracer, optional
            Observes the calls of calculators.
        paused : bool, optional
            Whether to call no calculator before `Run.resume` or `Run.step`.

        Raises
        ------
        GraphError
            If a side packet is missing, or a name is unknown.
        TypeError
            If a side packet is not of the type that its consumers take.
        CalculatorError
            If the graph cannot be loaded.
        """
        watched = (observers or {}).items()
        run = make_run(self._plan, self._load(), side_packets, watched, bound_observers, on_progress, tracer)
        for key in pollers:
            run.poll(key)
        if paused:
            run.pause()
        run.start()
        return run

    def run(
        self,
        /,
        *,
        side_packets: Mapping[str, Any] | None = None,
        outputs: Iterable[str] | None = None,
        on_progress: Progress | None = None,
        tracer: Tracer | None = None,
        **inputs: Any,
    ) -> Outputs:
        """Run the graph on one packet for each input stream, at timestamp 0, and wait for its outputs.

        Parameters
        ----------
        outputs : iterable of str, optional
            Output streams to collect, by tag or name; by default all. Other options are those of `start_run`.
        **inputs : object
            Values by tag or name of input streams. The others are closed without a packet.

        Returns
        -------
        dict of str to list of Packet
            The packets of each collected output stream.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run fails.
        TypeError
            If an input stream or side packet takes another type.
        """
        collected = self._collected(outputs)
        run = make_run(self._plan, self._load(), side_packets, collecting(collected), None, on_progress, tracer)
        finish(run, inputs)
        return collected

    async def run_async(
        self,
        /,
        *,
        side_packets: Mapping[str, Any] | None = None,
        outputs: Iterable[str] | None = None,
        observers: Observers | None = None,
        bound_observers: Mapping[str, Callable[[int], None]] | None = None,
        on_progress: Progress | None = None,
        tracer: Tracer | None = None,
        share: tuple[str, float] = ("", 1.0),
        **inputs: Any,
    ) -> Outputs:
        """Do the same as `run` without blocking the event loop. Cancelling the awaiting task cancels the run.

        `observers` and `bound_observers` are called as in `start_run`; with ``outputs=()`` the run keeps no packet.
        `share` is the party for which the run uses devices, and its weight: each party gets its share of a device.
        """
        loaded = self._loaded
        if loaded is None:
            loaded = await asyncio.get_running_loop().run_in_executor(None, self._load)
        collected = self._collected(outputs)
        watched = (*collecting(collected), *(observers or {}).items())
        run = make_run(self._plan, loaded, side_packets, watched, bound_observers, on_progress, tracer, share)
        await finish_async(run, inputs, loaded)
        return collected

    def _load(self, tracer: LoadTracer | None = None) -> LoadedGraph:
        if self._loaded is not None:
            return self._loaded
        with self._loading:
            if self._loaded is None:
                self._loaded = load_graph(self._plan, tracer)
            return self._loaded

    def _collected(self, outputs: Iterable[str] | None) -> Outputs:
        return {key: [] for key in (self._plan.outputs.keys if outputs is None else outputs)}


def make_graph(
    config: SourcedConfig, base: str | Path, find: Callable[[str], type[Calculator]] = find_calculator
) -> Graph:
    """Validate a config that the engine has read or built.

    Parameters
    ----------
    config : SourcedConfig
    base : path
        The folder that relative paths in the graph start from.
    find : callable, optional
        Returns a calculator by its name, or raises LookupError.

    Raises
    ------
    GraphConfigError
        With all problems.
    """
    config = config._replace(base=Path(os.path.abspath(base)))
    return Graph(validate(config, find), config)
