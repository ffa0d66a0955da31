"""Errors as OpenAI's clients read them: an envelope, a status, and headers that say whether to try again."""

from __future__ import annotations

import logging
from typing import Any

import falcon
import falcon.asgi
import msgspec

from graphframe.serving.api.responses import ErrorDetails, ErrorResponse

NO_RETRY = {"x-should-retry": "false"}
"""For what fails again however often it is tried; without it the clients try a 5xx three times."""

_log = logging.getLogger(__name__)


class APIError(falcon.HTTPError):
    """A request that gets an error for its answer.

    Parameters
    ----------
    status : int
    message : str
    param : str or None
        The field of the request that is to blame.
    code : str or None
        A word for programs to tell errors apart by.
    headers : dict or None
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, description=message, headers=headers)
        self.param = param
        self.error_code = code


def details(error: falcon.HTTPError, message: str | None = None) -> ErrorDetails:
    """An error, ours or Falcon's own, as clients read it; its message by default is the error's description."""
    status = error.status_code
    return ErrorDetails(
        message=message or error.description or "",
        type="server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error",
        param=getattr(error, "param", None),
        code=getattr(error, "error_code", None),
    )


def write_envelope(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Write an error into the response, whatever the client says it accepts."""
    message = error.description or f"{error.title}: {req.method} {req.path}"
    if error.status_code == 405:
        message += f"; allowed: {resp.get_header('Allow')}"
    resp.content_type = falcon.MEDIA_JSON
    resp.data = msgspec.json.encode(ErrorResponse(error=details(error, message)))


def unexpected(error: Exception) -> APIError:
    """What to answer when something happened that nobody thought of."""
    return APIError(500, f"internal error: {type(error).__name__}: {error}", code="internal_error", headers=NO_RETRY)


async def answer_unexpected(
    req: falcon.asgi.Request,
    resp: falcon.asgi.Response | None,
    error: Exception,
    params: dict[str, Any],
    ws: falcon.asgi.WebSocket | None = None,
) -> None:
    """Answer what nobody thought of, and log it."""
    _log.error("%s: %s %s failed", req.context.id, req.method, req.path, exc_info=error)
    raise unexpected(error)
