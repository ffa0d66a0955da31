"""The error of a request that cannot be served."""

from __future__ import annotations

from typing import Any


class InvalidRequest(ValueError):  # noqa: N818 - named for what it says, as HTTP's Bad Request is
    """A request with an invalid field.

    Attributes
    ----------
    param : str
        The API's name of the field, e.g. ``"size"``.
    code : str
        A word by which programs distinguish errors, e.g. OpenAI's ``"moderation_blocked"``.
    """

    def __init__(self, message: str, param: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.param = param
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


def invalid_request(error: BaseException) -> InvalidRequest | None:
    """Return the InvalidRequest of a calculator with which a run ended, or None if it failed for another reason."""
    return error.__cause__ if isinstance(error.__cause__, InvalidRequest) else None
