"""Entry points of installed distributions, in processes of their own: what is imported depends on their folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import graphframe

ENTRY = "acme.gate:AcmeCalculator"
CALCULATOR = """
import graphframe as gf
class AcmeCalculator(gf.Calculator):
    value = gf.Input("", optional=True)
"""
FIND = """
import sys
from graphframe.framework.config.registry import find_calculator
try:
    print(find_calculator(sys.argv[1]).__module__)
except LookupError as error:
    print(error.args[0])
"""


class Machine:
    """A folder with installed distributions, and one in which Python starts."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site-packages"
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        self.path = [self.site]

    def install(self, *files: str, distribution: str = "acme-tools", editable: Path | None = None) -> None:
        """Write the metadata of a distribution with these files, which declares an entry point at acme.gate."""
        info = self.site / f"{distribution.replace('-', '_')}-1.0.dist-info"
        self.write(info / "METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        self.write(info / "RECORD", "".join(f"{file},,\n" for file in files))
        self.write(info / "top_level.txt", "acme\n")
        if distribution == "acme-tools":
            self.write(info / "entry_points.txt", f"[graphframe.calculators]\nAcmeCalculator = {ENTRY}\n")
        if editable:
            url = {"url": editable.as_uri(), "dir_info": {"editable": True}}
            self.write(info / "direct_url.json", json.dumps(url))

    def write(self, file: Path, text: str = "") -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def find(self, name: str = "AcmeCalculator") -> str:
        """Start Python in the folder; return the module of the calculator, or the error."""
        paths = [*map(str, self.path), str(Path(graphframe.__file__).parents[1])]
        command = [sys.executable, "-c", FIND, name]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        done = subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One with a distribution that is installed as it should be."""
    machine = Machine(tmp_path)
    machine.install("acme/__init__.py", "acme/gate.py")
    machine.write(machine.site / "acme/__init__.py")
    machine.write(machine.site / "acme/gate.py", CALCULATOR)
    return machine


def test_a_folder_without_init_hides_nothing(machine: Machine) -> None:
    assert machine.find() == "acme.gate"
    machine.write(machine.work / "acme/mine.py")
    assert machine.find() == "acme.gate"


def test_a_checkout_of_the_same_package_is_used(machine: Machine) -> None:
    machine.write(machine.work / "acme/__init__.py")
    machine.write(machine.work / "acme/gate.py", CALCULATOR)
    assert machine.find() == "acme.gate"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (["acme/__init__.py"], "ModuleNotFoundError: "),
        (["acme.py"], "ModuleNotFoundError: "),
        (["acme/__init__.py", "acme/gate.py"], "AttributeError: "),
    ],
)
def test_the_file_that_hides_a_package_is_named(machine: Machine, files: list[str], reason: str) -> None:
    for file in files:
        machine.write(machine.work / file)
    found = machine.find()
    assert found.startswith(
        f'the calculator "AcmeCalculator" cannot be imported from acme.gate:AcmeCalculator: {reason}'
    )
    assert found.endswith(
        f'; {machine.work / files[0]} hides the package "acme" of the distribution acme-tools 1.0 in '
        f"{machine.site / 'acme'}: rename it, or start Python in another folder"
    )


def test_a_class_that_is_no_calculator_in_a_package_that_hides_another(machine: Machine) -> None:
    machine.write(machine.work / "acme/__init__.py")
    machine.write(machine.work / "acme/gate.py", "class AcmeCalculator: pass")
    found = machine.find()
    assert "is neither a Calculator nor a subgraph; " in found
    assert f"{machine.work / 'acme/__init__.py'} hides the package" in found


def test_the_distribution_that_hides_a_package_is_named(machine: Machine, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other")
    other.install("acme/__init__.py", distribution="acme-games")
    other.write(other.site / "acme/__init__.py")
    machine.path = [other.site, machine.site]
    found = machine.find()
    assert f'{other.site / "acme/__init__.py"} of the distribution acme-games hides the package "acme"' in found
    assert found.endswith("uninstall one of them")


def test_files_of_a_distribution_that_are_missing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.install("acme/__init__.py", "acme/gate.py")
    assert machine.find().endswith(
        '; the files of the package "acme" are missing, install the distribution acme-tools 1.0 again'
    )


def test_an_editable_distribution(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    source = tmp_path / "source"
    machine.install(editable=source)
    machine.path.append(source / "src")
    machine.write(source / "src/acme/__init__.py")
    machine.write(source / "src/acme/gate.py", CALCULATOR)
    assert machine.find() == "acme.gate"
    machine.write(machine.work / "acme.py")
    assert f'hides the package "acme" of the distribution acme-tools 1.0 in {source}: rename it' in machine.find()


@pytest.mark.parametrize("text", ["import no_such_dependency", "import acme.no_such_module", "1 / 0"])
def test_errors_of_the_package_itself(machine: Machine, text: str) -> None:
    machine.write(machine.site / "acme/gate.py", text)
    found = machine.find()
    assert found.startswith('the calculator "AcmeCalculator" cannot be imported')
    assert "hides" not in found
    assert "missing" not in found


def test_errors_in_a_checkout_with_its_metadata(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    info = machine.work / "acme.egg-info"
    machine.write(info / "PKG-INFO", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    machine.write(info / "entry_points.txt", f"[graphframe.calculators]\nAcmeCalculator = {ENTRY}\n")
    machine.write(info / "SOURCES.txt", "acme.egg-info/PKG-INFO\nacme/__init__.py\nacme/gate.py\n")
    machine.write(machine.work / "acme/__init__.py")
    machine.write(machine.work / "acme/gate.py", "import no_such_dependency")
    found = machine.find()
    assert "no_such_dependency" in found
    assert "hides" not in found


def test_a_folder_of_calculators_hides_none_of_the_built_in_ones(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for name in ("calculators", "graphs"):
        machine.write(machine.work / name / "__init__.py")
    assert machine.find("PassThroughCalculator") == "graphframe.calculators.core.pass_through"
