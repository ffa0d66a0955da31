"""What a calculator sees of its run while it opens, processes and closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from graphframe.framework.cancellation import Cancellation
from graphframe.framework.names import tag_index
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.port import Input, M, Options, Output, Port, SideInput, SideOutput, T
from graphframe.framework.timestamp import Timestamp

if TYPE_CHECKING:
    from graphframe.framework.plan import NodePlan

D = TypeVar("D")


class Context:
    """The view of one node on one run.

    Attributes
    ----------
    timestamp : int
        The timestamp of the input set; `Timestamp.UNSTARTED` in ``open``, `Timestamp.DONE` in ``close``.
    cancellation : Cancellation
        Tells when the run is cancelled. An inference looks at it by itself; a long loop without one should.
    """

    __slots__ = (
        "_flush",
        "_plan",
        "_report",
        "cancellation",
        "packets",
        "sent",
        "side_packets",
        "side_packets_set",
        "timestamp",
    )

    def __init__(
        self,
        plan: NodePlan,
        cancellation: Cancellation,
        flush: Callable[[NodePlan, list[tuple[int, Packet]]], None],
        report: Callable[[str, int, int], None] | None,
    ) -> None:
        self._plan = plan
        self._flush = flush
        self._report = report
        self.cancellation = cancellation
        self.timestamp: int = Timestamp.UNSTARTED
        self.packets: Sequence[Packet | None] = ()
        self.side_packets: list[Any] = []
        self.sent: list[tuple[int, Packet]] = []
        self.side_packets_set: list[tuple[int, Any]] = []

    @overload
    def __getitem__(self, port: Input[T]) -> T: ...
    @overload
    def __getitem__(self, port: SideInput[T]) -> T: ...
    @overload
    def __getitem__(self, port: Options[M]) -> M: ...

    def __getitem__(self, port: Input[Any] | SideInput[Any] | Options[Any]) -> Any:
        """The value at an input (of the first stream, if the port is `multiple`), a side packet, or the options.

        Raises
        ------
        LookupError
            If there is none.
        """
        if isinstance(port, Input):
            slots = self._plan.slots[port]
            if slots and self.packets and (packet := self.packets[slots[0]]) is not None:
                return packet[0]
            raise LookupError(
                f'input stream "{port.tag}" has no packet at timestamp {Timestamp.describe(self.timestamp)}; '
                "ask cc.has(...) first where it may be empty"
            )
        if isinstance(port, Options):
            return self._plan.options.get(port.type) or port.type()
        slots = self._plan.slots[port]
        if slots:
            return self.side_packets[slots[0]]
        raise LookupError(f'input side packet "{port.tag}" is not connected; ask cc.has(...) first where it may not be')

    def has(self, port: Input[Any] | SideInput[Any]) -> bool:
        """Whether there is a value at `port`."""
        slots = self._plan.slots[port]
        if isinstance(port, SideInput):
            return bool(slots)
        return bool(slots) and bool(self.packets) and self.packets[slots[0]] is not None

    @overload
    def get(self, port: Input[T], default: D) -> T | D: ...
    @overload
    def get(self, port: SideInput[T], default: D) -> T | D: ...
    @overload
    def get(self, port: Input[T]) -> T | None: ...
    @overload
    def get(self, port: SideInput[T]) -> T | None: ...

    def get(self, port: Any, default: Any = None) -> Any:
        """The value at `port`, or `default` if there is none."""
        return self[port] if self.has(port) else default

    @overload
    def values(self, port: Input[T]) -> list[T | None]: ...
    @overload
    def values(self, port: SideInput[T]) -> list[T]: ...

    def values(self, port: Input[Any] | SideInput[Any]) -> list[Any]:
        """All values at a `multiple` port, by index; None for streams without a packet."""
        slots = self._plan.slots[port]
        if isinstance(port, SideInput):
            return [self.side_packets[slot] for slot in slots]
        packets = [self.packets[slot] for slot in slots] if self.packets else [None] * len(slots)
        return [None if packet is None else packet[0] for packet in packets]

    def send(self, port: Output[T], value: T, timestamp: int | None = None, *, index: int = 0) -> None:
        """Put a packet on an output; it leaves when the method that sends it returns, or at `flush`.

        Parameters
        ----------
        port : Output
            An output that is not connected swallows the packet.
        value : object
            Of the port's type. Whoever receives it must not change it.
        timestamp : int, optional
            By default the input's. Must be given in ``open`` and ``close``.
        index : int, optional
            Which stream, if the port is `multiple`.

        Raises
        ------
        TypeError
            If `value` is not of the port's type.
        """
        if not isinstance(value, port.type):
            raise _wrong_type(port, index, value)
        slots = self._plan.slots[port]
        if index < len(slots):
            packet = new_packet((value, self.timestamp if timestamp is None else timestamp))
            self.sent.append((slots[index], packet))

    def flush(self) -> None:
        """Let the packets sent so far leave now: a preview, say, while ``process`` goes on."""
        sent, self.sent = self.sent, []
        self._flush(self._plan, sent)

    def set_side_packet(self, port: SideOutput[T], value: T, *, index: int = 0) -> None:
        """Set an output side packet, which can be done once a run; nodes that take it open after that.

        Parameters
        ----------
        port : SideOutput
        value : object
            Of the port's type.
        index : int, optional
            Which one, if the port is `multiple`.

        Raises
        ------
        TypeError
            If `value` is not of the port's type.
        """
        if not isinstance(value, port.type):
            raise _wrong_type(port, index, value)
        slots = self._plan.slots[port]
        if index < len(slots):
            self.side_packets_set.append((slots[index], value))

    def report(self, done: int, total: int) -> None:
        """Tell whoever follows the run that `done` of `total` steps are done."""
        if self._report is not None:
            self._report(self._plan.name, done, total)


def _wrong_type(port: Port[Any], index: int, value: object) -> TypeError:
    place = tag_index(port.tag, index)
    return TypeError(f'{port.kind} "{place}" takes {port.type.__name__}, not {type(value).__name__}')
