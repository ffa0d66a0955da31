"""Names, tags and indexes: after tool/validate_name_test.cc and tool/tag_map_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.config.specs import parse_specs, parse_tag_index
from tests.framework.conformance.runs import finish, problems, start


def wrong(*texts: str) -> list[str]:
    return [message for _, message in parse_specs(texts)[1]]


@pytest.mark.parametrize("name", ["a", "_a", "a1", "humphrey", "humphrey_bogart", "humphrey_bogart_1899", "a_", "_"])
def test_names_that_are_allowed(name: str) -> None:
    """ValidateNameTest.ValidateName."""
    assert wrong(name) == []


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "humphrey.bogart", "humphrey bogart", "humphreyBogart", " a", "a ", "a-b", "é", "a\n"]
)
def test_names_that_are_not(name: str) -> None:
    """ValidateNameTest.ValidateName."""
    assert len(wrong(name)) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A:a", ("A", 0, "a")),
        ("A0:a", ("A0", 0, "a")),
        ("A_:a", ("A_", 0, "a")),
        ("_:a", ("_", 0, "a")),
        ("A:0:a", ("A", 0, "a")),
        ("a", ("", 0, "a")),
    ],
)
def test_tag_index_and_name(text: str, place: tuple[str, int, str]) -> None:
    """ValidateNameTest.ParseTagIndexName."""
    [spec], wrong = parse_specs([text])
    assert wrong == []
    assert spec is not None
    assert (spec.tag, spec.index, spec.name) == place


@pytest.mark.parametrize(
    "text",
    ["A", "A:B", "a:A", "a:b", "A:a:0", "A:00:a", "A:01:a", "A:-1:a", "A:+1:a", ":a", ":0:a", "A::a", "A:0:0:a", "0:a"],
)
def test_what_is_no_tag_index_and_name(text: str) -> None:
    """ValidateNameTest.ParseTagIndexName."""
    assert len(wrong(text)) == 1


def test_an_index_is_at_most_10000() -> None:
    """ValidateNameTest.ParseTagIndexName: kMaxCollectionItemId."""
    assert wrong("A:10001:a") == ['"A:10001:a": an index is at most 10000']
    assert not any("at most" in message for message in wrong("A:10000:a"))


@pytest.mark.parametrize(
    ("text", "place"),
    [("", ("", 0)), ("A", ("A", 0)), ("A:0", ("A", 0)), ("A:3", ("A", 3)), (":0", ("", 0)), (":3", ("", 3))],
)
def test_tag_and_index(text: str, place: tuple[str, int]) -> None:
    """ValidateNameTest.ParseTagIndex."""
    assert parse_tag_index(text) == place


@pytest.mark.parametrize("text", ["a", "A:a", "A:01", ":", "A:", "A:0:", " ", "0"])
def test_what_is_no_tag_and_index(text: str) -> None:
    """ValidateNameTest.ParseTagIndex."""
    with pytest.raises(ValueError, match="is not a tag"):
        parse_tag_index(text)


def test_streams_are_ordered_by_tag_and_index() -> None:
    """TagMapTest.SameAs and its relatives: without a tag first, then by the bytes of the tag, then by index."""
    graph = gf.Graph.from_text("""
        input_stream: "a" input_stream: "b" input_stream: "c" input_stream: "d" input_stream: "e"
        node {
          calculator: "Call"
          input_stream: "B:1:a" input_stream: "b" input_stream: "A:c" input_stream: "B:0:d" input_stream: "e"
        }
    """)
    assert list(map(str, graph.nodes[0].inputs)) == ["b", "e", "A:c", "B:d", "B:1:a"]


def test_an_index_is_given_once() -> None:
    """TagMapTest: "tag "A" index 0 already had a name but is being reassigned"."""
    assert wrong("A:a", "A:b") == ['"A:b": A already is "a"; number them, as in "A:1:b"']
    assert wrong("A:1:a", "A:b", "A:1:c") == ['"A:1:c": A:1 already is "a"; number them, as in "A:2:c"']


def test_indexes_have_no_gaps() -> None:
    """TagMapTest: "Not all indexes were assigned names"."""
    assert wrong("A:2:a", "A:0:b") == ['tag "A" has index 2, but not 1']
    assert wrong("A:1:a") == ['tag "A" has index 1, but not 0']


def test_one_stream_may_feed_several_inputs_of_a_node() -> None:
    """TagMapTest: names need not be different; CalculatorGraph runs with such a node."""
    run, seen = start("""
        input_stream: "a" output_stream: "sum"
        node { calculator: "Sum" input_stream: "a" input_stream: "a" output_stream: "sum" }
    """)
    run.add("a", 3, 1)
    finish(run)
    assert seen["sum"] == [(6, 1)]


def test_graph_input_with_a_tag() -> None:
    """CalculatorGraph.GraphInputStreamWithTag; there only the bare name counts, here the tag is good, too."""
    run, seen = start("""
        input_stream: "VIDEO_METADATA:video_metadata" input_stream: "max_count"
        output_stream: "META:0:same" output_stream: "META:1:max_count_same"
        node {
          calculator: "PassThroughCalculator"
          input_stream: "FIRST_INPUT:video_metadata" input_stream: "max_count"
          output_stream: "FIRST_INPUT:same" output_stream: "max_count_same"
        }
    """)
    for timestamp in range(5):
        run.add("video_metadata", timestamp, timestamp)
        run.add("max_count", timestamp, timestamp)
    run.add("VIDEO_METADATA", 5, 5)
    finish(run)
    assert seen["META"] == [(number, number) for number in range(6)]
    assert seen["META:1"] == [(number, number) for number in range(5)]


def test_streams_and_side_packets_have_name_spaces_of_their_own() -> None:
    """GraphValidationTest: the same name may be both."""
    run, seen = start(
        """
        input_stream: "a" input_side_packet: "a" output_stream: "b"
        node { calculator: "LogCalculator" input_stream: "a" input_side_packet: "LOG:a" output_stream: "b" }
        """,
        {"a": []},
    )
    run.add("a", 1)
    finish(run)
    assert seen["b"] == [(1, 0)]


def test_all_bad_names_of_a_graph_are_reported() -> None:
    """CalculatorGraph.BadInitialization; MediaPipe stops at the first one of a node."""
    found = problems("""
        input_stream: "In" output_stream: "TAG:a:out"
        node { name: "n" calculator: "PassThroughCalculator" input_stream: "a:b" output_stream: "A:01:c" }
    """)
    assert len(found) == 4
    assert all("is not" in message for message in found)
