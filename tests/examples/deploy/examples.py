"""The files of examples/deploy, as an operator edits them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "examples" / "deploy"
GUNICORN = [sys.executable, "-c", "from tests.serving import toys; from gunicorn.app.wsgiapp import run; run()"]
"""gunicorn's own command, with the toy calculators."""


def tool(name: str) -> str:
    """Return the path of a command that is installed with this Python or on PATH; skip the test without it."""
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(command: Sequence[str | Path]) -> str:
    """Run a command and return its output; fail with all that it wrote unless its exit code is 0."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def edited(name: str, edits: Mapping[str, str]) -> str:
    """Return the text of a file with each key, which must be there, replaced by its value."""
    text = (DEPLOY / name).read_text()
    for old, new in edits.items():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


def uncommented(text: str, first: str) -> str:
    """Return `text` without the comment signs of the lines from "# FIRST" to the next "# }"."""
    before, found, after = text.partition(f"# {first}")
    assert found
    block, end, rest = after.partition("# }")
    assert end
    return before + first + block.replace("# ", "") + "}" + rest
