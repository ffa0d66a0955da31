"""Calculators and subgraphs by the names that graphs call them.

Those of installed packages come from the entry-point group ``graphframe.calculators`` and are imported when they are
first asked for.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar

from graphframe.framework.calculator import Calculator
from graphframe.framework.config import SourcedConfig, parse
from graphframe.framework.errors import GraphConfigError, GraphError, did_you_mean

C = TypeVar("C", bound=type[Calculator])

_calculators: dict[str, type[Calculator]] = {}
_subgraphs: dict[str, SourcedConfig] = {}


def register(calculator: C) -> C:
    """Make a calculator known to graphs by the name of its class; usable as a decorator."""
    _calculators[calculator.__name__] = calculator
    return calculator


def register_subgraph(path: str | Path) -> str:
    """Make the graph in a file known to other graphs by its ``type``, and return that.

    Raises
    ------
    GraphConfigError
        If it cannot be parsed. The rest of it is checked with the graphs that use it.
    GraphError
        If it has no ``type``.
    """
    config = parse(Path(path).read_text(encoding="utf-8"), str(path), load_option_types)
    if config.problems:
        raise GraphConfigError(config.problems)
    if not config.proto.type:
        raise GraphError(f'{path}: a graph needs a type, as in type: "MySubgraph", to be used as a subgraph')
    _subgraphs[config.proto.type] = config
    return config.proto.type


def find_subgraph(name: str) -> SourcedConfig | None:
    """The subgraph of that type, if there is one."""
    return _subgraphs.get(name)


def find_calculator(name: str) -> type[Calculator]:
    """The calculator of that name.

    Raises
    ------
    LookupError
        If there is none, with a suggestion, or if its package cannot be imported, with the reason.
    """
    if name not in _calculators:
        entry = _entry_points().get(name)
        if entry is None:
            known = {*_calculators, *_subgraphs, *_entry_points()}
            raise LookupError(f'there is no calculator or subgraph "{name}"{did_you_mean(name, known)}')
        try:
            calculator = entry.load()
        except Exception as cause:
            reason = f"{type(cause).__name__}: {cause}"
            raise LookupError(f'the calculator "{name}" cannot be imported from {entry.value}: {reason}') from cause
        if not (isinstance(calculator, type) and issubclass(calculator, Calculator)):
            raise LookupError(f'the calculator "{name}" at {entry.value} is not a subclass of Calculator')
        _calculators[name] = calculator
    return _calculators[name]


def load_option_types() -> list[str]:
    """Import all calculators, so that the types of their options are known; returns the names of these."""
    names: set[str] = set()
    for name in {*_calculators, *_entry_points()}:
        try:
            options = find_calculator(name).contract.options
        except LookupError:
            continue
        names.update(option.type.DESCRIPTOR.full_name for option in options)
    return sorted(names)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="graphframe.calculators")}
