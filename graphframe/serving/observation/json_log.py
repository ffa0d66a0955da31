"""The log as JSON, one object a line."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from graphframe.serving.observation.exchange import EXCHANGE


class JsonFormatter(logging.Formatter):
    """A formatter that writes a record, and the ids of the request that caused it and of its trace, as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        exchange = EXCHANGE.get(None)
        if exchange is not None:
            entry["request_id"] = exchange.id
            if exchange.trace_id:
                entry["trace_id"] = exchange.trace_id
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class JsonLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger, which writes JSON in the master and in the worker."""

    def setup(self, cfg: Any) -> None:
        """Open the log, and open it again when gunicorn's configuration is reloaded."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
