"""What a calculator sees of its run while it opens, processes and closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from graphframe.framework.config.names import tag_index
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.port import Input, M, Options, Output, Port, SideInput, SideOutput, T
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.state import OPEN, NodeState, Task
from graphframe.framework.timestamp import Timestamp

D = TypeVar("D")


class Context(Task):
    """The view of one node on one run.

    Attributes
    ----------
    timestamp : int
        The timestamp of the input set; `Timestamp.UNSTARTED` in ``open``, `Timestamp.DONE` in ``close``, 0 in a source.
    packets : sequence of Packet or None
        The input set, by the positions of the node's inputs.
    cancellation : Cancellation
        Tells when the run is cancelled. An inference looks at it by itself; a long loop without one should.
    """

    __slots__ = ("_flush", "_report", "cancellation")

    def __init__(
        self,
        cancellation: Cancellation,
        flush: Callable[[Task, list[tuple[int, Packet]]], None],
        report: Callable[[str, int, int], None] | None,
        node: NodeState,
    ) -> None:
        Task.__init__(self, node)  # NOTE: super() costs as much as the rest, for each node of each run
        self._flush = flush
        self._report = report
        self.cancellation = cancellation

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
            slots = self.node.plan.slots[port]
            if slots and self.packets and (packet := self.packets[slots[0]]) is not None:
                return packet[0]
            raise LookupError(
                f'input stream "{port.tag}" has no packet at timestamp {Timestamp.describe(self.timestamp)}; '
                "ask cc.has(...) first where it may be empty"
            )
        if isinstance(port, Options):
            return self.node.plan.options.get(port.type) or port.type()
        slots = self.node.plan.slots[port]
        if slots:
            return self.node.side_packets[slots[0]]
        raise LookupError(f'input side packet "{port.tag}" is not connected; ask cc.has(...) first where it may not be')

    def has(self, port: Input[Any] | SideInput[Any], *, index: int = 0) -> bool:
        """Whether there is a value at `port`; if it is `multiple`, at one of its streams or side packets."""
        slots = self.node.plan.slots[port]
        if index >= len(slots):
            return False
        return isinstance(port, SideInput) or (bool(self.packets) and self.packets[slots[index]] is not None)

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
        slots = self.node.plan.slots[port]
        if isinstance(port, SideInput):
            return [self.node.side_packets[slot] for slot in slots]
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
        self.send_packet(port, new_packet((value, self.timestamp if timestamp is None else timestamp)), index=index)

    def send_packet(self, port: Output[Any], packet: Packet, *, index: int = 0) -> None:
        """Put a packet on an output as it is, at its own timestamp; for the rest as `send`."""
        if not isinstance(packet[0], port.type):
            raise _wrong_type(port, index, packet[0])
        slots = self.node.plan.slots[port]
        if index < len(slots):
            self.sent.append((slots[index], packet))

    def flush(self) -> None:
        """Let the packets sent so far leave now: a preview, say, while ``process`` goes on."""
        sent, self.sent = self.sent, []
        self._flush(self, sent)

    def bound(self, port: Input[Any], *, index: int = 0) -> int:
        """The least timestamp that may still come on an input, for calculators with `process_timestamp_bounds`.

        `Timestamp.DONE` once the stream is closed and all its packets were processed. All before it that had no packet
        never will.
        """
        if not self.node.plan.calculator.process_timestamp_bounds:
            raise TypeError(f"{self.node.plan.calculator.__name__} must set process_timestamp_bounds to see bounds")
        slots = self.node.plan.slots[port]
        return self.bounds[slots[index]] if index < len(slots) and self.bounds else Timestamp.DONE

    def set_next_timestamp_bound(self, port: Output[Any], bound: int, *, index: int = 0) -> None:
        """Promise that no packet before `bound` will be sent on an output; a lower one than before changes nothing."""
        slots = self.node.plan.slots[port]
        if index < len(slots):
            self.affect().bounds.append((slots[index], bound))

    def close(self, port: Output[Any], *, index: int = 0) -> None:
        """Close an output: nothing more will be sent on it."""
        self.set_next_timestamp_bound(port, Timestamp.DONE, index=index)

    def set_offset(self, offset: int | None) -> None:
        """Change the node's `timestamp_offset` for this run; only in ``open``, as others rely on it from then on."""
        if self.phase is not OPEN:
            raise ValueError(f"set_offset can be called in open only, not in {self.phase.value}")
        effects = self.affect()
        effects.offset, effects.sets_offset = offset, True

    def stop(self) -> None:
        """End: a source is not called any more; from another node, all sources stop and the graph's inputs close.

        What is queued is still worked off, and the run ends without an error.
        """
        self.affect().stopped = True

    def connected(self, port: Port[Any]) -> int:
        """How many streams or side packets are connected to `port`."""
        return len(self.node.plan.slots[port])

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
        slots = self.node.plan.slots[port]
        if index < len(slots):
            self.affect().side_packets.append((slots[index], value))

    def report(self, done: int, total: int) -> None:
        """Tell whoever follows the run that `done` of `total` steps are done."""
        if self._report is not None:
            self._report(self.node.plan.name, done, total)


def _wrong_type(port: Port[Any], index: int, value: object) -> TypeError:
    place = tag_index(port.tag, index)
    return TypeError(f'{port.kind} "{place}" takes {port.type.__name__}, not {type(value).__name__}')
