from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import CompiledModel, ModelError, cache_folder, load_model, loading
from graphframe.inference.cache import cached
from tests.inference import toy_models


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return toy_models.save(toy_models.scale(2.0), tmp_path)


def from_cache(model: CompiledModel) -> bool:
    return bool(model._compiled.get_property("LOADED_FROM_CACHE"))


def factor(model: CompiledModel) -> float:
    return float(model.infer(Cancellation(), {"x": np.ones((1, 3), np.float32)})["y"][0, 0])


def test_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRAPHFRAME_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / ".cache/graphframe/openvino"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg/graphframe/openvino"
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", "")
    assert cache_folder() is None


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU", "BATCH:CPU(4)"])
def test_the_second_load_comes_from_the_cache(path: Path, device: str) -> None:
    assert not from_cache(load_model(path, device))
    again = load_model(path, device)
    assert from_cache(again)
    assert factor(again) == 2.0


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_a_large_model_comes_from_the_cache_at_once(
    path: Path, device: str, monkeypatch: pytest.MonkeyPatch, cache_dir: Path
) -> None:
    """A model that was compiled keeps its weights in memory; one from the cache maps them."""
    monkeypatch.setattr(loading, "_LARGE", 0)
    model = load_model(path, device)
    assert from_cache(model)
    assert factor(model) == 2.0
    with monkeypatch.context() as patch:
        patch.setenv("GRAPHFRAME_CACHE_DIR", "")
        path.touch()
        assert not from_cache(other := load_model(path, device))
        assert factor(other) == 2.0


def test_properties_hold_for_a_model_from_the_cache(path: Path) -> None:
    load_model(path)
    model = load_model(path, properties={"NUM_STREAMS": "2"})
    assert model._compiled.get_property("NUM_STREAMS") == 2


def test_each_precision_has_a_blob_of_its_own(path: Path, cache_dir: Path) -> None:
    """A model of static shape that was compiled for float32 returns wrong numbers if it is loaded for bfloat16."""
    for properties in ({"INFERENCE_PRECISION_HINT": "f32"}, {}):
        assert not from_cache(load_model(path, properties=properties))
        assert from_cache(load_model(path, properties=properties))
    path.with_suffix(".bin").write_bytes(np.full(3, 5.0, np.float32).tobytes())
    assert factor(load_model(path)) == 5.0
    assert len(list(cache_dir.rglob("*.blob"))) == 1


def test_tokenizers_are_cached_too(tmp_path: Path, caller: Cancellation) -> None:
    path = toy_models.save(toy_models.tokenizer(), tmp_path)
    load_model(path)
    model = load_model(path)
    assert from_cache(model)
    (name,) = model.inputs
    assert model.infer(caller, {name: np.array(["ab"])})["input_ids"].tolist() == [[3]]


def test_new_weights_are_used_even_under_an_old_model(path: Path, cache_dir: Path) -> None:
    load_model(path)
    weights = path.with_suffix(".bin")
    state = weights.stat()
    weights.write_bytes(np.full(3, 5.0, np.float32).tobytes())
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))  # an unpacked archive may keep the time too
    model = load_model(path)
    assert factor(model) == 5.0
    del model  # or the next load would return it
    assert from_cache(load_model(path))
    assert len(list(cache_dir.glob("*/*.blob"))) == 1


def test_missing_weights_are_an_error_in_spite_of_the_cache(path: Path) -> None:
    load_model(path)
    path.with_suffix(".bin").unlink()
    with pytest.raises(ModelError):
        load_model(path)


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
def test_broken_blobs_are_compiled_again(path: Path, cache_dir: Path, kept: float) -> None:
    load_model(path)
    (blob,) = cache_dir.glob("*/*.blob")
    content = blob.read_bytes()
    blob.write_bytes(content[: int(kept * len(content))])
    model = load_model(path)
    assert not from_cache(model)
    assert factor(model) == 2.0
    del model
    assert from_cache(load_model(path))


def test_no_cache_when_switched_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", "")
    load_model(path)
    assert not from_cache(load_model(path))


def test_a_folder_that_cannot_be_written_is_only_logged(
    path: Path, cache_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache_dir.write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert factor(load_model(path)) == 2.0
        assert factor(load_model(path)) == 2.0
    assert len(caplog.records) == 1
    assert str(cache_dir) in caplog.text


def test_the_folder_as_a_property_is_used_safely(path: Path, cache_dir: Path) -> None:
    load_model(path, "CPU", {"CACHE_DIR": str(cache_dir)})
    assert list(cache_dir.glob("*/lock"))
    assert from_cache(load_model(path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks")
def test_one_process_at_a_time_compiles_a_model(path: Path, cache_dir: Path) -> None:
    import fcntl

    with cached(path, {}) as properties:
        lock = Path(properties["CACHE_DIR"]) / "lock"
        with lock.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with lock.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_processes_share_the_cache(path: Path, cache_dir: Path) -> None:
    program = (
        "import pathlib, sys; from graphframe.inference import load_model; "
        "load_model(pathlib.Path(sys.argv[1])); print('loaded')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["loaded\n"] * 2
    assert len(list(cache_dir.glob("*/*.blob"))) == 1
    assert from_cache(load_model(path))
