"""The models that the options of a server select."""

from __future__ import annotations

import json
from pathlib import Path

import falcon.testing
import pytest

from graphframe.inference import default_device
from graphframe.repository.config_file import ConfigFileError
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import make_configured_app, sources_of


def test_a_config_is_read_again_each_time(model: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"model_config_list": [{"config": {"name": "toy", "base_path": "model"}}]}')
    find_sources = sources_of(ServerOptions(config_path=str(config)))
    assert find_sources() == {"toy": FolderSource(model)}
    config.write_text(json.dumps({"model_config_list": []}))
    assert find_sources() == {}
    config.write_text("")
    with pytest.raises(ConfigFileError):
        find_sources()
    with pytest.raises(ConfigFileError):
        sources_of(ServerOptions(config_path=str(config)))


@pytest.mark.parametrize(("enable", "status"), [(True, 200), (False, 404)])
def test_metrics_by_the_config(tmp_path: Path, enable: bool, status: int) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"model_config_list": [], "monitoring": {"metrics": {"enable": enable}}}))
    options = ServerOptions(config_path=str(config))
    client = falcon.testing.TestClient(make_configured_app(options, sources_of(options)))
    assert client.simulate_get("/metrics").status_code == status


@pytest.mark.parametrize("flag", [False, True])
def test_the_config_enables_metrics_only_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, flag: bool
) -> None:
    config = tmp_path / "config.json"

    def enable(metrics: bool) -> None:
        config.write_text(json.dumps({"model_config_list": [], "monitoring": {"metrics": {"enable": metrics}}}))

    enable(False)
    options = ServerOptions(config_path=str(config), metrics_enable=flag)
    client = falcon.testing.TestClient(make_configured_app(options, sources_of(options)))
    for metrics in (True, True, False, True):
        enable(metrics)
        client.simulate_post("/v1/config/reload")
    message = f"{config}: monitoring now enables metrics; restart the server to apply it"
    assert [record.message for record in caplog.records if "metrics" in record.message] == [message] * (not flag) * 2


def test_a_graph_that_is_made_in_memory(euler: Path) -> None:
    options = TaskOptions(target_device="vae_decode=AUTO:CPU")
    [(name, source)] = sources_of(ServerOptions(model_path=str(euler), task_options=options))().items()
    assert name == euler.name
    devices = {node.name: node.device for node in source.open().nodes}
    assert (devices["vae_decode"], devices["denoise"]) == ("AUTO:CPU", "DEFAULT")


def test_no_device_is_chosen_before_gunicorn_forks(euler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_device, "gpus", lambda: pytest.fail("OpenVINO's threads do not survive a fork"))
    for options in (
        ServerOptions(model_path=str(euler)),
        ServerOptions(model_path=str(euler), task="image_generation"),
    ):
        [source] = sources_of(options)().values()
        assert "DEFAULT" in {node.device for node in source.open().nodes}


def test_options_that_the_model_refuses(euler: Path) -> None:
    options = ServerOptions(model_path=str(euler), task_options=TaskOptions(target_device="denoize=CPU"))
    with pytest.raises(TaskOptionsError, match='unknown node "denoize"'):
        sources_of(options)
