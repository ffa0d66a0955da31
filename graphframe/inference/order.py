"""A priority queue, without threads and without a clock."""

from __future__ import annotations

import bisect
import itertools
from typing import Generic, TypeVar

T = TypeVar("T")


class OrderQueue(Generic[T]):
    """Items in ascending order of their keys. Items of equal keys keep the order of arrival.

    Examples
    --------
    >>> queue = OrderQueue()
    >>> queue.push(7.0, "long")
    >>> queue.push(2.0, "short")
    >>> queue.pop()
    'short'
    """

    # NOTE: a sorted list instead of a heap: it holds one item for each waiting thread, and items leave from the middle.
    def __init__(self) -> None:
        self._arrivals = itertools.count()
        self._entries: list[tuple[float, int, T]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, key: float, item: T) -> None:
        """Add `item`."""
        bisect.insort(self._entries, (key, next(self._arrivals), item))

    def pop(self) -> T:
        """Remove and return the item with the smallest key.

        Raises
        ------
        IndexError
            If the queue is empty.
        """
        return self._entries.pop(0)[2]

    def remove(self, item: T) -> None:
        """Remove `item`.

        Raises
        ------
        ValueError
            If `item` is not in the queue.
        """
        self._entries.pop([entry[2] for entry in self._entries].index(item))
