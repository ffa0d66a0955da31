"""The errors of the engine: of a config, of a calculator, or of a run that was cancelled."""

from __future__ import annotations

import difflib
import pickle
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from graphframe.framework.timestamp import Timestamp


class GraphError(Exception):
    """The base of all errors of the engine. They can be pickled, with what they carry."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


class Problem(NamedTuple):
    """One problem of a config, and its place."""

    message: str
    source: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.message}"


class GraphConfigError(GraphError):
    """A graph that cannot run. Its `problems` are reported all at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class CalculatorError(GraphError):
    """A calculator raised an exception, which is the `__cause__`.

    Attributes
    ----------
    node, calculator : str
        The name of the node and of its calculator.
    phase : str
        ``"load"``, ``"open"``, ``"process"`` or ``"close"``.
    timestamp : int
        The timestamp of the input set; `Timestamp.UNSET` while loading.
    others : tuple of CalculatorError
        Errors of other nodes that failed to load as well; the message includes them.
    """

    others: tuple[CalculatorError, ...] = ()

    def __init__(self, node: str, calculator: str, phase: str, timestamp: int, cause: BaseException) -> None:
        self.node = node
        self.calculator = calculator
        self.phase = phase
        self.timestamp = timestamp
        self.__cause__ = cause
        when = f" at timestamp {Timestamp.describe(timestamp)}" if phase == "process" else ""
        detail = text_of(cause) if isinstance(cause, GraphError) else describe(cause)
        super().__init__(f'node "{node}" ({calculator}): {phase} failed{when}: {detail}')

    def __reduce__(self) -> tuple[Any, ...]:
        create, arguments, state = super().__reduce__()
        return create, arguments, {**state, "__cause__": self.__cause__ and _picklable(self.__cause__)}

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.others)])


class Cancelled(GraphError):  # noqa: N818 - a run that was cancelled did nothing wrong
    """The run was cancelled."""


def _picklable(error: BaseException) -> BaseException:
    """Return an exception or, if it does not survive pickling, one with its class and text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(describe(error))
    return error


def text_of(error: BaseException) -> str:
    """Return the text of an exception, whose class may be unable to make one."""
    try:
        return str(error)
    except Exception as cause:
        return f"its __str__ raised {type(cause).__name__}"


def describe(error: BaseException) -> str:
    """Return the class and the text of an exception."""
    return f"{type(error).__name__}: {text_of(error)}"


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return ``' (did you mean "x"?)'`` for the candidate closest to `name`, or ``''`` if none is close."""
    close = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""
