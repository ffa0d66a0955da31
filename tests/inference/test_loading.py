from __future__ import annotations

import gc
import re
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import CompiledModel, DeviceError, ModelError, core, load_model
from graphframe.inference.activity import ModelLoad, activity
from tests.inference import toy_models


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return toy_models.save(toy_models.scale(2.0), tmp_path)


@pytest.mark.parametrize(
    "device", ["", "CPU", "cpu", "AUTO:CPU", "auto: cpu", "HETERO:CPU", "MULTI:CPU", "BATCH:CPU(4)"]
)
def test_any_combination_of_available_devices(path: Path, device: str, caller: Cancellation) -> None:
    model = load_model(path, device)
    assert "CPU" in "".join(model.execution_devices)
    assert (model.infer(caller, {"x": np.ones((1, 3), np.float32)})["y"] == 2.0).all()


def test_loads_are_noted_in_the_thread(path: Path) -> None:
    log: list[ModelLoad] = []
    activity.logs.append(log)
    load_model(path)
    activity.logs.pop()
    assert [(load.model, load.device, load.weights) for load in log] == [
        (path, "CPU", path.with_suffix(".bin").stat().st_size)
    ]
    assert log[0].began < log[0].ended


@pytest.mark.parametrize(
    ("device", "absent"), [("GPU", "GPU"), ("AUTO:GPU,CPU", "GPU"), ("NPU", "NPU"), ("FOO", "FOO")]
)
def test_missing_devices(path: Path, device: str, absent: str) -> None:
    if any(name.startswith(absent) for name in core().available_devices):
        pytest.skip(f"this machine has a {absent}")
    with pytest.raises(DeviceError) as error:
        load_model(path, device)
    message = str(error.value)
    assert message.startswith(f'device "{device}" cannot run {path}. OpenVINO says: ')
    assert f"Available devices: {', '.join(core().available_devices)}." in message
    assert f"Not found: {absent}." in message
    assert not re.search(r"\.cpp|\n", message)


def test_a_number_that_no_device_has(path: Path) -> None:
    with pytest.raises(DeviceError, match=r'"CPU.0" cannot run .*Available devices: CPU'):
        load_model(path, "CPU.0")


@pytest.mark.parametrize("device", ["CPU", "BATCH:CPU(4)"])
def test_unknown_properties(path: Path, device: str) -> None:
    with pytest.raises(DeviceError, match=r'Unknown property: "NUM_STREAM" \(did you mean "NUM_STREAMS"\?\)'):
        load_model(path, device, {"NUM_STREAM": "2"})


def test_wrong_values_of_properties(path: Path) -> None:
    with pytest.raises(DeviceError, match=r"Correct the device properties \(NUM_STREAMS=many\)"):
        load_model(path, "CPU", {"NUM_STREAMS": "many"})


@pytest.mark.parametrize("device", ["CPU", "FOO"])
def test_a_missing_model_is_said_before_anything_else(tmp_path: Path, device: str) -> None:
    with pytest.raises(ModelError, match=f"the model file {tmp_path}/nope.xml does not exist"):
        load_model(tmp_path / "nope.xml", device)


def test_missing_weights(path: Path) -> None:
    path.with_suffix(".bin").unlink()
    with pytest.raises(ModelError, match=r"cannot be read.*model\.bin \(No such file"):
        load_model(path)


@pytest.mark.parametrize("kept", [0, 4, 11])
def test_truncated_weights(path: Path, kept: int) -> None:
    weights = path.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ModelError, match=rf"{path} cannot be read.*model\.bin \({kept} bytes\)"):
        load_model(path)


@pytest.mark.parametrize("kept", [0, 500])
def test_truncated_model(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match=rf"{path} cannot be read.*model\.xml \({kept} bytes\)"):
        load_model(path)


def test_weights_that_were_not_fetched(tmp_path: Path) -> None:
    path = toy_models.save(toy_models.slow(size=64, layers=1), tmp_path)
    path.with_suffix(".bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    with pytest.raises(ModelError, match="Git LFS pointer: run `git lfs pull`"):
        load_model(path)


def test_the_same_model_is_held_once(path: Path) -> None:
    model = load_model(path, "CPU", {"NUM_STREAMS": "1"})
    assert load_model(path, "cpu", {"NUM_STREAMS": "1"}) is model


@pytest.mark.parametrize(
    ("device", "properties", "prepare"),
    [
        ("AUTO:CPU", {}, None),
        ("CPU", {"NUM_STREAMS": "1"}, None),
        ("CPU", {}, lambda model: model),
    ],
)
def test_other_arguments_make_another_model(
    path: Path, device: str, properties: dict[str, str], prepare: Callable[[ov.Model], ov.Model] | None
) -> None:
    model = load_model(path)
    assert load_model(path, device, properties, prepare=prepare) is not model


def test_equal_preparations_make_the_same_model(path: Path) -> None:
    @dataclass(frozen=True)
    class Renamed:
        name: str

        def __call__(self, model: ov.Model) -> ov.Model:
            model.inputs[0].set_names({self.name})
            return model

    model = load_model(path, prepare=Renamed("a"))
    assert load_model(path, prepare=Renamed("a")) is model
    assert list(load_model(path, prepare=Renamed("b")).inputs) == ["b"]


def test_a_file_that_has_changed_is_another_model(path: Path, caller: Cancellation) -> None:
    before = load_model(path)
    toy_models.save(toy_models.scale(3.0), path.parent)
    after = load_model(path)
    assert after is not before
    assert (after.infer(caller, {"x": np.ones((1, 3), np.float32)})["y"] == 3.0).all()


def test_an_unused_model_is_released(path: Path) -> None:
    model = weakref.ref(load_model(path))
    gc.collect()
    assert model() is None


def test_threads_that_load_the_same_model_wait_for_one_of_them(path: Path) -> None:
    prepared: list[ov.Model] = []
    together = threading.Barrier(4)

    def prepare(model: ov.Model) -> ov.Model:
        prepared.append(model)
        return model

    def load() -> CompiledModel:
        together.wait(60)
        return load_model(path, prepare=prepare)

    with ThreadPoolExecutor(4) as pool:
        models = [future.result() for future in [pool.submit(load) for _ in range(4)]]
    assert len({id(model) for model in models}) == len(prepared) == 1
