"""The API keys of a server, and the file that lists them."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
from pathlib import Path

from graphframe.serving.access.party import PRIORITIES, Party

_NAME = re.compile(r"[\w.@-]+")
_EXPECTED = 'expected KEY, or NAME: KEY, or e.g. "NAME priority=low max_running=1 max_waiting=9: KEY"'
_BOM = b"\xef\xbb\xbf"

_log = logging.getLogger(__name__)

Keys = list[tuple[bytes, Party]]
"""The SHA-256 of each key, and its party."""


class ApiKeys:
    """The keys of a file, which is read again when it changes, or one key.

    Parameters
    ----------
    path : pathlib.Path, optional
        The file: see `read_keys`.
    key : bytes
        The only key, without a file.

    Raises
    ------
    ValueError
        If the file cannot be read, or has a wrong line.
    """

    def __init__(self, path: Path | None, key: bytes = b"") -> None:
        self._path = path
        self._state = _state_of(path)
        self._keys = [(_digest(key), Party("key 1"))] if path is None else _read(path)

    @property
    def parties(self) -> list[Party]:
        """Those who have keys."""
        return list(dict.fromkeys(party for _, party in self._keys))

    def find(self, given: bytes) -> Party | None:
        """Return the party of a key, or None. The time that this takes depends on no key."""
        self._refresh()
        digest, found = _digest(given), None
        for known, party in self._keys:
            if hmac.compare_digest(known, digest):
                found = party
        return found

    def _refresh(self) -> None:
        state = _state_of(self._path)
        if self._path is None or state == self._state:
            return
        self._state = state
        try:
            self._keys = _read(self._path)
        except ValueError as error:
            _log.error("%s; the keys that were read before stay valid", error)
        else:
            _log.info("%s was read again: %d keys", self._path, len(self._keys))


def read_keys(content: bytes) -> Keys:
    """Return the keys of a file's content.

    A line is a key, ``NAME: KEY``, or a name with settings such as ``NAME priority=low max_running=1: KEY``. Empty
    lines and lines that begin with ``#`` are ignored. Keys of the same name belong to one party, so that a new one can
    replace an old one in time.

    Raises
    ------
    ValueError
        For a wrong line, whose number is named, but not its content; and without a key.
    """
    keys: Keys = []
    parties: dict[str, Party] = {}
    for number, line in enumerate(content.removeprefix(_BOM).split(b"\n"), 1):
        line = line.strip(b" \t\r")
        if not line or line.startswith(b"#"):
            continue
        party, key = _read_line(line, number)
        if parties.setdefault(party.name, party) != party:
            raise ValueError(f"line {number}: an earlier line of this name has other settings; repeat them")
        keys.append((_digest(key), party))
    if not keys:
        raise ValueError("it has no key; write one a line")
    return keys


def _read_line(line: bytes, number: int) -> tuple[Party, bytes]:
    if b":" not in line:
        return Party(f"key {number}"), line
    head, _, key = line.partition(b":")
    try:
        name, *settings = head.decode().split()
        if not _NAME.fullmatch(name) or not key.startswith((b" ", b"\t")):
            raise ValueError
        given = dict(setting.split("=") for setting in settings)
        party = Party(name, given.pop("priority", "normal"), _limit(given, "max_running"), _limit(given, "max_waiting"))
        if given or party.priority not in PRIORITIES or party.max_running == 0:
            raise ValueError
    except ValueError:
        raise ValueError(f"line {number}: {_EXPECTED}; priorities: {', '.join(PRIORITIES)}") from None
    return party, key.strip(b" \t")


def _limit(given: dict[str, str], name: str) -> int | None:
    value = given.pop(name, None)
    if value is not None and not re.fullmatch("[0-9]{1,6}", value):
        raise ValueError
    return None if value is None else int(value)


def _read(path: Path) -> Keys:
    try:
        return read_keys(path.read_bytes())
    except OSError as error:
        raise ValueError(f"api_key_file {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"api_key_file {path}: {error}") from None


def _state_of(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
