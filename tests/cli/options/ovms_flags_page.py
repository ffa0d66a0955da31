"""``python -m tests.cli.options.ovms_flags_page`` writes the page of OpenVINO Model Server's flags."""

from __future__ import annotations

from graphframe.cli.options.ovms_flags import OVMS_FLAGS, Meaning
from tests.test_imports import ROOT

PAGE = ROOT / "examples/deploy/ovms_flags.md"
_TEXT = """\
# Flags of OpenVINO Model Server

All flags of OpenVINO Model Server 2026.3, and their meaning in `graphframe serve`. An ignored flag is accepted with a
warning. A flag that is not supported ends the command with exit code 64. Flags without a value may have one:
`--metrics_enable=true`.

| flag | meaning | note |
|---|---|---|
"""
_MEANINGS = {Meaning.SAME: "same", Meaning.IGNORED: "ignored", Meaning.REFUSED: "not supported"}


def page() -> str:
    """Return the page."""
    return _TEXT + "".join(f"| `--{flag.name}` | {_MEANINGS[flag.meaning]} | {flag.note} |\n" for flag in OVMS_FLAGS)


if __name__ == "__main__":
    PAGE.write_text(page())
