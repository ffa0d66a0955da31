"""How long a model's inferences take."""

from __future__ import annotations

import threading

Shapes = tuple[tuple[int, ...], ...]

LATEST = 0.2
"""The part of an average that is its latest measurement."""

KEPT = 256
"""So many combinations of input shapes are remembered a model: image sizes are the choice of clients."""


class InferenceTimes:
    """Exponential moving averages of the seconds that one inference takes, one for each combination of input shapes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[Shapes, float] = {}

    def expected(self, shapes: Shapes) -> float:
        """Seconds that the next inference will take; 0.0 before the first was measured."""
        return self._seconds.get(shapes, 0.0)

    def record(self, shapes: Shapes, seconds: float) -> None:
        """Add a measurement; the first is taken as it is."""
        with self._lock:
            before = self._seconds.get(shapes, seconds)
            self._seconds[shapes] = before + LATEST * (seconds - before)
            if len(self._seconds) > KEPT:
                del self._seconds[next(iter(self._seconds))]
