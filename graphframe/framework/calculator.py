"""`Calculator`, the base class of calculators, and the `NodeContext` passed to its `load`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from graphframe.framework.config.options.paths import resolve_path
from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import InputPolicy
from graphframe.framework.methods import method_problems
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.port import Input, M, Options, Output, Port, SideInput, SideOutput, declared
from graphframe.framework.running.context import Context


class Contract(NamedTuple):
    """All ports of a calculator, by kind, and its options."""

    inputs: tuple[Port[Any], ...]
    outputs: tuple[Port[Any], ...]
    side_inputs: tuple[Port[Any], ...]
    side_outputs: tuple[Port[Any], ...]
    options: tuple[Options[Any], ...]


class Calculator:
    """One kind of node. Subclasses declare ports as class attributes and override the methods that they need.

    Attributes that `load` sets on ``self`` are shared by all runs. Each run works on a shallow copy, so attributes that
    the other methods set belong to one run.

    A class whose methods the engine cannot call as meant is a TypeError when it is made: ``async`` methods and
    generators, a misspelt name, required input streams without ``process``, and ``__slots__``.
    """

    timestamp_offset: ClassVar[int | None] = 0
    """A promise: outputs for the input at t are at ``t + timestamp_offset`` or later; None: no promise."""
    input_policy: ClassVar[InputPolicy] = Default()
    """How packets are joined to input sets, unless the graph names another policy."""
    process_timestamp_bounds: ClassVar[bool] = False
    """Whether ``process`` is also called, without packets, for settled timestamps; see `Context.bound`."""

    contract: ClassVar[Contract]
    """The ports of the class, collected from its attributes."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.contract = Contract(
            declared(cls, Input),
            declared(cls, Output),
            declared(cls, SideInput),
            declared(cls, SideOutput),
            declared(cls, Options),
        )
        for ports in cls.contract[:4]:
            tags = [port.tag for port in ports]
            for port in ports:
                if tags.count(port.tag) > 1:
                    raise TypeError(f'{cls.__name__} declares two ports for {port.kind} "{port.tag}"')
        if problems := list(
            method_problems(cls, Calculator, has_inputs=not all(port.optional for port in cls.contract.inputs))
        ):
            raise TypeError("\n".join(f"{cls.__name__}: {problem}" for problem in problems))

    @classmethod
    def check(cls, node: NodeInfo) -> Iterable[str]:
        """Return or yield a message for each problem of `node` that its ports cannot express."""
        return ()

    @classmethod
    def check_files(cls, node: NodeContext) -> Iterable[str]:
        """Return or yield a message for each option that does not fit the files it is for; ignore missing files."""
        return ()

    def load(self, node: NodeContext) -> None:
        """Prepare for all runs, once, when the graph is loaded: read and compile a model, for example."""

    def open(self, cc: Context) -> None:
        """Begin a run. Input side packets have values; input streams have none yet."""

    def process(self, cc: Context) -> None:
        """Process one input set. A source, which has no inputs, is called until it calls `Context.stop`."""

    def close(self, cc: Context) -> None:
        """End a run. Packets sent here are delivered unless the run failed."""


class NodeContext:
    """A calculator's view of its node in `Calculator.load`.

    ``node[options]`` returns its options.

    Attributes
    ----------
    name, calculator : str
    device : str
        The OpenVINO device of the node; ``""`` if it runs on none.
    device_properties : dict
        OpenVINO properties for the models that the node compiles.
    base : pathlib.Path
        The folder that relative paths start from.
    published : dict
        The values given to `publish`, by name.
    """

    def __init__(
        self,
        name: str,
        calculator: str,
        device: str,
        device_properties: Mapping[str, str],
        base: Path,
        options: Mapping[type, Any],
    ) -> None:
        self.name = name
        self.calculator = calculator
        self.device = device
        self.device_properties = dict(device_properties)
        self.base = base
        self._options = options
        self.published: dict[str, Any] = {}

    def __getitem__(self, options: Options[M]) -> M:
        """Return the node's options of that type, or the type's defaults."""
        return self._options.get(options.type) or options.type()

    def path(self, path: str) -> Path:
        """Resolve a path of the graph: relative paths start from the graph's folder.

        Raises
        ------
        ValueError
            If a relative path leaves that folder.
        """
        return resolve_path(self.base, path)

    def publish(self, name: str, value: Any) -> None:
        """Add a value to `Graph.properties`. Only one node of a graph may publish a name."""
        self.published[name] = value
