"""Options of ``graphframe serve`` that belong together, and options that do not."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.cli.serve import serve
from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.serving.modes import COMMANDS, MODES, find_mode
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import Server
from tests.serving.running_server import free_port

MODEL = ["--model_path", str(DEFAULT_MODEL)]
PULL = ["--pull", "--source_model", "org/sd"]
ADD = ["--add_to_config", "--config_path", "c.json", "--model_name", "n", "--model_path", "m"]


@pytest.fixture(autouse=True)
def run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the server by a text."""
    monkeypatch.setattr(Server, "run", lambda self: click.echo("started"))
    monkeypatch.delenv("OVMS_MODEL_REPOSITORY_PATH", raising=False)


def test_each_option_belongs_to_a_mode() -> None:
    known = {*COMMANDS, *MODES}.union(*(mode.options for mode in [*COMMANDS.values(), *MODES.values()]))
    options = {param.name for param in serve.params if isinstance(param, click.Option) and param.expose_value}
    assert options == known - {""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--list_models", "--add_to_config"], "--list_models and --add_to_config cannot be combined"),
        ([*PULL, *ADD], "--pull and --add_to_config cannot be combined"),
        ([*PULL, "--list_models"], "--pull and --list_models cannot be combined"),
        (["--configure", "--pull", *MODEL], "--pull and --configure cannot be combined"),
        ([*PULL, "--model_path", "m"], "--model_path cannot be combined with --pull"),
        ([*ADD, "--resolution", "64x64"], "--resolution cannot be combined with --add_to_config"),
        (["--remove_from_config", "--model_path", "m"], "--model_path cannot be combined with --remove_from_config"),
        (["--configure", *MODEL, "--model_name", "n"], "--model_name cannot be combined with --configure"),
        (["--config_path", "c.json", "--model_name", "n"], "--model_name cannot be combined with --config_path"),
        (["--config_path", "c", "--weight-format", "int4"], "--weight_format cannot be combined with --config_path"),
        (["--config_path", "c.json", "--task", "image_generation"], "--task cannot be combined with --config_path"),
        (["--config_path", "c.json", *MODEL], "--config_path and --model_path cannot be combined"),
        ([*MODEL, "--source_model", "org/sd"], "--source_model and --model_path cannot be combined"),
        (
            [*MODEL, "--revision", "v1", "--ovms_graph"],
            "--ovms_graph and --revision cannot be combined with --model_path: they are for downloads",
        ),
        (["--model_name", "sd"], "--model_name cannot be used without --model_path or --source_model"),
        (
            ["--model_repository_path", "models", "--model_name", "sd"],
            "--model_name and --model_repository_path cannot be used without --model_path",
        ),
    ],
)
def test_options_that_do_not_belong_together(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 64
    assert f"Error: {message}" in result.output


@pytest.mark.parametrize(
    "name", ["model_path", "model_name", "source_model", "config_path", "model_repository_path", "api_key_file"]
)
def test_an_empty_value(name: str) -> None:
    result = CliRunner().invoke(main, ["serve", f"--{name}="])
    assert result.exit_code == 64
    assert f"--{name}" in result.output
    assert "it is empty; give a value, or omit the option" in result.output


@pytest.mark.parametrize("number", [0, 2])
def test_several_workers(number: int) -> None:
    result = CliRunner().invoke(main, ["serve", f"--workers={number}"])
    assert result.exit_code == 64
    assert f"Error: there must be 1 worker, not {number}: each would load all models" in result.output


@pytest.mark.parametrize(
    "arguments", [[], ["--target_device", "CPU"], ["--workers", "1"], [*MODEL, "--model_name", "n"]]
)
def test_options_that_serve(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["serve", "--rest_port", str(free_port()), *arguments])
    assert result.stdout == "started\n", result.output


def test_pull_uses_the_cache_folder_for_the_graph_of_ovms_alone() -> None:
    assert find_mode(["pull", "source_model", "cache_dir", "ovms_graph"]) == ("pull", [])
    assert find_mode(["pull", "source_model", "cache_dir"]) == ("pull", ["cache_dir"])
    assert find_mode(["source_model", "cache_dir"]) == ("source_model", [])


def test_commands_ignore_options_of_the_server() -> None:
    models = str(DEFAULT_MODEL.parent)
    arguments = ["--list_models", "--model_repository_path", models, "--log_level", "DEBUG", "--metrics_enable=true"]
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 0
    assert "pictograms" in result.stdout
    assert sorted(result.stderr.splitlines()) == [
        "Warning: --log_level is ignored: --list_models ends without serving",
        "Warning: --metrics_enable is ignored: --list_models ends without serving",
    ]


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({"MODEL_PATH": str(DEFAULT_MODEL), "MODEL_NAME": "n"}, []),
        ({"MODEL_PATH": "/nowhere"}, MODEL),
        ({"CONFIG_PATH": "/nowhere", "WEIGHT_FORMAT": "int4"}, MODEL),
        ({"METRICS_ENABLE": "true", "PORT": "tcp://10.0.0.1:8000", "SERVICE_HOST": "10.0.0.1"}, MODEL),
    ],
)
def test_options_from_the_environment(
    variables: dict[str, str], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"REST_PORT": str(free_port()), **variables}.items():
        monkeypatch.setenv(f"GRAPHFRAME_{name}", value)
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.stdout == "started\n", result.output
    assert "pictograms" not in result.stderr


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ServerOptions] = []
    monkeypatch.setattr(Server, "run", lambda self: seen.append(self._options))
    for name, value in {"REST_PORT": "1", "LAZY_LOAD": "true", "PAGE": "false", "MAX_RUNNING": "3"}.items():
        monkeypatch.setenv(f"GRAPHFRAME_{name}", value)
    port = free_port()
    CliRunner().invoke(main, ["serve", "--rest_port", str(port), "--lazy_load=false"])
    assert seen == [ServerOptions(rest_port=port, lazy_load=False, page=False, max_running=3)]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MODEL_NAME": "sd"}, "GRAPHFRAME_MODEL_NAME cannot be used without"),
        ({"REST_PROT": "8000"}, 'did you mean "GRAPHFRAME_REST_PORT"?'),
        ({"REST_PORT": "x"}, "GRAPHFRAME_REST_PORT"),
        ({"MODEL_PATH": ""}, "GRAPHFRAME_MODEL_PATH is empty"),
    ],
)
def test_a_wrong_environment(variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"GRAPHFRAME_{name}", value)
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 64
    assert message in result.output
