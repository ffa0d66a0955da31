"""The seconds of a shared server that each of its requests gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphframe.serving.access.party import Party


class SharedTime:
    """Clocks that advance by the part of the server that one running request of a party has.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = clock()
        self._speeds: dict[str, float] = {}
        self._seconds: dict[str, float] = {}

    def change(self, running: Sequence[Party]) -> None:
        """Note the parties of all requests that run from now on, each as often as it has requests."""
        now = self._clock()
        seconds = {name: self._at(now, name) for name in self._speeds}
        weights = {party.name: party.weight for party in running}
        names = [party.name for party in running]
        total = sum(weights.values())
        self._speeds = {name: weight / total / names.count(name) for name, weight in weights.items()}
        self._seconds = {name: seconds.get(name, 0.0) for name in weights}
        self._changed = now

    def of(self, party: Party) -> Callable[[], float]:
        """Return a function that returns the seconds that a running request of a party got since this call."""
        began = self._at(self._clock(), party.name)
        return lambda: self._at(self._clock(), party.name) - began

    def _at(self, now: float, name: str) -> float:
        return self._seconds[name] + self._speeds[name] * (now - self._changed)
