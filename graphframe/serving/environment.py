"""The environment variables ``GRAPHFRAME_...``, which are options of ``graphframe serve``, also under gunicorn."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, get_origin, get_type_hints

import msgspec

from graphframe.framework.errors import did_you_mean
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull_options import PullOptions
from graphframe.serving.modes import find_mode
from graphframe.serving.options import ServerOptions

PREFIX = "GRAPHFRAME"
_TASK = get_type_hints(TaskOptions)
_PULL = get_type_hints(PullOptions)
_SERVER = {name: type_ for name, type_ in get_type_hints(ServerOptions).items() if not name.endswith("_options")}
_TYPES = {**_TASK, **_PULL, **_SERVER}
"""The type of each option, but of ``cache_dir``, which `graphframe.inference` reads."""
_NAME = rf"{PREFIX}(_[A-Z0-9_]+)?"
_OF_SERVICE = re.compile(
    rf"{_NAME}_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=.*"
    rf"|{_NAME}_PORT=(tcp|udp|sctp)://.*"
)


def variable(name: str) -> str:
    """Return the variable of an option."""
    return f"{PREFIX}_{name.upper()}"


def options_in_environment() -> list[str]:
    """Return the names of the options that the environment sets.

    Variables that Kubernetes sets in pods for a service called graphframe are ignored.

    Raises
    ------
    ValueError
        If a variable is unknown, or is empty. Only ``GRAPHFRAME_CACHE_DIR`` may be empty.
    """
    names = {variable(name): name for name in (*_TYPES, "cache_dir")}
    found = [each for each in os.environ if each.startswith(f"{PREFIX}_") and not _is_of_service(each)]
    for each in found:
        if each not in names:
            raise ValueError(
                f"the environment variable {each} is not an option of graphframe serve{did_you_mean(each, names)}"
            )
        if not os.environ[each] and names[each] != "cache_dir":
            raise ValueError(f"the environment variable {each} is empty; set or remove it")
    return [names[each] for each in found]


def options_from_environment() -> ServerOptions:
    """Return the options that the environment sets, for gunicorn's own command.

    Raises
    ------
    ValueError
        If a variable is unknown or invalid, or if options do not belong together.
    """
    names = options_in_environment()
    find_mode(names, variable)
    values = {name: _convert(name) for name in names if name in _TYPES}
    given = _part(values, _SERVER)
    if task_options := _part(values, _TASK):
        given["task_options"] = TaskOptions(**task_options)
    return ServerOptions(**given, pull_options=PullOptions(**_part(values, _PULL)))


def _part(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _convert(name: str) -> Any:
    text = os.environ[variable(name)]
    given = text.splitlines() if get_origin(_TYPES[name]) is tuple else text
    try:
        return msgspec.convert(given, _TYPES[name], strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"the environment variable {variable(name)} is not valid: {error}") from None


def _is_of_service(name: str) -> bool:
    """Return whether Kubernetes set the variable, for a service whose name begins with graphframe."""
    return bool(_OF_SERVICE.fullmatch(f"{name}={os.environ[name]}"))
