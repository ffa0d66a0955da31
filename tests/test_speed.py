from __future__ import annotations

import pytest

from graphframe.speed import VARIABLE, speed_of


@pytest.mark.parametrize(
    ("option", "variable", "speed"),
    [
        ("", None, "exact"),
        ("", "", "exact"),
        ("", "balanced", "balanced"),
        ("exact", "balanced", "exact"),
        ("balanced", None, "balanced"),
    ],
)
def test_options_come_before_the_environment(
    option: str, variable: str | None, speed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    assert speed_of(option) == speed


def test_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match='speed must be exact or balanced, not "fast"'):
        speed_of("fast")
    monkeypatch.setenv(VARIABLE, "Exact")
    with pytest.raises(ValueError, match='GRAPHFRAME_SPEED must be exact or balanced, not "Exact"'):
        speed_of()
