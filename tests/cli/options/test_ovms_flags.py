"""Start lines of OpenVINO Model Server."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner, Result

from graphframe.cli.main import main
from graphframe.cli.options.ovms_flags import OVMS_FLAGS, Meaning, OvmsFlag
from graphframe.cli.serve import serve
from graphframe.serving.server import Server
from tests.cli.options.ovms_flags_page import PAGE, page
from tests.models import model_path
from tests.serving.running_server import free_port

PARSER = """
    help version port grpc_bind_address rest_port rest_bind_address grpc_workers grpc_max_threads grpc_memory_quota
    rest_workers log_level log_path verbose_response trace_path grpc_channel_arguments file_system_poll_wait_seconds
    custom_node_resources_cleaner_interval_seconds cache_dir metrics_enable metrics_list cpu_extension
    allowed_media_domains allowed_local_media_path allow_credentials allowed_origins allowed_methods allowed_headers
    api_key_file config_path list_models add_to_config remove_from_config pull source_model source_loras gguf_filename
    overwrite_models model_repository_path weight-format extra_quantization_params model_name model_path batch_size
    shape layout mean scale color_format precision model_version_policy nireq target_device plugin_config task configure
"""
"""The names in src/cli_parser.cpp at v2026.3."""
TASKS = """
    max_num_seqs pipeline_type enable_prefix_caching max_num_batched_tokens cache_size draft_source_model
    dynamic_split_fuse reasoning_parser tool_parser enable_tool_guided_generation cache_interval_multiplier
    max_prompt_len kv_cache_precision model_distribution_policy
    resolution max_resolution default_resolution num_images_per_prompt guidance_scale max_num_images_per_prompt
    default_num_inference_steps max_num_inference_steps num_streams
    normalize truncate pooling max_allowed_chunks model_type vocoder
"""
"""The names in src/graph_export/*_cli_parser.cpp at v2026.3."""
KSERVE = "--model_name=sd --model_path={model} --port=9000 --rest_port={port} --file_system_poll_wait_seconds=0"
OPENSHIFT = """
    --model_name=sd --port=8001 --rest_port={port} --model_path={model} --file_system_poll_wait_seconds=0
    --metrics_enable
"""
"""The arguments in extras/kserve and extras/openshift_AI."""
EVERY_SERVER_FLAG = """
    --model_name sd --model_path {model} --port 9000 --rest_port {port} --rest_bind_address 127.0.0.1
    --grpc_bind_address 127.0.0.1 --grpc_workers 1 --grpc_max_threads 4 --grpc_memory_quota 1000000
    --grpc_channel_arguments grpc.max_connection_age_ms=2000 --log_level DEBUG --log_path /tmp/log
    --verbose_response=true --trace_path /tmp/trace --file_system_poll_wait_seconds 2
    --custom_node_resources_cleaner_interval_seconds 300 --cache_dir /tmp/cache --metrics_enable=true
    --metrics_list ovms_streams --allowed_media_domains all --allowed_local_media_path /tmp --allow_credentials=true
    --allowed_origins https://a.example --allowed_methods GET,POST --allowed_headers *
"""


def flags(*meanings: Meaning) -> list[OvmsFlag]:
    return [flag for flag in OVMS_FLAGS if flag.meaning in meanings]


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, list[str]]:
    """Run ``graphframe serve`` up to where the server starts, and return the result and its warnings."""
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", "")  # which --cache_dir changes
    monkeypatch.setattr(Server, "run", lambda self: click.echo("started"))
    line = line.format(model=model_path("stable_diffusion_euler"), port=free_port())
    result = CliRunner().invoke(main, ["serve", *shlex.split(line)])
    return result, [text for text in result.stderr.splitlines() if text.startswith("Warning: ")]


def test_the_table_has_all_flags() -> None:
    assert [flag.name for flag in OVMS_FLAGS if flag.name not in TASKS.split()] == PARSER.split()
    assert {flag.name for flag in OVMS_FLAGS} == {*PARSER.split(), *TASKS.split()}


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.cli.options.ovms_flags_page"


def test_flags_with_the_same_meaning_are_options() -> None:
    shown = CliRunner().invoke(main, ["serve", "--help"]).output
    for flag in flags(Meaning.SAME):
        assert f"--{flag.name.replace('-', '_')}" in shown
    hidden = {param.name for param in serve.params if isinstance(param, click.Option) and param.hidden}
    assert hidden == {"workers", *(flag.name for flag in flags(Meaning.IGNORED, Meaning.REFUSED))}


@pytest.mark.parametrize("line", [KSERVE, OPENSHIFT])
def test_runtimes_of_kubernetes(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result, warnings = run(line, monkeypatch)
    assert result.stdout == "started\n", result.output
    assert warnings == ["Warning: --port is ignored: gRPC is not served here"]


def test_every_server_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    result, warnings = run(EVERY_SERVER_FLAG, monkeypatch)
    assert result.stdout == "started\n", result.output
    assert sorted(warnings) == sorted(f"Warning: {flag.message}" for flag in flags(Meaning.IGNORED))


@pytest.mark.parametrize("flag", flags(Meaning.REFUSED), ids=lambda flag: flag.name)
def test_a_flag_that_is_not_supported(flag: OvmsFlag, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run(f"{KSERVE} --{flag.name}=1", monkeypatch)
    assert result.exit_code == 64
    assert f"Error: --{flag.name} is not supported: {flag.note}" in result.output


def test_no_suggestion_of_a_flag_that_is_not_supported() -> None:
    result = CliRunner().invoke(main, ["serve", "--truncated"])
    assert result.exit_code == 64
    assert "--truncate'" not in result.output


def test_a_wrong_value_of_an_ignored_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run("--model_path {model} --port 65536", monkeypatch)
    assert result.exit_code == 64
    assert "'--port'" in result.output


def test_the_versions() -> None:
    printed = [CliRunner().invoke(main, arguments) for arguments in (["version"], ["serve", "--version"])]
    assert printed[0].output == printed[1].output
    assert printed[1].exit_code == 0
