"""What goes wrong: in a config, in a calculator, or because somebody cancelled."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphframe.framework.timestamp import Timestamp


class GraphError(Exception):
    """The base of all errors of the engine."""


class Problem(NamedTuple):
    """One thing that is wrong with a config, and where."""

    message: str
    source: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.message}"


class GraphConfigError(GraphError):
    """A graph that cannot run, with all that is wrong with it in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class CalculatorError(GraphError):
    """A calculator raised; the original exception is the `__cause__`.

    Attributes
    ----------
    node, calculator : str
        The name of the node and of its calculator.
    phase : str
        ``"load"``, ``"open"``, ``"process"`` or ``"close"``.
    timestamp : int
        The input timestamp; `Timestamp.UNSET` while loading.
    others : tuple of CalculatorError
        Of other nodes, which failed to load as well; the message has them all.
    """

    others: tuple[CalculatorError, ...] = ()

    def __init__(self, node: str, calculator: str, phase: str, timestamp: int, cause: BaseException) -> None:
        self.node = node
        self.calculator = calculator
        self.phase = phase
        self.timestamp = timestamp
        self.__cause__ = cause
        when = f" at timestamp {Timestamp.describe(timestamp)}" if phase == "process" else ""
        detail = str(cause) if isinstance(cause, GraphError) else f"{type(cause).__name__}: {cause}"
        super().__init__(f'node "{node}" ({calculator}): {phase} failed{when}: {detail}')

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.others)])


class Cancelled(GraphError):  # noqa: N818 - a cancelled run is no error of anybody's
    """The run was cancelled."""


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """``', did you mean "x"?'`` for the candidate that is closest to `name`; else ``''``."""
    close = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return f', did you mean "{close[0]}"?' if close else ""
