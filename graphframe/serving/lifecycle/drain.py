"""The end of a server."""

from __future__ import annotations

from collections.abc import Callable

from graphframe.serving.errors import APIError

RETRY_SECONDS = 5
"""Seconds after which a client may find another server."""


class Drain:
    """How far the end of a server is: it is announced, then new requests are refused, then those under way fail.

    Parameters
    ----------
    fail_requests : callable
        Ends the requests that wait or run with an error.

    Attributes
    ----------
    announced : bool
        Whether the server is not ready any more.
    refusing : bool
        Whether new requests are refused.
    """

    def __init__(self, fail_requests: Callable[[APIError], None]) -> None:
        self.announced = False
        self.refusing = False
        self._fail_requests = fail_requests

    def fail_requests(self) -> None:
        """End the requests that wait or run with an error."""
        self._fail_requests(shutting_down("the server shut down before the request was finished"))


def shutting_down(message: str = "the server is shutting down") -> APIError:
    """Return the error for a request that a server does not take, or finish, any more."""
    headers = {"connection": "close", "retry-after": str(RETRY_SECONDS)}
    return APIError(503, message, code="shutting_down", headers=headers)
