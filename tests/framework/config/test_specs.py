from __future__ import annotations

import pytest

from graphframe.framework.config.specs import Spec, parse_specs, parse_tag_index, tag_index


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Spec("", 0, "a")),
        ("_a", Spec("", 0, "_a")),
        ("a_1", Spec("", 0, "a_1")),
        ("A:a", Spec("A", 0, "a")),
        ("_:a", Spec("_", 0, "a")),
        ("A_:a", Spec("A_", 0, "a")),
        ("A1:0:a", Spec("A1", 0, "a")),
    ],
)
def test_spec(text: str, expected: Spec) -> None:
    assert parse_specs([text]) == ([expected], [])


@pytest.mark.parametrize(
    "text", ["", "A:00:a", "A:01:a", ":a", ":0:a", "a:b", "A:B", "A:a:0", "1a", " a", "a ", "A:", "A:-1:a", "Image"]
)
def test_malformed_spec(text: str) -> None:
    specs, [(position, message)] = parse_specs(["x", text])
    assert specs == [Spec("", 0, "x"), None]
    assert position == 1
    assert message.startswith(f'"{text}" is not "name", "TAG:name" or "TAG:index:name" (')


def test_message_says_which_part_of_a_spec_is_wrong() -> None:
    assert "names are lower case" in parse_specs(["IMAGE:Image"])[1][0][1]
    assert "tags are upper case" in parse_specs(["image:image"])[1][0][1]
    assert "leading zero" in parse_specs(["IMAGE:01:image"])[1][0][1]


def test_untagged_are_numbered_in_the_order_of_the_text() -> None:
    specs, problems = parse_specs(["b", "T:x", "a", "b"])
    assert specs == [Spec("", 0, "b"), Spec("T", 0, "x"), Spec("", 1, "a"), Spec("", 2, "b")]
    assert problems == []


def test_explicit_indexes_may_be_in_any_order() -> None:
    specs, problems = parse_specs(["T:2:c", "T:0:a", "T:1:b"])
    assert [spec and spec.index for spec in specs] == [2, 0, 1]
    assert problems == []


def test_tag_without_index_is_index_0() -> None:
    specs, [(position, message)] = parse_specs(["T:x", "T:1:z", "T:y"])
    assert specs[2] is None
    assert position == 2
    assert message == '"T:y": T already is "x"; number them, as in "T:2:y"'


def test_indexes_must_not_have_gaps() -> None:
    _, [(position, message)] = parse_specs(["x", "T:0:a", "T:4:b"])
    assert position == 2
    assert message == 'tag "T" has index 4, but not 1, 2, 3'


def test_an_index_has_a_limit() -> None:
    _, [(_, message)] = parse_specs(["T:99999999999:a"])
    assert message == '"T:99999999999:a": an index is at most 10000'
    _, [(_, message)] = parse_specs(["T:10000:a"])
    assert message == 'tag "T" has index 10000, but not 0, 1, 2, 3, 4, ...'
    _, [(_, message)] = parse_specs([f"T:{'9' * 5000}:a"])  # more digits than int() takes
    assert message.endswith("an index is at most 10000")


@pytest.mark.parametrize(
    ("text", "expected"), [("", ("", 0)), ("T", ("T", 0)), ("T:2", ("T", 2)), (":3", ("", 3)), ("T:0", ("T", 0))]
)
def test_tag_index(text: str, expected: tuple[str, int]) -> None:
    assert parse_tag_index(text) == expected
    assert tag_index(*expected) == text.removesuffix(":0")


@pytest.mark.parametrize("text", ["t", "T:x", "T:01", ":", "T:", "T:1:a"])
def test_malformed_tag_index(text: str) -> None:
    with pytest.raises(ValueError, match=f'"{text}" is not a tag'):
        parse_tag_index(text)


def test_specs_print_canonically() -> None:
    specs = parse_specs(["a", "T:0:b", "T:1:c"])[0]
    assert list(map(str, specs)) == ["a", "T:b", "T:1:c"]
    assert [spec and spec.key for spec in specs] == ["a", "T", "T:1"]
