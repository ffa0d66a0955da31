"""A queue that is fair between the parties that share it, without threads and without a clock."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Share: TypeAlias = tuple[str, float]
"""A party's name and its weight: a party of weight 2 gets twice the work of one of weight 1."""


class _Party(Generic[T]):
    __slots__ = ("arrivals", "entries", "gone", "served")

    def __init__(self) -> None:
        self.entries: list[tuple[float, int, T]] = []  # a key, the number of the arrival, and an item
        self.arrivals: dict[int, int] = {}  # how many had gone when an item arrived, by the number of its arrival
        self.gone = 0
        self.served = 0.0

    def copy(self) -> _Party[T]:
        copied: _Party[T] = _Party()
        copied.entries, copied.arrivals = self.entries.copy(), self.arrivals.copy()
        copied.gone, copied.served = self.gone, self.served
        return copied

    def next(self) -> int:
        """Return the position of the next item: the first that arrived if many went since, or that of the least key."""
        oldest, gone_before = next(iter(self.arrivals.items()))
        if self.gone - gone_before <= len(self.entries):
            return 0
        return next(position for position, entry in enumerate(self.entries) if entry[1] == oldest)

    def take(self, position: int) -> T:
        """Remove and return an item."""
        _, arrival, item = self.entries.pop(position)
        del self.arrivals[arrival]
        return item


class FairQueue(Generic[T]):
    """Items of several parties. The party that got least for its weight is next, with its item of the least key.

    Between parties it is start-time fair queueing: one that was away gets no more for that than one that came now. In
    a party, an item before which more have gone than wait is next; items of equal keys keep the order of arrival.

    Examples
    --------
    >>> queue = FairQueue()
    >>> for key, share, item in [(7.0, "a", "a long"), (2.0, "a", "a short"), (9.0, "b", "b long")]:
    ...     queue.push((share, 1.0), key, item)
    >>> queue.charge(("a", 1.0), 3.0)  # it got 3 seconds of work before
    >>> queue.pop(), queue.pop(), queue.pop()
    ('b long', 'a short', 'a long')
    """

    # NOTE: sorted lists instead of heaps: they hold one item for each waiting run, and items leave from the middle.
    def __init__(self) -> None:
        self._arrivals = itertools.count()
        self._parties: dict[str, _Party[T]] = {}
        self._size = 0
        self._now = 0.0  # the work per weight that a party has had which is next

    def __len__(self) -> int:
        return self._size

    def items(self, name: str) -> list[T]:
        """Return the items of a party, by their keys."""
        return [item for _, _, item in self._parties[name].entries] if name in self._parties else []

    def copy(self) -> FairQueue[T]:
        """Return a queue of the same items in the same state."""
        copied: FairQueue[T] = FairQueue()
        copied._size, copied._now = self._size, self._now
        copied._parties = {name: party.copy() for name, party in self._parties.items()}
        return copied

    def push(self, share: Share, key: float, item: T) -> None:
        """Add an item of a party."""
        party, arrival = self._party(share[0]), next(self._arrivals)
        bisect.insort(party.entries, (key, arrival, item))
        party.arrivals[arrival] = party.gone
        self._size += 1

    def pop(self, may: Callable[[T], bool] = lambda _: True) -> T:
        """Remove and return the next item.

        Parameters
        ----------
        may : callable, optional
            Whether an item may go; if not, its party's turn passes to the next one.

        Raises
        ------
        IndexError
            If there is none.
        """
        turns = []
        for party in self._parties.values():
            if party.entries:
                position = party.next()
                _, arrival, item = party.entries[position]
                if may(item):
                    turns.append((max(self._now, party.served), arrival, position, party))
        if not turns:
            raise IndexError("the queue has no item that may go")
        self._now, _, position, party = min(turns)
        party.gone += 1
        self._size -= 1
        return party.take(position)

    def put_back(self, share: Share, key: float, item: T) -> None:
        """Add an item that was popped, but let others go first. It does not count as one that has gone."""
        self._party(share[0]).gone -= 1
        self.push(share, key, item)

    def charge(self, share: Share, work: float) -> None:
        """Note that a party got work, or less than noted before if `work` is negative."""
        party = self._party(share[0])
        party.served = max(self._now, party.served) + work / share[1]

    def remove(self, share: Share, item: T) -> None:
        """Remove an item of a party.

        Raises
        ------
        ValueError
            If it is not in the queue.
        """
        party = self._party(share[0])
        party.take([entry[2] for entry in party.entries].index(item))
        self._size -= 1

    def forget(self) -> None:
        """Forget what each party got. The queue must be empty."""
        if self._parties:
            self._parties.clear()
            self._now = 0.0

    def _party(self, name: str) -> _Party[T]:
        party = self._parties.get(name)
        if party is None:
            party = self._parties[name] = _Party()
        return party
