"""Checks of a calculator's methods when its class is made: each would otherwise do nothing, without an error."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

METHODS = ("load", "open", "process", "close")
_WORDS = frozenset({"chose", "clone", "laud", "lead", "loan", "lord", "loud", "oven", "road", "those"})
"""Words that differ from one of them by a letter."""


def method_problems(cls: type, base: type, *, has_inputs: bool) -> Iterator[str]:
    """Yield a message for each method of a class that the engine would not call as its author expects.

    Parameters
    ----------
    cls : type
        The class of a calculator.
    base : type
        `Calculator`, whose methods do nothing.
    has_inputs : bool
        Whether the class has input streams that are not optional, for which it needs ``process``.
    """
    for name in METHODS:
        method = vars(cls).get(name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            yield f"{name} is an async function, which the engine does not await: use def, and wait for results in it"
        elif inspect.isgeneratorfunction(method):
            yield f"{name} is a generator, which the engine does not iterate: call cc.send instead of yield"
    misspelt = [
        (found, name)
        for name in METHODS
        if getattr(cls, name) is getattr(base, name)
        for found, value in vars(cls).items()
        if inspect.isfunction(value) and _is_misspelt(found, name) and _takes_one(value)
    ]
    for found, name in misspelt:
        yield f"{found} is not a method that the engine calls: it looks like a misspelt {name}"
    if has_inputs and not misspelt and getattr(cls, "process") is getattr(base, "process"):  # noqa: B009
        yield "it has input streams, but no method process that reads them"
    if slots := vars(cls).get("__slots__"):
        yield f"it has __slots__ ({', '.join([slots] if isinstance(slots, str) else slots)}), which runs do not copy"


def _is_misspelt(found: str, name: str) -> bool:
    """Return whether a name is one of the methods with two letters exchanged, or one of another kind.

    That is: a letter of another case, or one that is lost, doubled, or replaced, unless that makes another word.
    """
    lower = found.lower()
    if found == name:
        return False
    if len(lower) == len(name) and sum(map(str.__ne__, lower, name)) == 1:
        return lower not in _WORDS
    if lower == name or (lower[0] == name[0] and sorted(lower) == sorted(name)):
        return True
    long, short = sorted((lower, name), key=len, reverse=True)
    if len(long) != len(short) + 1 or long[0] != short[0]:
        return False
    lost = {long[:place] + long[place + 1 :] for place in range(len(long))}
    doubled = {name[:place] + name[place] + name[place:] for place in range(len(name))}
    return lower in doubled if long == lower else short in lost


def _takes_one(method: object) -> bool:
    """Return whether a function takes ``self`` and one argument, as the methods of a calculator do."""
    return len(inspect.signature(method).parameters) == 2  # type: ignore[arg-type]
