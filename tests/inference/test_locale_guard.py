from __future__ import annotations

import locale
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graphframe.inference import load_model
from graphframe.inference.locale_guard import locale_guard
from tests.inference import toy_models


@pytest.fixture(autouse=True)
def utf8() -> None:
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


def test_the_locale_is_restored_when_the_last_guard_closes() -> None:
    with locale_guard():
        with locale_guard():
            locale.setlocale(locale.LC_ALL, "C")
        assert locale.setlocale(locale.LC_CTYPE) == "C"
    assert locale.setlocale(locale.LC_CTYPE) == "C.UTF-8"


def test_loading_side_by_side_with_the_cache_keeps_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path / "cache"))
    paths = [toy_models.save(toy_models.scale(float(number)), tmp_path, f"model_{number}") for number in range(8)]
    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(load_model, paths))
        assert locale.setlocale(locale.LC_CTYPE) == "C.UTF-8"
