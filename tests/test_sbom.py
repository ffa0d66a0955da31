"""The bill of materials, which .ci/dist makes for an installed sdist."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci/sbom"
CLICK = version("click")


@pytest.fixture
def script() -> ModuleType:
    loader = SourceFileLoader("sbom", str(SCRIPT))
    spec = spec_from_loader("sbom", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def bill(*arguments: object) -> tuple[dict[str, Any], str]:
    done = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)
    return json.loads(done.stdout), done.stderr


def test_all_that_is_needed_is_listed() -> None:
    found, _ = bill()
    assert found["bomFormat"] == "CycloneDX"
    assert found["metadata"]["component"]["name"] == "graphframe"
    names = {each["name"] for each in found["components"]}
    assert {"click", "falcon", "gunicorn", "numpy", "openvino", "pillow"} <= names
    assert not names & {"pytest", "mypy", "graphframe"}
    references = {each["bom-ref"] for each in found["components"]} | {found["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in found["dependencies"]} == references
    assert all({*each["dependsOn"]} <= references for each in found["dependencies"])


@pytest.mark.parametrize(
    ("affected", "expected"),
    [
        ({"versions": [CLICK]}, True),
        ({"versions": ["0.0.1"]}, False),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}, True),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.1"}]}]}, False),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": CLICK}]}]}, True),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "9999"}]}]}, False),
        ({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, False),
    ],
)
def test_advisories(tmp_path: Path, script: ModuleType, affected: Mapping[str, Any], expected: bool) -> None:
    package = {"package": {"ecosystem": "PyPI", "name": "Click"}}
    (tmp_path / "a.json").write_text(json.dumps({"id": "TEST-1", "affected": [package | dict(affected)]}))
    (tmp_path / "b.json").write_text(json.dumps({"id": "TEST-2", "withdrawn": "2026", "affected": [package]}))
    find: Callable[..., Any] = script.advisories
    found = [*find(tmp_path, {"click": CLICK})]
    assert len(found) == expected
    assert all("TEST-1" in each for each in found)


def test_an_advisory_fails_the_audit(tmp_path: Path) -> None:
    affected = {"package": {"ecosystem": "PyPI", "name": "click"}, "versions": [CLICK]}
    (tmp_path / "a.json").write_text(json.dumps({"id": "TEST-1", "summary": "bad", "affected": [affected]}))
    _, problems = bill(tmp_path)
    assert f"click {CLICK}: TEST-1: bad" in problems


def test_a_changed_file_is_found(tmp_path: Path, script: ModuleType) -> None:
    info = tmp_path / "a-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"  # of no bytes
    (info / "RECORD").write_text(f"same.py,sha256={digest},0\nother.py,sha256={digest},0\ngone.py,sha256={digest},0\n")
    (tmp_path / "same.py").touch()
    (tmp_path / "other.py").write_text("import evil")
    found = script.Distribution.at(info)
    assert [*script.changed_files(found)] == ["other.py", "gone.py"]
    assert script.license_of(found) == ""
