from __future__ import annotations

import pytest

from graphframe.framework.builder.connections import BuilderSidePacket, BuilderStream, connect, names_of
from graphframe.framework.config.specs import parse_specs


@pytest.mark.parametrize(
    ("proposal", "name"),
    [
        ("Double", "double"),
        ("MyNode_OUT", "my_node_out"),
        ("Front Door: 2", "front_door__2"),
        ("3D", "_3_d"),
        ("Größe", "gr__e"),
        ("", "_"),
    ],
)
def test_every_proposal_gives_a_valid_name(proposal: str, name: str) -> None:
    assert list(names_of([BuilderStream(proposal)]).values()) == [name]
    assert parse_specs([name])[1] == []


def test_names_are_given_only_once() -> None:
    produced: list[BuilderStream | BuilderSidePacket] = [
        BuilderStream("a"),
        BuilderStream("a"),
        BuilderSidePacket("a"),
        BuilderStream("b").named("a_2"),
    ]
    assert list(names_of(produced).values()) == ["a", "a_3", "a_4", "a_2"]


def test_the_next_free_index_is_taken() -> None:
    connections: dict[tuple[str, str, int], BuilderStream | BuilderSidePacket] = {}
    for source in (BuilderStream("a"), BuilderStream("b"), BuilderSidePacket("c"), BuilderStream("d")):
        connect(connections, "input", "T", source)
    assert list(connections) == [
        ("input_stream", "T", 0),
        ("input_stream", "T", 1),
        ("input_side_packet", "T", 0),
        ("input_stream", "T", 2),
    ]
