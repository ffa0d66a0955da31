"""The environment variables ``GRAPHFRAME_...``."""

from __future__ import annotations

import os

import click
import pytest

from graphframe.cli.serve import serve
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull_options import PullOptions
from graphframe.serving.environment import options_from_environment, options_in_environment, variable
from graphframe.serving.modes import COMMANDS
from graphframe.serving.options import ServerOptions


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("GRAPHFRAME_"):
            monkeypatch.delenv(name)


def set_variables(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"GRAPHFRAME_{name}", value)


def test_options_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, MODEL_NAME="toy", MODEL_PATH="models/toy", REST_PORT="9000", PAGE="false")
    assert options_from_environment() == ServerOptions(
        model_name="toy", model_path="models/toy", rest_port=9000, page=False
    )


def test_options_of_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, TARGET_DEVICE="CPU CPU GPU", NUM_STREAMS="2")
    assert options_from_environment().graph_options == TaskOptions(target_device="CPU CPU GPU", num_streams=2)


def test_options_of_a_pull(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, SOURCE_MODEL="org/sd", MODEL_REPOSITORY_PATH="m", OVERWRITE_MODELS="true")
    options = options_from_environment()
    assert options.served_name == "org/sd"
    assert options.pull_options == PullOptions(model_repository_path="m", overwrite_models=True)


def test_each_option_of_serve_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    options = [param for param in serve.params if isinstance(param, click.Option) and param.expose_value]
    names = {option.name for option in options if option.name and option.name not in COMMANDS}
    set_variables(monkeypatch, **{name.upper(): "1" for name in names})
    assert set(options_in_environment()) == names
    assert {option.name for option in options if not option.allow_from_autoenv} == set(COMMANDS)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"REST_PORT": "x"}, "variable GRAPHFRAME_REST_PORT is not valid"),
        ({"TASK": "rerank"}, "variable GRAPHFRAME_TASK is not valid"),
        ({"MEMORY_BUDGET": "much"}, "memory_budget must be a number of bytes"),
        ({"REST_PROT": "8000"}, r'GRAPHFRAME_REST_PROT is not an option .* \(did you mean "GRAPHFRAME_REST_PORT"\?\)'),
        ({"PORT": "8000"}, "GRAPHFRAME_PORT is not an option of graphframe serve"),
        ({"SERVICE": "8000"}, "GRAPHFRAME_SERVICE is not an option of graphframe serve"),
        ({"MODEL_PATH": ""}, "GRAPHFRAME_MODEL_PATH is empty; set or remove it"),
        ({"MODEL_NAME": "sd"}, "GRAPHFRAME_MODEL_NAME cannot be used without GRAPHFRAME_MODEL_PATH or"),
        ({"MODEL_PATH": "sd", "CONFIG_PATH": "c"}, "GRAPHFRAME_CONFIG_PATH and GRAPHFRAME_MODEL_PATH cannot be combi"),
    ],
)
def test_a_wrong_environment(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str) -> None:
    set_variables(monkeypatch, **variables)
    with pytest.raises(ValueError, match=message):
        options_from_environment()


def test_variables_of_a_service_of_kubernetes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "CPU_"):
        variables = {
            "SERVICE_HOST": "10.0.0.1",
            "SERVICE_PORT": "8000",
            "SERVICE_PORT_HTTP": "8000",
            "PORT": "tcp://10.0.0.1:8000",
            "PORT_8000_TCP": "tcp://10.0.0.1:8000",
            "PORT_8000_TCP_PROTO": "tcp",
            "PORT_8000_TCP_PORT": "8000",
            "PORT_8000_TCP_ADDR": "10.0.0.1",
        }
        set_variables(monkeypatch, **{name + key: value for key, value in variables.items()})
    set_variables(monkeypatch, CACHE_DIR="", REST_PORT="9000")
    assert set(options_in_environment()) == {"cache_dir", "rest_port"}
    assert variable("rest_port") == "GRAPHFRAME_REST_PORT"
