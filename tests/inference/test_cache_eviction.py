from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graphframe.inference import CompiledModel, load_model
from graphframe.inference.cache_eviction import cache_size, evict
from tests.inference import toy_models

IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from graphframe.inference import load_model
model = load_model(Path(sys.argv[1]))
print("loaded", flush=True)
input()
"""


def load(folder: Path, name: str) -> CompiledModel:
    (folder / name).mkdir(exist_ok=True)
    return load_model(toy_models.save(toy_models.scale(2.0), folder / name))


def cached_names(cache_dir: Path) -> set[str]:
    return {folder.name.rpartition("-")[0] for folder in cache_dir.iterdir()}


def make_older(cache_dir: Path, name: str, seconds: int) -> None:
    """Let the cache of a model seem unused for some time."""
    [folder] = cache_dir.glob(f"{name}-*")
    for file in folder.iterdir():
        os.utime(file, (1_000_000_000 - seconds, 1_000_000_000 - seconds))


def test_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHFRAME_CACHE_SIZE", raising=False)
    assert cache_size() == 20 * 2**30
    monkeypatch.setenv("GRAPHFRAME_CACHE_SIZE", "1.5K")
    assert cache_size() == 1536


def test_models_that_are_gone_are_removed(tmp_path: Path, cache_dir: Path) -> None:
    load(tmp_path, "old")
    shutil.rmtree(tmp_path / "old")
    load(tmp_path, "new")
    assert cached_names(cache_dir) == {"new"}


def test_a_model_in_use_is_kept_though_it_is_gone(tmp_path: Path, cache_dir: Path) -> None:
    used = load(tmp_path, "old")
    shutil.rmtree(tmp_path / "old")
    load(tmp_path, "new")
    assert cached_names(cache_dir) == {"old", "new"}
    del used
    load(tmp_path, "new")
    assert cached_names(cache_dir) == {"new"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks")
def test_a_model_that_another_process_uses_is_kept(tmp_path: Path, cache_dir: Path) -> None:
    path = toy_models.save(toy_models.scale(2.0), tmp_path)
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "loaded\n"
        evict(cache_dir, 0)
        assert len(cached_names(cache_dir)) == 1
        other.communicate("\n")
    evict(cache_dir, 0)
    assert cached_names(cache_dir) == set()


def test_those_least_recently_used_are_removed_first(tmp_path: Path, cache_dir: Path) -> None:
    for age, name in enumerate(["c", "b", "a"]):
        load(tmp_path, name)
        make_older(cache_dir, name, age)
    size = sum(file.stat().st_size for file in cache_dir.rglob("*") if file.is_file())
    evict(cache_dir, size)
    assert cached_names(cache_dir) == {"a", "b", "c"}
    evict(cache_dir, size - 1)
    assert cached_names(cache_dir) == {"b", "c"}
    evict(cache_dir, 0)
    assert cached_names(cache_dir) == set()


def test_the_cache_of_a_load_is_bounded(tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_SIZE", "1")
    load(tmp_path, "first")
    load(tmp_path, "second")
    assert cached_names(cache_dir) == {"second"}


def test_a_wrong_size_is_only_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_SIZE", "much")
    load(tmp_path, "model")
    assert "expected a number of bytes such as 800M or 16G, not much" in caplog.text
