"""The graph's own input and output streams and side packets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

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

    def check(self, key: str, value: Any) -> None:
        """Raise TypeError if `value` is not of the type that `key` must hold."""
        type_ = self.types.get(self.number(key), object)
        if not isinstance(value, type_):
            raise TypeError(f'{self.kind} "{key}" takes {type_.__name__}, not {type(value).__name__}')


def read_interface(
    config: SourcedConfig, field: str, texts: Sequence[str], numbers: dict[str, int], *, once: bool = False
) -> tuple[Interface, list[Problem]]:
    """Read one of the config's own lists of streams or side packets.

    Parameters
    ----------
    config : SourcedConfig
    field : str
        The name of the list.
    texts : sequence of str
        Its items.
    numbers : dict
        Numbers of streams or side packets by name; new ones are added.
    once : bool, optional
        Whether no name may be listed twice.
    """
    kind = field.replace("_", " ")
    if not texts:
        return Interface(kind, (), {}), []
    specs, wrong = parse_specs(texts)
    problems = [config.problem(f"{field} {message}", field, position) for position, message in wrong]
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
    return Interface(kind, tuple(keys), found), problems


def unproduced(
    config: SourcedConfig, field: str, texts: Sequence[str], outputs: Interface, produced: Collection[str]
) -> list[Problem]:
    """Return a problem for each output of the graph whose name is not in `produced`."""
    problems = []
    for position, text in enumerate(texts):
        name = text.rpartition(":")[2]
        if name in outputs.numbers and name not in produced:
            message = f'{field} "{name}" has no producer{did_you_mean(name, produced)}'
            problems.append(config.problem(message, field, position))
    return problems
