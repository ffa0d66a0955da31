"""On whose behalf an inference is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Caller(Protocol):
    """What a lane has to know of whoever waits for it; the engine's `Cancellation` is one."""

    @property
    def started(self) -> float:
        """When the caller's work as a whole started, in seconds on `time.monotonic`'s clock."""

    @property
    def cancelled(self) -> bool:
        """Whether the work is no longer wanted."""

    def raise_if_cancelled(self) -> None:
        """Raise the caller's own exception once the work is no longer wanted."""

    def subscribe(self, callback: Callable[[], None], /) -> Callable[[], None]:
        """Call `callback` once on cancellation, at once if that was before. Returns what takes it back."""
