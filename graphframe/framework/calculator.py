"""The base class of calculators, and what one is told about its node when it is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from graphframe.framework.config.paths import resolve_path
from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import InputPolicy
from graphframe.framework.port import Input, M, Options, Output, Port, SideInput, SideOutput, declared

if TYPE_CHECKING:
    from graphframe.framework.planning.plan import NodePlan
    from graphframe.framework.running.context import Context


class Contract(NamedTuple):
    """All ports of a calculator, by kind, and its options."""

    inputs: tuple[Port[Any], ...]
    outputs: tuple[Port[Any], ...]
    side_inputs: tuple[Port[Any], ...]
    side_outputs: tuple[Port[Any], ...]
    options: tuple[Options[Any], ...]


class Calculator:
    """One kind of node. Subclasses declare ports as class attributes and override what they need.

    What `load` puts on ``self`` is shared by all runs; each run works on a shallow copy, so what the other methods put
    there belongs to one run.
    """

    timestamp_offset: ClassVar[int | None] = 0
    """The promise that an output for the input at t is at ``t + timestamp_offset`` or later; None: no promise."""
    input_policy: ClassVar[InputPolicy] = Default()
    """How input sets are made, unless the graph says otherwise."""
    process_timestamp_bounds: ClassVar[bool] = False
    """Whether ``process`` is also called, without packets, for timestamps that are settled: `Context.bound` tells."""

    contract: ClassVar[Contract]
    """The ports of the class; made from its attributes."""

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

    @classmethod
    def check(cls, node: NodePlan) -> Iterable[str]:
        """What is wrong with `node` beyond what its ports say: a message for each problem."""
        return ()

    def load(self, node: NodeContext) -> None:
        """Prepare what all runs share, once, when the graph is loaded: read and compile a model, say."""

    def open(self, cc: Context) -> None:
        """Begin a run. Side packets are there; packets are not."""

    def process(self, cc: Context) -> None:
        """Work on one input set. Of a source, which has no inputs: make some packets; called until `Context.stop`."""

    def close(self, cc: Context) -> None:
        """End a run. What is sent here still arrives, unless the run failed."""


class NodeContext:
    """What a calculator is told about its node in `Calculator.load`.

    Attributes
    ----------
    name, calculator : str
    device : str
        The OpenVINO device that the node is bound to; ``""`` if it is bound to none.
    device_properties : dict
        OpenVINO properties for what the node compiles.
    base : pathlib.Path
        The folder that relative paths start from.
    published : dict
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
        """The node's options of that type, or the type's defaults."""
        return self._options.get(options.type) or options.type()

    def path(self, path: str) -> Path:
        """`path` as the graph means it: relative to the graph's folder.

        Raises
        ------
        ValueError
            If a relative path leaves that folder.
        """
        return resolve_path(self.base, path)

    def publish(self, name: str, value: Any) -> None:
        """Tell whoever uses the graph something about it, in `Graph.properties`. Only one node can, of one name."""
        self.published[name] = value
