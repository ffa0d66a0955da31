"""The durations of a model's inferences."""

from __future__ import annotations

import threading

InputShapes = tuple[tuple[int, ...], ...]
"""The shape of each input, in the model's order."""

LATEST = 0.2
"""The weight of the latest measurement in the average."""

KEPT = 256
"""The largest number of combinations of input shapes per model. Clients choose image sizes, so it needs a limit."""


class InferenceTimes:
    """Exponential moving averages of the duration of an inference, one for each combination of input shapes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[InputShapes, float] = {}

    def expected(self, shapes: InputShapes) -> float:
        """Return the expected duration of an inference in seconds, 0.0 before the first measurement."""
        return self._seconds.get(shapes, 0.0)

    def record(self, shapes: InputShapes, seconds: float) -> None:
        """Add a measurement. The first one becomes the average."""
        with self._lock:
            before = self._seconds.get(shapes, seconds)
            self._seconds[shapes] = before + LATEST * (seconds - before)
            if len(self._seconds) > KEPT:
                del self._seconds[next(iter(self._seconds))]
