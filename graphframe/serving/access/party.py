"""A party: the users of an API key."""

from __future__ import annotations

from typing import NamedTuple

PRIORITIES = {"high": 4.0, "normal": 1.0, "low": 0.25}
"""The weight of each priority: a party of high priority gets four times the work of one of normal priority."""


class Party(NamedTuple):
    """The users of one API key, or of several of one name.

    Attributes
    ----------
    name : str
        Empty for those without a key.
    priority : str
        One of `PRIORITIES`.
    max_running, max_waiting : int or None
        Its own limits of requests; None for its share of the server's.
    """

    name: str = ""
    priority: str = "normal"
    max_running: int | None = None
    max_waiting: int | None = None

    @property
    def weight(self) -> float:
        """The weight of its share."""
        return PRIORITIES[self.priority]

    @property
    def share(self) -> tuple[str, float]:
        """Its share of devices and of the queue."""
        return self.name, self.weight


NO_PARTY = Party()
"""Those without a key."""
