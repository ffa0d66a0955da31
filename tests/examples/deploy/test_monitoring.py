"""The dashboards and alerts, on a real Prometheus that reads the metrics of a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphframe.repository.default_model import DEFAULT_MODEL
from tests.examples.deploy.examples import DEPLOY, run, tool
from tests.examples.deploy.ovms_dashboards import QUERIES
from tests.examples.deploy.prometheus import Prometheus, prometheus
from tests.serving import toys
from tests.serving.running_server import RunningServer, serving

pytestmark = pytest.mark.timeout(120)

DASHBOARDS = {path.name: json.loads(path.read_text()) for path in (DEPLOY / "grafana").glob("*.json")}
VALUES = {
    "$__rate_interval": "1m",
    "$instance": ".*",
    "$interface": "REST",
    "$model_name": "pictograms",
    "$model_version": "1",
    "$model": ".*",
}


def panels() -> list[Any]:
    """Return all panels of the dashboards, each with its name."""
    return [
        pytest.param(panel, id=f"{name}: {panel['title']}")
        for name in DASHBOARDS
        for panel in DASHBOARDS[name]["panels"]
    ]


def filled_in(expression: str) -> str:
    """Return a query with values for the variables of its dashboard."""
    for name, value in VALUES.items():
        expression = expression.replace(name, value)
    return expression


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of pictograms, and of a model that does not load."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "broken").mkdir()
    (folder / "broken" / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Broken"))
    models = [{"name": "pictograms", "base_path": str(DEFAULT_MODEL)}, {"name": "broken"}]
    (folder / "config.json").write_text(json.dumps({"model_config_list": [], "mediapipe_config_list": models}))
    options = (f"--config_path={folder}/config.json", "--metrics_enable")
    with serving(None, *options, until="pictograms is ready at ") as server:
        yield server


@pytest.fixture(scope="module")
def scraping(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that reads its metrics."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), server) as found:
        yield found


@pytest.fixture
def ask(server: RunningServer) -> Callable[[], None]:
    """A function that sends two requests, one of which succeeds."""

    def ask() -> None:
        fields = {"prompt": "a red star", "num_inference_steps": 2}
        assert server.generate(model="pictograms", **fields)[0] == 200
        assert server.generate(model="broken", **fields)[0] == 500

    return ask


@pytest.mark.parametrize("panel", panels())
def test_each_panel_shows_data(scraping: Prometheus, ask: Callable[[], None], panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        scraping.wait_for(filled_in(target["expr"]), meanwhile=ask)


@pytest.mark.parametrize("query", QUERIES)
def test_openvino_model_servers_dashboards_show_data(scraping: Prometheus, ask: Callable[[], None], query: str) -> None:
    scraping.wait_for(filled_in(query), meanwhile=ask)


def test_a_broken_model_raises_alerts(scraping: Prometheus, ask: Callable[[], None]) -> None:
    for alert in ("GraphframeFailures", "GraphframeModelFailed"):
        scraping.wait_for(f'ALERTS{{alertname="{alert}", alertstate="firing", model="broken"}}', meanwhile=ask)
    assert scraping.query('ALERTS{model!="broken"}') == []


def test_a_server_that_ends_raises_an_alert(tmp_path: Path, model: Path) -> None:
    with serving(model, "--metrics_enable") as server, prometheus(tmp_path, server) as found:
        server.kill()
        found.wait_for('ALERTS{alertname="GraphframeDown", alertstate="firing"}')


SERIES = """
rule_files: [alerts.yml]
tests:
  - interval: 15s
    input_series:
      - {series: 'graphframe_requests_total{job="j", instance="i", model="m", status="500"}', values: "_x8 1+1x100"}
      - {series: 'graphframe_requests_total{job="j", instance="i", model="m", status="200"}', values: "0+15x100"}
      - {series: 'graphframe_requests_total{job="j", instance="i", model="n", status="500"}', values: "0+1x100"}
      - {series: 'graphframe_requests_total{job="j", instance="i", model="n", status="200"}', values: "0+50x100"}
      - {series: 'graphframe_requests_total{job="j", instance="i", model="n", status="429"}', values: "0+1x100"}
      - {series: 'graphframe_model_available{job="j", instance="i", model="m"}', values: "1x100"}
      - series: 'graphframe_model_loads_total{job="j", instance="i", model="m", result="failure"}'
        values: "0x40 1x60"
      - {series: 'graphframe_queue_seconds_bucket{job="j", instance="i", model="m", le="50"}', values: "0+1x100"}
      - {series: 'graphframe_queue_seconds_bucket{job="j", instance="i", model="m", le="100"}', values: "0+2x100"}
      - {series: 'graphframe_queue_seconds_bucket{job="j", instance="i", model="m", le="+Inf"}', values: "0+2x100"}
    promql_expr_test:
      - expr: count by (model) (ALERTS{alertname="%s", alertstate="firing"})
        eval_time: %dm
        exp_samples: %s
"""


@pytest.mark.parametrize(
    ("alert", "minutes", "model"),
    [
        ("GraphframeFailures", 3, None),
        ("GraphframeFailures", 15, "m"),
        ("GraphframeReloadFailed", 5, None),
        ("GraphframeReloadFailed", 15, "m"),
        ("GraphframeQueueFull", 15, "n"),
        ("GraphframeQueueSlow", 5, None),
        ("GraphframeQueueSlow", 15, "m"),
        ("GraphframeModelFailed", 15, None),
    ],
)
def test_when_alerts_fire(tmp_path: Path, alert: str, minutes: int, model: str | None) -> None:
    (tmp_path / "alerts.yml").write_text((DEPLOY / "prometheus" / "alerts.yml").read_text())
    samples = [{"labels": f'{{model="{model}"}}', "value": 1}] if model else []
    (tmp_path / "test.yml").write_text(SERIES % (alert, minutes, json.dumps(samples)))
    run([tool("promtool"), "test", "rules", tmp_path / "test.yml"])


def test_the_configuration_is_valid() -> None:
    run([tool("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yml"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_whole(name: str) -> None:
    board = DASHBOARDS[name]
    assert board["uid"] == f"graphframe-{Path(name).stem}"
    cells = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert x < 24
                assert (x, y) not in cells, f"{panel['title']} covers another panel"
                cells.add((x, y))
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "instance", "model"]
