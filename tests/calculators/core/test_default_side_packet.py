from __future__ import annotations

import pytest

import graphframe as gf

GRAPH = """
    output_side_packet: "value"
    node { calculator: "DefaultSidePacketCalculator" input_side_packet: "OPTIONAL_VALUE:given"
           input_side_packet: "DEFAULT_VALUE:default" output_side_packet: "VALUE:value" }
"""


@pytest.mark.parametrize(("given", "value"), [({"given": 1}, 1), ({"given": None}, None), ({}, 2)])
def test_the_given_value_wins(given: dict[str, object], value: object) -> None:
    run = gf.Graph.from_text(GRAPH).start_run({"default": 2, **given})
    run.wait_until_done(30)
    assert run.side_packet("value") == value
