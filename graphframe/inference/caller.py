"""The caller of an inference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from graphframe.fair_queue import Share


class Caller(Protocol):
    """The part of a caller that lanes use. The engine's `Cancellation` implements it."""

    @property
    def share(self) -> Share:
        """The party for which it works: lanes are fair between parties."""

    @property
    def cancelled(self) -> bool:
        """Whether the work is cancelled."""

    def raise_if_cancelled(self) -> None:
        """Raise the caller's own exception if the work is cancelled."""

    def subscribe(self, callback: Callable[[], None], /) -> Callable[[], None]:
        """Call `callback` once on cancellation, immediately if already cancelled.

        Returns
        -------
        callable
            Removes the subscription.
        """
