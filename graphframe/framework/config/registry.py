"""Calculators and subgraphs by their names in graphs.

Those of installed packages come from the entry-point group ``graphframe.calculators``, and are imported when they are
first used.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.hidden_packages import explain_import
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.config.subgraph_function import MakeSubgraph, SubgraphFunction
from graphframe.framework.config.text.reading import parse_file
from graphframe.framework.errors import GraphConfigError, GraphError, did_you_mean
from graphframe.framework.port import Options

C = TypeVar("C", bound=type[Calculator])
F = TypeVar("F", bound=MakeSubgraph)

_calculators: dict[str, type[Calculator]] = {}
_subgraphs: dict[str, SourcedConfig | SubgraphFunction] = {}
_functions: dict[MakeSubgraph, SubgraphFunction] = {}
"""The subgraph of each registered function. Entry points name the function."""
_changes = 0


def register(calculator: C) -> C:
    """Make a calculator known to graphs by the name of its class; usable as a decorator."""
    _calculators[calculator.__name__] = calculator
    _note_change()
    return calculator


def register_subgraph(path: str | Path) -> str:
    """Make the graph in a file known to other graphs by its ``type`` (and ``package``), and return that name.

    Raises
    ------
    GraphConfigError
        If it cannot be parsed. Everything else is checked with the graphs that use it.
    GraphError
        If it has no ``type``.
    """
    config = parse_file(path, load_option_types)
    if config.problems:
        raise GraphConfigError(config.problems)
    if not config.proto.type:
        raise GraphError(f'{path}: a graph needs a type, as in type: "MySubgraph", to be used as a subgraph')
    name = ".".join(filter(None, (config.proto.package, config.proto.type)))
    _subgraphs[name] = config
    _note_change()
    return name


def subgraph(type: str, *options: Options[Any]) -> Callable[[F], F]:
    """Make a function known to graphs as a subgraph: a decorator for a function of a node that returns a graph.

    Parameters
    ----------
    type : str
        Its name in graphs.
    *options : Options
        The options of its nodes. The function reads them with ``node[options]``.

    Examples
    --------
    >>> import graphframe as gf
    >>> @gf.subgraph("Chain")
    ... def chain(node: gf.SubgraphNode) -> str:
    ...     return '''
    ...         input_stream: "IN:a" output_stream: "OUT:c"
    ...         node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
    ...         node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
    ...     '''
    >>> graph = gf.Graph.from_text('''
    ...     input_stream: "x" output_stream: "y"
    ...     node { calculator: "Chain" input_stream: "IN:x" output_stream: "OUT:y" }
    ... ''')
    >>> [node.name for node in graph.nodes]
    ['chain__PassThroughCalculator_1', 'chain__PassThroughCalculator_2']
    """

    def registered(make: F) -> F:
        _subgraphs[type] = _functions[make] = SubgraphFunction(type, make, options)
        _note_change()
        return make

    return registered


def changes() -> int:
    """Return the number of registrations so far; each may change the meaning of graphs."""
    return _changes


def _note_change() -> None:
    global _changes
    _changes += 1


def is_installed(name: str) -> bool:
    """Return whether an installed package has a calculator or subgraph of that name."""
    return name in _entry_points()


def find_subgraph(name: str) -> SourcedConfig | None:
    """Return the graph of that type, if one is registered from a file."""
    found = _subgraphs.get(name)
    return found if isinstance(found, SourcedConfig) else None


def is_subgraph(name: str) -> bool:
    """Return whether that is the type of a subgraph. May import the package that declares it."""
    if name not in _subgraphs and name not in _calculators and name in _entry_points():
        with suppress(LookupError):
            _load(name)
    return name in _subgraphs


def subgraph_of(node: SourcedNode) -> SourcedConfig:
    """Return the graph that replaces `node`, which is a subgraph.

    Raises
    ------
    GraphConfigError
        If the function of the subgraph fails.
    """
    found = _subgraphs[node.proto.calculator]
    return found if isinstance(found, SourcedConfig) else found.config_for(node, load_option_types)


def full_name(name: str, package: str) -> str:
    """Return the full name of a calculator or subgraph in a graph of `package`; inner packages come first."""
    parts = package.split(".") if package else []
    for count in range(len(parts), 0, -1):
        full = ".".join((*parts[:count], name))
        if full in _subgraphs or full in _calculators or full in _entry_points():
            return full
    return name


def find_calculator(name: str) -> type[Calculator]:
    """Return the calculator of that name.

    Raises
    ------
    LookupError
        If it is unknown, with a suggestion, or if its package cannot be imported, with the reason.
    """
    if name not in _calculators:
        _load(name)
    return _calculators[name]


def _load(name: str) -> None:
    entry = _entry_points().get(name)
    if entry is None:
        known = {*_calculators, *_subgraphs, *_entry_points()}
        raise LookupError(f'unknown calculator or subgraph "{name}"{did_you_mean(name, known)}')
    try:
        loaded = entry.load()
    except Exception as cause:
        reason = f"{type(cause).__name__}: {cause}{explain_import(entry)}"
        raise LookupError(f'the calculator "{name}" cannot be imported from {entry.value}: {reason}') from cause
    if isinstance(loaded, type) and issubclass(loaded, Calculator):
        _calculators[name] = loaded
    elif isinstance(loaded, Hashable) and loaded in _functions:
        _subgraphs[name] = _functions[loaded]
    elif name not in _subgraphs:
        message = f'the calculator "{name}" at {entry.value} is neither a Calculator nor a subgraph'
        raise LookupError(message + explain_import(entry))


def load_option_types() -> list[str]:
    """Import all calculators, so that the types of their options are known, and return the names of the types."""
    taken: list[Options[Any]] = []
    for name in {*_calculators, *_subgraphs, *_entry_points()}:
        if is_subgraph(name):
            found = _subgraphs[name]
            taken += () if isinstance(found, SourcedConfig) else found.options
            continue
        with suppress(LookupError):
            taken += find_calculator(name).contract.options
    return sorted({options.message.DESCRIPTOR.full_name for options in taken})


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="graphframe.calculators")}
