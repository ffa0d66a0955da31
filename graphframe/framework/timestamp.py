"""Timestamps: plain ints on MediaPipe's scale, and its special values."""

from __future__ import annotations

from operator import index
from typing import Final

_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1


class Timestamp:
    """MediaPipe's special timestamps, and the rules of their order. A timestamp itself is an ``int``.

    >>> Timestamp.next_allowed_in_stream(7)
    8
    >>> Timestamp.describe(Timestamp.DONE)
    'DONE'
    """

    UNSET: Final = _LOWEST
    """No timestamp."""
    UNSTARTED: Final = _LOWEST + 1
    """The timestamp of ``open``."""
    PRE_STREAM: Final = _LOWEST + 2
    """The timestamp of a stream's only packet, before those of other streams."""
    MIN: Final = _LOWEST + 3
    MAX: Final = _HIGHEST - 3
    POST_STREAM: Final = _HIGHEST - 2
    """The timestamp of a stream's only packet, after those of other streams."""
    ONE_OVER_POST_STREAM: Final = _HIGHEST - 1
    """Only a bound: no packet can follow."""
    DONE: Final = _HIGHEST
    """The bound of a closed stream, and the timestamp of ``close``."""

    @staticmethod
    def is_allowed_in_stream(timestamp: int) -> bool:
        """Return whether a packet may have `timestamp`."""
        return Timestamp.PRE_STREAM <= timestamp <= Timestamp.POST_STREAM

    @staticmethod
    def next_allowed_in_stream(timestamp: int) -> int:
        """Return the least timestamp that may follow `timestamp` in a stream."""
        if timestamp == Timestamp.PRE_STREAM or timestamp >= Timestamp.MAX:
            return Timestamp.ONE_OVER_POST_STREAM
        return max(timestamp + 1, Timestamp.MIN)

    @staticmethod
    def whole(timestamp: object) -> int:
        """Return a timestamp as an ``int``; TypeError if it is not a whole number."""
        try:
            return index(timestamp)  # type: ignore[arg-type]
        except TypeError:
            message = f"a timestamp is an int, not {type(timestamp).__name__}: {timestamp!r}"
            raise TypeError(message) from None

    @staticmethod
    def describe(timestamp: int) -> str:
        """Return the name of a special value, or the number of any other."""
        return _NAMES.get(timestamp, str(timestamp))


_NAMES: Final = {value: name for name, value in vars(Timestamp).items() if name.isupper()}
