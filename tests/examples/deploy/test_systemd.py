"""The systemd unit and its environment file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from graphframe.serving.environment import options_from_environment
from tests.examples.deploy.arguments import GRACEFUL_TIMEOUT
from tests.examples.deploy.examples import DEPLOY, edited, run, tool


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with the path of a gunicorn that exists."""
    path = tmp_path / "graphframe.service"
    path.write_text(edited("systemd/graphframe.service", {"/opt/graphframe/bin": str(Path(sys.executable).parent)}))
    return path


@pytest.mark.parametrize("with_gpu", [False, True])
def test_the_unit_is_valid(unit: Path, with_gpu: bool) -> None:
    if with_gpu:
        folder = unit.with_name("graphframe.service.d")
        folder.mkdir()
        (folder / "gpu.conf").write_text((DEPLOY / "systemd" / "gpu.conf").read_text())
    assert not run([tool("systemd-analyze"), "verify", unit])


def test_the_unit_is_hardened(unit: Path) -> None:
    run([tool("systemd-analyze"), "security", "--offline=yes", "--no-pager", "--threshold=20", unit])


def settings(name: str) -> list[str]:
    """Return the values of a setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", (DEPLOY / "systemd" / "graphframe.service").read_text(), re.MULTILINE)


def test_requests_under_way_may_finish() -> None:
    assert settings("KillMode") == ["mixed"]
    assert int(settings("TimeoutStopSec")[0]) > GRACEFUL_TIMEOUT


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (DEPLOY / "systemd" / "environment").read_text()
    pairs = re.findall(r"^GRAPHFRAME_(\w+)=(.*)$", text, re.MULTILINE)
    pairs += [tuple(word.removeprefix("GRAPHFRAME_").split("=")) for word in settings("Environment")[0].split()]
    given = {name.lower(): value.replace("%S", str(tmp_path)) for name, value in pairs}
    for name, value in given.items():
        monkeypatch.setenv(f"GRAPHFRAME_{name.upper()}", value)
    options = options_from_environment()
    given.pop("cache_dir")
    assert options.metrics_enable is (given.pop("metrics_enable") == "true")
    assert {name: getattr(options, name) for name in given} == given
