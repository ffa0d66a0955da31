from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from graphframe.cli.main import main

COMMAND = [sys.executable, "-m", "graphframe"]
README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", [(), *((name,) for name in main.commands), ("export", "image_generation")])
def test_short_option_for_help(name: tuple[str, ...]) -> None:
    short, long = (CliRunner().invoke(main, [*name, option]) for option in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)
    assert "-h, --help" in short.output


def test_ctrl_c_ends_a_run(tmp_path: Path) -> None:
    image, trace = tmp_path / "star.png", tmp_path / "trace.json"
    process = subprocess.Popen(
        [*COMMAND, "generate", "a star", "--steps", "100", "--size", "512x512", "-o", image, "--trace", trace],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not trace.exists():  # it is created when all modules are imported
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.endswith("\nAborted!\n")
    assert "Traceback" not in errors
    assert not image.exists()


def test_ctrl_c_ends_any_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.commands["version"], "callback", interrupt)
    result = CliRunner().invoke(main, ["version"])
    assert (result.exit_code, result.stderr) == (130, "Aborted!\n")


def test_stdout_has_the_image_and_nothing_else(tmp_path: Path) -> None:
    options = ["--steps", "1", "--seed", "7", "-o", "-", "--trace", str(tmp_path / "trace.json"), "--profile"]
    done = subprocess.run([*COMMAND, "generate", "a star", *options], check=True, capture_output=True, timeout=120)
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.format == "PNG"
        assert image.text["prompt"] == "a star"  # type: ignore[attr-defined]
    assert done.stdout.endswith(b"IEND\xaeB`\x82")
    assert b"seed 7\n" in done.stderr


def test_completion_of_the_readme() -> None:
    (line,) = (each for each in README.read_text().splitlines() if "bash_source" in each)
    script = (
        line.removeprefix("$ ") + '; COMP_WORDS=(graphframe serve --log_); COMP_CWORD=2; _graphframe_completion "$1"'
    )
    folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", f'{script}; printf "%s\\n" "${{COMPREPLY[@]}}"', "bash", "graphframe"],
        check=True, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stdout.split() == ["--log_level", "--log_format"]
