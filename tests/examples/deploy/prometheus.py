"""Prometheus with the example configuration, which reads the metrics of a server."""

from __future__ import annotations

import contextlib
import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.examples.deploy.examples import edited, tool
from tests.examples.deploy.proxy import running
from tests.serving.running_server import SECONDS, RunningServer, free_port


@dataclass
class Prometheus:
    """A running Prometheus."""

    port: int

    def query(self, expression: str) -> list[float]:
        """Return the values of a query's result, without NaN."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{query}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                result = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it has not started yet
                raise AssertionError(f"{expression}: {error.read().decode()}") from error
            return []
        values = [float(sample["value"][1]) for sample in result]
        return [value for value in values if not math.isnan(value)]

    def wait_for(self, expression: str, meanwhile: Callable[[], object] = lambda: None) -> list[float]:
        """Return the result of a query when it has one; call `meanwhile` until then."""
        until = time.monotonic() + SECONDS
        while not (found := self.query(expression)):
            assert time.monotonic() < until, f"no data: {expression}"
            meanwhile()
            time.sleep(0.1)
        return found


@contextlib.contextmanager
def prometheus(folder: Path, server: RunningServer) -> Iterator[Prometheus]:
    """Run Prometheus in `folder`, with short intervals and alerts that do not wait, until it has read some metrics."""
    every = {"scrape_interval: 15s": "scrape_interval: 200ms", "evaluation_interval: 15s": "evaluation_interval: 200ms"}
    target = {"localhost:8000": f"127.0.0.1:{server.port}"}
    (folder / "prometheus.yml").write_text(edited("prometheus/prometheus.yml", every | target))
    alerts = edited("prometheus/alerts.yml", {f"for: {time}": "for: 0s" for time in ("1m", "2m", "5m", "10m")})
    (folder / "alerts.yml").write_text(alerts)
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, port):
        found = Prometheus(port)
        found.wait_for("up == 1")
        yield found
