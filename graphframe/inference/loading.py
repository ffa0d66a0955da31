"""From a file to a model on a device."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import openvino as ov

from graphframe.inference.activity import ModelLoad, activity
from graphframe.inference.cache import cached, stamp_of
from graphframe.inference.core import core
from graphframe.inference.device import advice, normalise, parts
from graphframe.inference.errors import DeviceError, ModelError
from graphframe.inference.kept_locale import kept_locale
from graphframe.inference.model import Compiled, CompiledModel

_loaded: weakref.WeakValueDictionary[object, CompiledModel] = weakref.WeakValueDictionary()
_locks: weakref.WeakValueDictionary[object, threading.Lock] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def load_model(
    path: Path,
    device: str = "CPU",
    properties: Mapping[str, str] = MappingProxyType({}),
    *,
    prepare: Callable[[ov.Model], ov.Model] | None = None,
) -> CompiledModel:
    """Read and compile a model, or take it from the model cache (see `cache_folder`).

    As long as somebody holds the model, whoever loads the same again gets that one.

    Parameters
    ----------
    path : pathlib.Path
        The model's file: OpenVINO's ``.xml``, or another format that OpenVINO reads. A tokenizer is a model too.
    device : str
        Any device string of OpenVINO, such as ``"GPU.1"`` or ``"AUTO:GPU,CPU"``; the empty one means the CPU.
    properties : mapping of str to str
        Properties of OpenVINO for the device, such as ``{"NUM_STREAMS": "2"}``.
    prepare : callable, optional
        Changes the model after it is read and before it is compiled: adds pre- and post-processing, say. Two that are
        equal do the same.

    Raises
    ------
    ModelError
        The model is missing or cannot be read.
    DeviceError
        The device is not there, or it refuses the model or a property.
    """
    path, device = Path(os.path.abspath(path)), normalise(device)
    if not path.is_file():
        raise ModelError.missing(path)

    began = time.perf_counter()
    key = path, stamp_of(path), device, frozenset(properties.items()), prepare
    with _lock:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:  # who wants the same waits until it is there
        with _lock:
            model = _loaded.get(key)
        if model is None:
            model = _compile(path, device, properties, prepare)
            with _lock:
                _loaded[key] = model
    activity.note(ModelLoad(path, device, _weights(path), began, time.perf_counter()))
    return model


def _compile(
    path: Path, device: str, properties: Mapping[str, str], prepare: Callable[[ov.Model], ov.Model] | None
) -> CompiledModel:
    def compile_model() -> Compiled:
        with kept_locale(), cached(path, properties) as cache:
            if prepare is None:
                named = compiled = core().compile_model(path, device, {**cache, **properties})
            else:
                # NOTE: compiling for static shapes gives inputs and outputs other names besides.
                named = prepare(core().read_model(path))
                compiled = core().compile_model(named, device, {**cache, **properties})
        return Compiled(compiled, [port.any_name for port in named.inputs], [port.any_name for port in named.outputs])

    try:
        return CompiledModel(compile_model, path, device)
    except RuntimeError as error:
        _check_readable(path)
        available = core().available_devices
        todo = advice(device, available, properties, _supported(device))
        raise DeviceError.refused(device, path, error, available, todo) from error


def _weights(path: Path) -> int:
    apart = path.with_suffix(".bin")
    return (apart if apart.is_file() else path).stat().st_size


def _check_readable(path: Path) -> None:
    try:
        core().read_model(path)
    except RuntimeError as error:
        raise ModelError.unreadable(path, error) from error


def _supported(device: str) -> set[str]:
    names: set[str] = set()
    for part in (device.split(":")[0], *parts(device)):
        with contextlib.suppress(RuntimeError):
            names |= core().get_property(part, "SUPPORTED_PROPERTIES").keys()
    return names
