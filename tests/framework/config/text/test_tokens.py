from __future__ import annotations

import pytest

from graphframe.framework.config.text.tokens import Token, blanked, edited, tokens


def texts(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" # a comment", []),
        ('name: "a # b" # c', ["name", ":", '"a # b"']),
        (r"""'it\'s' "\\" "'" """, [r"'it\'s'", r'"\\"', '"\'"']),
        ("[a.b / c.D] {}", ["[", "a", ".", "b", "/", "c", ".", "D", "]", "{", "}"]),
        ("[-1.5f, .5e-3];", ["[", "-1.5f", ",", ".5e-3", "]", ";"]),
    ],
)
def test_tokens_are_those_of_protobuf(text: str, expected: list[str]) -> None:
    assert texts(text) == [*expected, ""]


def test_places() -> None:
    text = 'a {\r\n  # {\n  b: "ü" }\n\n'
    found = list(tokens(text))
    assert [(token.text, token.line) for token in found] == [
        ("a", 1),
        ("{", 1),
        ("b", 3),
        (":", 3),
        ('"ü"', 3),
        ("}", 3),
        ("", 5),
    ]
    assert all(text[token.start : token.end] == token.text for token in found)


def test_strings_are_marked() -> None:
    assert [token.is_string for token in tokens("\"a\" 'b' c")] == [True, True, False, False]


@pytest.mark.parametrize("word", ["a" * 1_000_000, '"' + "a" * 1_000_000, "[" * 100_000, "\n" * 100_000])
def test_long_texts_take_no_long_time(word: str) -> None:
    assert list(tokens(word))[-1] == Token("", word.count("\n") + 1, len(word))


def test_blanks_keep_lines() -> None:
    assert blanked("ab\ncd e", [(5, 6), (1, 4)]) == "a \n d e"


def test_edits_in_any_order() -> None:
    assert edited("abcdef", [(4, 6, "X"), (0, 1, "YY")]) == "YYbcdX"
