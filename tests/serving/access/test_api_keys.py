from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from graphframe.serving.access.api_keys import ApiKeys, read_keys
from graphframe.serving.access.party import Party


def parties(content: bytes) -> list[Party]:
    return [party for _, party in read_keys(content)]


def test_lines() -> None:
    content = b"\xef\xbb\xbf# keys\r\n\nplain\n alice: one \r\nalice: another\nbob priority=high max_running=2: x: y\n"
    assert parties(content) == [
        Party("key 3"),
        Party("alice"),
        Party("alice"),
        Party("bob", "high", 2),
    ]


def test_weights() -> None:
    high, normal, low = (party.share[1] for party in parties(b"a priority=high: 1\nb: 2\nc priority=low: 3"))
    assert high > normal > low > 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it has no key"),
        (b"# nothing\n\n", "it has no key"),
        (b"alice:secret", "line 1: expected KEY, or NAME: KEY"),
        (b"ok\n: secret", "line 2"),
        (b"alice:", "line 1"),
        (b"alice: ", "line 1"),
        (b"al ice: secret", "line 1"),
        (b"alice priority=urgent: secret", "priorities: high, normal, low"),
        (b"alice max_running=0: secret", "line 1"),
        (b"alice max_running=-1: secret", "line 1"),
        (b"alice max_runing=1: secret", "line 1"),
        (b"alice max_waiting=1=2: secret", "line 1"),
        (b"\xff: secret", "line 1"),
        (
            b"alice: secret\nalice max_running=1: other secret",
            "line 2: an earlier line of this name",
        ),
    ],
)
def test_wrong_files_do_not_show_their_keys(content: bytes, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as raised:
        read_keys(content)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("key", [b"secret", "ключ".encode(), "à".encode(), b"\xe9", b"a b"])
def test_keys_are_bytes(tmp_path: Path, key: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"first\nalice: " + key + b"\n")
    keys = ApiKeys(path)
    assert keys.find(key) == Party("alice")
    assert keys.find(b"first") == Party("key 1")
    for wrong in (b"", key[:-1], key + b"x", b"alice: " + key, b"alice"):
        assert keys.find(wrong) is None


def test_one_key_without_a_file() -> None:
    keys = ApiKeys(None, b"a: b")
    assert keys.find(b"a: b") == Party("key 1")
    assert keys.find(b"b") is None
    assert keys.parties == [Party("key 1")]


def test_a_changed_file_is_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    path.write_text("alice: old\n")
    keys = ApiKeys(path)
    path.write_text("alice: old\nalice: renewed\nbob: other\n")
    assert keys.find(b"renewed") == Party("alice")
    assert keys.parties == [Party("alice"), Party("bob")]
    (tmp_path / "next").write_text("alice: third!!\nalice: renewed\nbob: other\n"[:42])
    os.replace(tmp_path / "next", path)
    assert keys.find(b"old") is None
    assert keys.find(b"third!!") == Party("alice")
    for broken in ("", "alice:oh no\n", None):
        if broken is None:
            path.unlink()
        else:
            path.write_text(broken)
        with caplog.at_level(logging.INFO):
            assert keys.find(b"third!!") == Party("alice")
        assert "the keys that were read before stay valid" in caplog.messages[-1]
    path.write_text("alice: fourth")
    assert keys.find(b"third!!") is None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="api_key_file /nowhere cannot be read: No such file"):
        ApiKeys(Path("/nowhere"))
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        ApiKeys(tmp_path)
