"""One line in the log for each request."""

from __future__ import annotations

import logging
from urllib.parse import quote

from graphframe.serving.observation.exchange import Exchange, is_polled

_log = logging.getLogger(__name__)


def log_exchange(exchange: Exchange) -> None:
    """Log an exchange that ended: at DEBUG if clients poll its route, else at INFO. Prompts are not logged."""
    level = logging.DEBUG if is_polled(exchange.route) else logging.INFO
    if not _log.isEnabledFor(level):
        return
    fields = _fields(exchange)
    rest = " ".join(f"{name}={value}" for name, value in fields.items() if name not in ("method", "path"))
    _log.log(level, "%s %s %s", fields["method"], fields["path"], rest, extra={"fields": fields})


def _fields(exchange: Exchange) -> dict[str, str | int]:
    fields: dict[str, str | int] = {
        "method": quote(exchange.method),
        "path": quote(exchange.path),  # NOTE: it may contain a line break, which would forge a line of the log
        "status": exchange.status,
        "ms": round(1000 * exchange.seconds),
    }
    if exchange.model:
        fields["model"] = exchange.model
    if generation := exchange.generation:
        fields["queue_ms"] = round(1000 * generation.waited())
        fields["steps"] = generation.steps[0]
        if generation.size:
            fields["size"] = generation.size
    fields["request_id"] = exchange.id
    if exchange.trace_id:
        fields["trace_id"] = exchange.trace_id
    return fields
