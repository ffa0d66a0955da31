from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.repository.pulling.embedding_source import (
    EmbeddingSource,
    format_source_embeddings,
    parse_source_embeddings,
)


@pytest.mark.parametrize(
    ("text", "token", "path"),
    [
        ("<toy>=org/toy", "<toy>", "embeddings/org/toy/"),
        ("org/toy@a.safetensors", "", "embeddings/org/toy/a.safetensors"),
        ("bad hands=/a/b.safetensors", "bad hands", "/a/b.safetensors"),
        ("https://host/x=1/a.safetensors", "", "embeddings/ddbe78824c7c/a.safetensors"),
        (f"t=https://h:80/../a.safetensors?x=1#sha256={'0' * 64}", "t", "embeddings/b7739c490f31/a.safetensors"),
    ],
)
def test_one_embedding(text: str, token: str, path: str) -> None:
    (source,) = parse_source_embeddings(text)
    assert (source.alias, source.path) == (token, path)
    assert format_source_embeddings([source]) == text


def test_several_with_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_source_embeddings("a=./a.safetensors, ./b.safetensors,") == [
        EmbeddingSource("a", f"{tmp_path}/a.safetensors"),
        EmbeddingSource("", f"{tmp_path}/b.safetensors"),
    ]


@pytest.mark.parametrize("text", ["a=b.safetensors", "a=/b.pt", "a=", "=org/a/b"])
def test_mistakes(text: str) -> None:
    with pytest.raises(ValueError, match=r"needs a source|needs a \.safetensors file"):
        parse_source_embeddings(text)
