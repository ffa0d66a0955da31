"""`Cancellation`, which reports to the code that works for a run that it must stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from graphframe.framework.errors import Cancelled

_log = logging.getLogger(__name__)


class Cancellation:
    """The cancellation of one run, shared by its nodes and the code that waits for them.

    Attributes
    ----------
    share : tuple of (str, float)
        The party for which the run works, and its weight: runs of all parties share each device fairly.
    cancelled : bool
    """

    __slots__ = ("_lock", "_reason", "_subscribers", "cancelled", "share")

    def __init__(self, share: tuple[str, float] = ("", 1.0)) -> None:
        self.share = share
        self.cancelled = False
        self._reason = ""
        self._lock = threading.Lock()
        self._subscribers: dict[object, Callable[[], None]] = {}

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` once the run is cancelled."""
        if self.cancelled:
            raise Cancelled(self._reason)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once, when the run is cancelled; at once if it is. Return a function that unsubscribes it."""
        key = object()
        with self._lock:
            if not self.cancelled:
                self._subscribers[key] = callback
                return lambda: self._unsubscribe(key)
        callback()
        return lambda: None

    def cancel(self, reason: str) -> None:
        """Cancel the run; the first reason stays."""
        with self._lock:
            if self.cancelled:
                return
            self._reason = reason
            self.cancelled = True
            subscribers, self._subscribers = self._subscribers, {}
        for callback in subscribers.values():
            try:
                callback()
            except Exception:
                _log.exception("a subscriber of a cancellation failed")

    def _unsubscribe(self, key: object) -> None:
        with self._lock:
            self._subscribers.pop(key, None)
