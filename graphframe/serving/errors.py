"""Errors in OpenAI's envelope, with a status, and headers that say whether to retry.

Clients get no exception texts, names of nodes or paths of the server: the log has them, under the request's id.
"""

from __future__ import annotations

import logging
from typing import Any

import falcon
import falcon.asgi
import msgspec

from graphframe.serving.api.responses import ErrorDetails, ErrorResponse

NO_RETRY = {"x-should-retry": "false"}
"""Headers of an error that every retry would get again. Without them, OpenAI's clients try a 5xx three times."""

_log = logging.getLogger(__name__)


class APIError(falcon.HTTPError):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
    message : str
        Text for the client.
    param : str or None
        The wrong field of the request.
    code : str or None
        A word by which programs distinguish errors.
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

    def __reduce__(self) -> tuple[Any, ...]:
        inherited = {name: getattr(self, name) for name in falcon.HTTPError.__slots__}
        return type(self).__new__, (type(self), *self.args), {**inherited, **self.__dict__}


def details(error: falcon.HTTPError, request_id: str, message: str | None = None) -> ErrorDetails:
    """Return the content of the envelope of an error.

    Parameters
    ----------
    error : falcon.HTTPError
        An `APIError`, or one of Falcon's own.
    request_id : str
        Named in the message of a 500, whose reason is in the log only.
    message : str, optional
        By default the error's description.
    """
    status = error.status_code
    text = message or error.description or ""
    return ErrorDetails(
        message=f"{text} (request id: {request_id})" if status == 500 else text,
        type="server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error",
        param=getattr(error, "param", None),
        code=getattr(error, "error_code", None),
    )


def write_envelope(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Write an error into the response, whatever types the client accepts."""
    message = error.description or f"{error.title}: {req.method} {req.path}"
    if error.status_code == 405:
        message = f"{req.method} is not allowed at {req.path}; allowed: {resp.get_header('Allow')}"
    resp.content_type = falcon.MEDIA_JSON
    resp.data = msgspec.json.encode(ErrorResponse(error=details(error, req.context.id, message)))


def internal_error() -> APIError:
    """Return the error for an exception that no code expects."""
    return APIError(500, "internal error", code="internal_error", headers=NO_RETRY)


def out_of_memory() -> APIError:
    """Return the error for a MemoryError. The server goes on, and has memory again once other requests have ended."""
    message = "the server ran out of memory; try again later, or with fewer or smaller images"
    return APIError(503, message, code="out_of_memory", headers={"retry-after": "5"})


async def answer_unexpected(
    req: falcon.asgi.Request,
    resp: falcon.asgi.Response | None,
    error: Exception,
    params: dict[str, Any],
    ws: falcon.asgi.WebSocket | None = None,
) -> None:
    """Log an exception that no code expects, and answer with a 500, or a 503 if memory ran out."""
    _log.error("%s: %s %s failed", req.context.id, req.method, req.path, exc_info=error)
    raise out_of_memory() if isinstance(error, MemoryError) else internal_error()
