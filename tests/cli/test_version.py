from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys

from click.testing import CliRunner

import graphframe
from graphframe.cli.main import main


def test_the_versions_of_what_runs() -> None:
    result = CliRunner().invoke(main, ["version"])
    assert result.exit_code == 0
    versions = dict(line.split() for line in result.output.splitlines())
    assert versions["graphframe"] == graphframe.__version__
    assert versions["python"] == platform.python_version()
    for name in ("openvino", "openvino-genai", "openvino-tokenizers"):
        assert versions[name] == importlib.metadata.version(name)


def test_python_runs_the_package() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "graphframe", "--version"], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"graphframe, version {graphframe.__version__}\n"


def test_the_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("graphframe") == graphframe.__version__
