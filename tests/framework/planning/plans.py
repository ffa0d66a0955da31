"""Texts of graphs, and their plans or problems."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.plan import Plan
from graphframe.framework.planning.validation import validate
from tests.framework import toys

assert toys


def plan(text: str) -> Plan:
    return validate(parse(text, "graph", load_option_types))


def problems(text: str) -> list[str]:
    with pytest.raises(gf.GraphConfigError) as raised:
        plan(text)
    return list(map(str, raised.value.problems))


def double(more: str) -> str:
    return f'input_stream: "a" node {{ name: "x" calculator: "Double" input_stream: "a" output_stream: "b"\n{more} }}'
