"""The deadline of a request."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from graphframe.serving.errors import NO_RETRY, APIError

_HEADERS = ("x-stainless-read-timeout", "x-stainless-timeout")
"""Headers in which OpenAI's clients say how many seconds they wait for the first byte of an answer."""


class Deadline:
    """The time after which a client does not need an answer any more.

    Parameters
    ----------
    seconds : float
        Seconds from now; infinite for none.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()

    def left(self) -> float | None:
        """Return the seconds until then, or None if they are infinite."""
        return None if math.isinf(self._seconds) else max(self._began + self._seconds - time.perf_counter(), 0.0)

    def check(self, seconds: float) -> None:
        """Raise APIError 504 if fewer than `seconds` are left."""
        left = self.left()
        if left is not None and seconds > left:
            raise _too_late(f"it would take about {math.ceil(seconds)} s, and has {left:.3g} s")

    def passed(self) -> APIError:
        """Return the error of a request that did not end in time."""
        return _too_late(f"it did not end within {self._seconds:g} s")


def seconds_of(headers: Mapping[str, str | None], stream: bool, *others: float | None) -> float:
    """Return the fewest seconds that a client or the server allows.

    Parameters
    ----------
    headers : mapping of str to str or None
        The request's headers, by lower-case names.
    stream : bool
        Whether the answer is a stream, whose first byte is sent at once.
    *others : float or None
        Further limits.
    """
    given = [] if stream else [_positive(headers[name]) for name in _HEADERS if name in headers]
    return min(each for each in (*given, *others, math.inf) if each is not None)


def _positive(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _too_late(reason: str) -> APIError:
    message = f"the request cannot be answered in time: {reason}"
    return APIError(504, message, code="deadline_exceeded", headers=NO_RETRY)
