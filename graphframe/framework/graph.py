"""A graph: parsed, validated, loaded once, run any number of times at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.config import SourcedConfig, parse
from graphframe.framework.errors import CalculatorError, GraphError, did_you_mean
from graphframe.framework.executor import DEVICE_THREADS, make_executors
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan, Plan
from graphframe.framework.registry import find_calculator, load_option_types
from graphframe.framework.run import Run
from graphframe.framework.timestamp import Timestamp
from graphframe.framework.validation import validate

Outputs = dict[str, list[Packet]]
"""The packets of each output stream of a graph, by tag (by name where it has no tag)."""
Progress = Callable[[str, int, int], None]
"""Called with the name of a node, the steps it has done, and all that it will do."""


class Graph:
    """A validated graph. Make one with `from_file` or `from_text`.

    >>> graph = Graph.from_text('''
    ...     input_stream: "in"
    ...     output_stream: "out"
    ...     node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
    ... ''')
    >>> graph.run(**{"in": "hello"})
    {'out': [Packet('hello', 0)]}
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._calculators: list[Calculator] = []
        self._executors: dict[str, Executor | None] = {}
        self._starters: Executor | None = None
        self._loading = threading.Lock()

    @classmethod
    def from_file(cls, path: str | Path, base: str | Path | None = None) -> Graph:
        """Read and validate the graph in a file.

        Parameters
        ----------
        path : path
        base : path, optional
            The folder that relative paths in the graph start from; by default that of the file.

        Raises
        ------
        GraphConfigError
            With all that is wrong with it.
        OSError
            If the file cannot be read.
        """
        path = Path(path)
        return cls.from_text(path.read_text(), base or path.parent, str(path))

    @classmethod
    def from_text(cls, text: str, base: str | Path = ".", source: str = "graph") -> Graph:
        """Validate the graph in a text.

        Parameters
        ----------
        text : str
            In protobuf's text format.
        base : path, optional
            The folder that relative paths in the graph start from.
        source : str, optional
            What messages call the text.

        Raises
        ------
        GraphConfigError
            With all that is wrong with it.
        """
        return cls.from_config(parse(text, source, load_option_types), base)

    @classmethod
    def from_config(
        cls,
        config: SourcedConfig,
        base: str | Path = ".",
        find: Callable[[str], type[Calculator]] = find_calculator,
    ) -> Graph:
        """Validate a parsed config; `find` gives calculators by their names."""
        return cls(validate(config, Path(base), find))

    @property
    def nodes(self) -> list[NodePlan]:
        """The nodes in execution order."""
        return self._plan.nodes

    @property
    def inputs(self) -> list[str]:
        """The keys of the graph's input streams: tags, and names of those without one."""
        return _keys(self._plan.inputs)

    @property
    def outputs(self) -> list[str]:
        """The keys of the graph's output streams: tags, and names of those without one."""
        return _keys(self._plan.outputs)

    def load(self) -> None:
        """Load every node, once; further calls do nothing.

        Raises
        ------
        CalculatorError
            If a calculator's ``load`` raises.
        """
        with self._loading:
            if self._executors:
                return
            calculators = []
            for node in self._plan.nodes:
                calculator = node.calculator()
                name = node.calculator.__name__
                about = NodeContext(
                    node.name, name, node.device, node.proto.device_properties, self._plan.base, node.options
                )
                try:
                    calculator.load(about)
                except Exception as cause:
                    raise CalculatorError(node.name, name, "load", Timestamp.UNSET, cause) from cause
                calculators.append(calculator)
            self._calculators = calculators
            self._executors = make_executors(self._plan.executors)
            self._starters = ThreadPoolExecutor(DEVICE_THREADS, thread_name_prefix="graphframe-start")

    def close(self) -> None:
        """Wait until nothing works any more, and let go of what was loaded."""
        with self._loading:
            executors = [*self._executors.values(), self._starters]
            self._executors, self._calculators, self._starters = {}, [], None
        for executor in executors:
            if executor is not None:
                executor.shutdown()

    def start_run(
        self,
        side_packets: Mapping[str, Any] | None = None,
        observers: Mapping[str, Callable[[Packet], None]] | None = None,
        on_progress: Progress | None = None,
    ) -> Run:
        """Start a run, which takes packets by `Run.add` until its inputs are closed. Loads the graph if need be.

        Parameters
        ----------
        side_packets : mapping of str to object, optional
            The graph's input side packets, by tag or name.
        observers : mapping of str to callable, optional
            What is called with each packet of an output stream (by tag or name), in order, from the engine's threads.
            If one raises, the run fails.
        on_progress : callable, optional
            What is called when a calculator reports progress.

        Raises
        ------
        GraphError
            If a side packet is missing, or one of the names is not known.
        CalculatorError
            If the graph cannot be loaded.
        """
        run = self._make_run(side_packets or {}, observers or {}, on_progress)
        run.start()
        return run

    def run(
        self,
        *,
        side_packets: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
        **inputs: Any,
    ) -> Outputs:
        """Run the graph on one packet for each input stream, at timestamp 0, and wait for its outputs.

        Parameters
        ----------
        **inputs : object
            Values by tag (or name) of input streams. The others are closed without a packet.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run fails.
        """
        outputs, observers = self._collectors()
        run = self._make_run(side_packets or {}, observers, on_progress)
        try:
            _feed(run, inputs)
            run.wait_until_done()
        except BaseException:
            run.cancel()
            raise
        return outputs

    async def run_async(
        self,
        *,
        side_packets: Mapping[str, Any] | None = None,
        observers: Mapping[str, Callable[[Packet], None]] | None = None,
        on_progress: Progress | None = None,
        **inputs: Any,
    ) -> Outputs:
        """As `run`, without blocking the event loop. If the task that awaits it is cancelled, so is the run.

        `observers` are called beside the collection of outputs, from the engine's threads.
        """
        loop = asyncio.get_running_loop()
        outputs, collectors = self._collectors(observers or {})
        run = self._make_run(side_packets or {}, collectors, on_progress)
        ended = asyncio.Event()

        def end(_: Run) -> None:
            loop.call_soon_threadsafe(ended.set)

        run.add_done_callback(end)
        assert self._starters is not None
        fed = loop.run_in_executor(self._starters, partial(_feed, run, inputs))
        try:
            await fed
            await ended.wait()
        except BaseException:
            self._starters.submit(run.cancel, "the task that awaited the run was cancelled")
            raise
        if run.error is not None:
            raise run.error
        return outputs

    def _make_run(
        self,
        side_packets: Mapping[str, Any],
        observers: Mapping[str, Callable[[Packet], None]],
        on_progress: Progress | None,
    ) -> Run:
        if not self._executors:
            self.load()
        plan = self._plan
        calculators = [_shallow_copy(calculator) for calculator in self._calculators]
        executors = [self._executors[node.executor] for node in plan.nodes]
        given = {}
        for key, value in side_packets.items():
            number = _lookup(plan.side_inputs, key, "input side packet")
            given[plan.side_packets[number]] = value
        missing = {plan.side_packets[number] for number in plan.side_inputs.values()} - set(given)
        if missing:
            raise GraphError(f"input side packets are missing: {', '.join(sorted(missing))}")
        watched = {_lookup(plan.outputs, key, "output stream"): observer for key, observer in observers.items()}
        return Run(plan, calculators, executors, given, watched, on_progress)

    def _collectors(
        self, observers: Mapping[str, Callable[[Packet], None]] = {}
    ) -> tuple[Outputs, dict[str, Callable[[Packet], None]]]:
        outputs: Outputs = {key: [] for key in self.outputs}

        def collector(key: str) -> Callable[[Packet], None]:
            collect, observe = outputs[key].append, observers.get(key)
            if observe is None:
                return collect

            def both(packet: Packet) -> None:
                collect(packet)
                observe(packet)

            return both

        return outputs, {key: collector(key) for key in outputs}


def _feed(run: Run, inputs: Mapping[str, Any]) -> None:
    run.start()
    for key, value in inputs.items():
        run.add(key, value)
    run.close_inputs()


def _shallow_copy(calculator: Calculator) -> Calculator:
    copy = object.__new__(type(calculator))
    copy.__dict__.update(calculator.__dict__)
    return copy


def _keys(numbers: Mapping[str, int]) -> list[str]:
    """Of the names for each number, the key: `validation` puts it last."""
    return list({number: key for key, number in numbers.items()}.values())


def _lookup(numbers: Mapping[str, int], key: str, kind: str) -> int:
    if key not in numbers:
        raise GraphError(
            f'the graph has no {kind} "{key}"{did_you_mean(key, numbers)}; it has: {", ".join(_keys(numbers))}'
        )
    return numbers[key]
