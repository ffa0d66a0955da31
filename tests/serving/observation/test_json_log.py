from __future__ import annotations

import json
import logging
import sys

from graphframe.serving.observation.exchange import EXCHANGE, Exchange
from graphframe.serving.observation.json_log import JsonFormatter


def record(message: str, *arguments: object) -> logging.LogRecord:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        return logging.LogRecord("toy", logging.ERROR, __file__, 1, message, arguments, sys.exc_info())


def test_a_record() -> None:
    line = JsonFormatter().format(record('a "%s"\nfailed', "caf\u00e9 \ud800"))
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry.pop("exception").endswith("ValueError: two\nlines")
    assert entry.pop("pid") > 0
    assert entry == {"level": "ERROR", "logger": "toy", "message": 'a "caf\u00e9 \ud800"\nfailed'}


def test_the_id_of_the_request() -> None:
    token = EXCHANGE.set(Exchange("GET", "/", id="mine"))
    try:
        assert json.loads(JsonFormatter().format(record("failed")))["request_id"] == "mine"
    finally:
        EXCHANGE.reset(token)
