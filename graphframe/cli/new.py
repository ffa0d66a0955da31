"""``graphframe new``: writes the files that an author starts from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from graphframe.framework.config.registry import is_installed

_CALCULATOR = '''"""{name}, for graphs."""

from __future__ import annotations

from dataclasses import dataclass

import graphframe as gf


@dataclass(frozen=True)
class {name}Options:
    """Options of `{name}`."""

    factor: float = 2.0


class {name}(gf.Calculator):
    """A calculator that multiplies each value by a factor."""

    value = gf.Input("VALUE", float)
    product = gf.Output("VALUE", float)
    options = gf.Options({name}Options)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.product, cc[self.value] * cc[self.options].factor)
'''
_TEST = """from graphframe import CalculatorRunner
from {module} import {name}, {name}Options


def test_multiplies() -> None:
    outputs = CalculatorRunner({name}, {name}Options(factor=3.0)).run(VALUE=[1.0, 2.0])
    assert [packet.value for packet in outputs["VALUE"]] == [3.0, 6.0]
"""
_GRAPH = """# graphframe run {module}.pbtxt --calculators {module}.py --input value=21
input_stream: "value"
output_stream: "product"
node {{
  calculator: "{name}"
  input_stream: "VALUE:value"
  output_stream: "VALUE:product"
  node_options {{ [type.googleapis.com/{name}Options] {{ factor: 2.0 }} }}
}}
"""


@click.group()
def new() -> None:
    """Write files to start from."""


@new.command()
@click.argument("name")
@click.option(
    "--folder",
    default=".",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder to write to.  [default: the current one]",
)
def calculator(name: str, folder: Path) -> None:
    """Write the calculator NAME, its test, and a graph that uses it.

    NAME is in CamelCase. The class of Invert or InvertCalculator is InvertCalculator, in invert.py.
    """
    short = name.removesuffix("Calculator")
    if not re.fullmatch("[A-Z][A-Za-z0-9]*", short):
        raise click.UsageError(f'"{name}" is not a name in CamelCase, e.g. InvertCalculator')
    name, module = f"{short}Calculator", _snake_case(short)
    if is_installed(name):
        raise click.UsageError(f"{name} is the name of an installed calculator; choose another one")
    texts = {f"{module}.py": _CALCULATOR, f"test_{module}.py": _TEST, f"{module}.pbtxt": _GRAPH}
    for file in texts:
        if (folder / file).exists():
            raise click.ClickException(f"{folder / file} exists, and is kept; choose another name or --folder")
    for file, text in texts.items():
        (folder / file).write_text(text.format(name=name, module=module))
        click.echo(f"wrote {folder / file}")
    path = folder / module
    click.echo(f"test it: python -m pytest {folder / 'test_'}{module}.py")
    click.echo(f"run it:  graphframe run {path}.pbtxt --calculators {path}.py --input value=21")


def _snake_case(name: str) -> str:
    """Return ``http_header`` for ``HTTPHeader``."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
