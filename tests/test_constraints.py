"""The versions in .ci/constraints.txt, which README.md's commands and .ci/run install."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


def constraints(name: str, python: str) -> dict[str, Version]:
    """Return the version of each package that a file of constraints names for a Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": sys.platform}
    versions = {}
    for line in (ROOT / ".ci" / name).read_text().splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        assert requirement.url is None
        if requirement.marker is None or requirement.marker.evaluate(environment):
            [specifier] = requirement.specifier
            versions[requirement.name] = Version(specifier.version)
    return versions


def requirements(*extras: str) -> list[Requirement]:
    """Return the requirements in setup.cfg, and those of the extras, without those of graphframe itself."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    lines = [line for text in texts for line in text.split("\n") if line]
    return [requirement for requirement in map(Requirement, lines) if requirement.name != "graphframe"]


@pytest.mark.parametrize("python", PYTHONS)
def test_each_requirement_has_a_version(python: str) -> None:
    versions = constraints("constraints.txt", python)
    for requirement in requirements("otel", "test", "contract", "browser", "release"):
        assert versions[requirement.name] in requirement.specifier, f"run .ci/constraints: {requirement}"


@pytest.mark.parametrize("python", PYTHONS)
def test_each_requirement_of_the_export_tests_has_a_version(python: str) -> None:
    versions = constraints("constraints-export.txt", python)
    of_export = [Requirement(line) for line in (ROOT / ".ci/export.txt").read_text().splitlines() if line[0] != "#"]
    for requirement in [*requirements("otel", "test"), *of_export]:
        assert versions[requirement.name] in requirement.specifier, f"run .ci/constraints: {requirement}"


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-export.txt"])
def test_no_index_is_named(name: str) -> None:
    assert not re.search(r"://|--", (ROOT / ".ci" / name).read_text())
