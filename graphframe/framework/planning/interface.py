"""The graph's own input and output streams and side packets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.specs import parse_specs
from graphframe.framework.errors import GraphError, Problem, did_you_mean


@dataclass(frozen=True)
class Interface:
    """The graph's own streams, or side packets, of one kind.

    Attributes
    ----------
    kind : str
        Their name in messages.
    keys : tuple of str
        Tags; names of streams without a tag.
    numbers : dict
        By key and by name.
    types : dict
        The type that each must hold, by its number.
    """

    kind: str
    keys: tuple[str, ...]
    numbers: dict[str, int]
    types: dict[int, type] = field(default_factory=dict)

    def including(self, names: Mapping[str, int]) -> Interface:
        """Return the interface with further names, which are their own keys."""
        return replace(self, keys=(*self.keys, *names), numbers={**self.numbers, **names}) if names else self

    def number(self, key: str) -> int:
        """Return the number of the stream or side packet with this key or name.

        Raises
        ------
        GraphError
            If the graph has none.
        """
        if key in self.numbers:
            return self.numbers[key]
        known = f"{did_you_mean(key, self.numbers)}; it has: {', '.join(self.keys) or 'none'}"
        raise GraphError(f'the graph has no {self.kind} "{key}"{known}')

    def types_by_key(self) -> dict[str, type]:
        """Return the type that each must hold, by key; `object` if that is any."""
        return {key: self.types.get(self.numbers[key], object) for key in self.keys}

    def check(self, key: str, value: Any) -> None:
        """Raise TypeError if `value` is not of the type that `key` must hold."""
        type_ = self.types.get(self.number(key), object)
        if not isinstance(value, type_):
            raise TypeError(f'{self.kind} "{key}" takes {type_.__name__}, not {type(value).__name__}')


class Interfaces(NamedTuple):
    """The graph's own streams and side packets."""

    inputs: Interface
    outputs: Interface
    side_inputs: Interface
    side_outputs: Interface


def read_interfaces(
    config: SourcedConfig, streams: dict[str, int], side_packets: dict[str, int], problems: list[Problem]
) -> Interfaces:
    """Read the config's own lists of streams and side packets.

    Parameters
    ----------
    config : SourcedConfig
    streams, side_packets : dict
        Numbers by name; new ones are added.
    problems : list of Problem
        Extended by those of the lists.
    """
    proto = config.proto
    return Interfaces(
        _read(config, "input_stream", proto.input_stream[:], streams, problems, once=True),
        _read(config, "output_stream", proto.output_stream[:], streams, problems),
        _read(config, "input_side_packet", proto.input_side_packet[:], side_packets, problems, once=True),
        _read(config, "output_side_packet", proto.output_side_packet[:], side_packets, problems),
    )


def check_outputs(
    config: SourcedConfig,
    field: str,
    texts: Sequence[str],
    outputs: Interface,
    produced: Collection[str],
    problems: list[Problem],
) -> None:
    """Add a problem for each output of the graph whose name is not in `produced`."""
    for position, text in enumerate(texts):
        name = text.rpartition(":")[2]
        if name in outputs.numbers and name not in produced:
            message = f'{field} "{name}" has no producer{did_you_mean(name, produced)}'
            problems.append(config.problem(message, field, position))


def _read(
    config: SourcedConfig,
    field: str,
    texts: Sequence[str],
    numbers: dict[str, int],
    problems: list[Problem],
    *,
    once: bool = False,
) -> Interface:
    """Read one list, in which no name may be repeated if it is to be given `once`."""
    kind = field.replace("_", " ")
    if not texts:
        return Interface(kind, (), {})
    specs, wrong = parse_specs(texts)
    problems += [config.problem(f"{field} {message}", field, position) for position, message in wrong]
    keys = []
    found: dict[str, int] = {}
    for position, spec in enumerate(specs):
        if spec is None:
            continue
        name, key = spec.name, spec.key
        if once and name in found:
            problems.append(config.problem(f'{field} "{name}" is given twice', field, position))
        keys.append(key)
        found[key] = found[name] = numbers.setdefault(name, len(numbers))
    return Interface(kind, tuple(keys), found)
