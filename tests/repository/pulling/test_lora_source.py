from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.repository.pulling.lora_source import CompositeLora, LoraSource, format_source_loras, parse_source_loras


@pytest.mark.parametrize(
    ("text", "adapter", "path"),
    [
        ("ink=org/repo", LoraSource("ink", "org/repo"), "loras/org/repo/"),
        ("ink=org/repo:0.5", LoraSource("ink", "org/repo", 0.5), "loras/org/repo/"),
        (
            "ink=org/repo@deep/a.safetensors",
            LoraSource("ink", "org/repo@deep/a.safetensors"),
            "loras/org/repo/deep/a.safetensors",
        ),
        ("ink=/a/b.safetensors", LoraSource("ink", "/a/b.safetensors"), "/a/b.safetensors"),
        (
            "ink=http://host:8080/x/a.safetensors",
            LoraSource("ink", "http://host:8080/x/a.safetensors"),
            "loras/ink/a.safetensors",
        ),
        (
            "ink=https://host/a.safetensors:-1",
            LoraSource("ink", "https://host/a.safetensors", -1),
            "loras/ink/a.safetensors",
        ),
        (
            f"ink=https://host/a.safetensors?download=1#sha256={'0a' * 32}:2",
            LoraSource("ink", f"https://host/a.safetensors?download=1#sha256={'0a' * 32}", 2),
            "loras/ink/a.safetensors",
        ),
    ],
)
def test_one_adapter(text: str, adapter: LoraSource, path: str) -> None:
    assert parse_source_loras(text) == ([adapter], [])
    assert adapter.path == path


def test_relative_paths_start_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    adapters, _ = parse_source_loras("a=./a.safetensors:2,b=../b.safetensors,c=~/c.safetensors")
    assert adapters == [
        LoraSource("a", f"{tmp_path}/a.safetensors", 2),
        LoraSource("b", f"{tmp_path.parent}/b.safetensors"),
        LoraSource("c", "/home/me/c.safetensors"),
    ]


def test_composite() -> None:
    adapters, composites = parse_source_loras("a=org/a, b=org/b:0.5, mix=@a:0.7+@b")
    assert [adapter.alias for adapter in adapters] == ["a", "b"]
    assert composites == [CompositeLora("mix", (("a", 0.7), ("b", 1.0)))]


def test_formatting_undoes_parsing() -> None:
    text = "a=org/a@x.safetensors:0.5,b=/b.safetensors:1,mix=@a:0.7+@b:1"
    assert format_source_loras(*parse_source_loras(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ink", "must hold ALIAS=SOURCE"),
        ("in k=org/a", "allows letters"),
        ("ink=a.safetensors", "a URL, a path"),
        ("ink=/a/b.bin", "needs a .safetensors file"),
        ("ink=https://host/a.safetensors#sha1=12", 'needs "#sha256=" and 64 hexadecimal digits'),
        ("ink=https://host/a?x=.safetensors", "needs a .safetensors file"),
        ("a=org/a,mix=@a+a", "needs @ALIAS"),
        ("a=org/a:1.2.3", 'a number as alpha, not "1.2.3"'),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        parse_source_loras(text)
