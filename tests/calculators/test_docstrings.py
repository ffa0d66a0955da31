"""The docstring of each calculator lists its ports and options as they are declared."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

import graphframe as gf
from graphframe.framework.port import Port, declared

CALCULATORS = {
    entry.name: calculator
    for entry in entry_points(group="graphframe.calculators")
    if entry.value.startswith("graphframe.") and isinstance(calculator := entry.load(), type)
}
"""The included calculators, without the functions that create subgraphs."""


def listed(doc: str, section: str) -> dict[str, str]:
    """Return the entries of a section of a docstring: names and what stands behind the colon."""
    found = re.search(rf"^{section}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|^Example::|\Z)", doc, re.MULTILINE | re.DOTALL)
    entries: list[tuple[str, str]] = re.findall(r"^(\S.*?) : (.*)$", found[1] if found else "", re.MULTILINE)
    return {name: kind for names, kind in entries for name in names.split(", ")}


def described(ports: Iterable[Port[Any]]) -> dict[str, str]:
    """Return what a docstring must say of ports."""
    return {
        port.tag or "(no tag)": ", ".join(
            [
                "any" if port.type is object else port.type.__name__,
                *(["multiple"] if port.multiple else []),
                *(["optional"] if port.optional else []),
            ]
        )
        for port in ports
    }


def default_of(field: Any) -> str | None:
    """Return the default of an option as a docstring must write it."""
    if not field.has_default_value:
        return None
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[field.default_value].name)
    if field.type == FieldDescriptor.TYPE_STRING:
        return f'"{field.default_value}"'
    return str(field.default_value).lower()


@pytest.mark.parametrize("name", sorted(CALCULATORS))
def test_ports(name: str) -> None:
    calculator = CALCULATORS[name]
    assert issubclass(calculator, gf.Calculator)
    contract, doc = calculator.contract, inspect.getdoc(calculator) or ""
    assert listed(doc, "Input streams") == described(contract.inputs)
    assert listed(doc, "Output streams") == described(contract.outputs)
    assert listed(doc, "Input side packets") == described(contract.side_inputs)
    assert listed(doc, "Output side packets") == described(contract.side_outputs)


@pytest.mark.parametrize("name", sorted(CALCULATORS))
def test_options(name: str) -> None:
    calculator = CALCULATORS[name]
    fields = {f.name: f for options in declared(calculator, gf.Options) for f in options.message.DESCRIPTOR.fields}
    options = listed(inspect.getdoc(calculator) or "", "Options")
    assert list(options) == list(fields)
    for option, kind in options.items():
        default = default_of(fields[option])
        assert kind.partition(", default ")[2] == (default or "")
