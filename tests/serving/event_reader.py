"""Server-sent events as clients read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Event = tuple[str, dict[str, Any]]
"""The name of an event and its data."""


def read_events(lines: Iterable[str]) -> Iterable[Event]:
    """Yield each event at its last line; comments are ignored."""
    name, data = "", ""
    for line in lines:
        field, _, value = line.rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif not field and not value and data:
            yield name, json.loads(data)
            name, data = "", ""
