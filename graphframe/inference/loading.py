"""Loading of models: read, compile, share."""

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
from graphframe.inference.cache import blobs_in, cached, stamp_of, use_cache
from graphframe.inference.core import core
from graphframe.inference.default_device import resolve
from graphframe.inference.device import advice, parts
from graphframe.inference.errors import DeviceError, ModelError
from graphframe.inference.locale_guard import locale_guard
from graphframe.inference.mapped_files import releasing
from graphframe.inference.model import Compilation, CompiledModel
from graphframe.inference.rewriting import rewrite
from graphframe.speed import VARIABLE, Speed

_LARGE = 16 * 2**20
"""Bytes of weights from which a model is worth loading a second time, from the cache, once it is there."""

_loaded: weakref.WeakValueDictionary[object, CompiledModel] = weakref.WeakValueDictionary()
_locks: weakref.WeakValueDictionary[object, threading.Lock] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def load_model(
    path: Path,
    device: str = "CPU",
    properties: Mapping[str, str] = MappingProxyType({}),
    *,
    prepare: Callable[[ov.Model], ov.Model] | None = None,
    speed: Speed = "exact",
) -> CompiledModel:
    """Read and compile a model, or load it from the model cache (see `cache_folder`).

    Equal arguments return the same object as long as an earlier one is in use and the files have not changed.

    Parameters
    ----------
    path : pathlib.Path
        The model file: OpenVINO's ``.xml``, or another format that OpenVINO reads. A tokenizer is a model too.
    device : str
        A device string of OpenVINO, e.g. ``"GPU.1"`` or ``"AUTO:GPU,CPU"``. An empty string means the CPU;
        ``"DEFAULT"``: see `resolve`.
    properties : mapping of str to str
        OpenVINO properties for the device, e.g. ``{"NUM_STREAMS": "2"}``.
    prepare : callable, optional
        A function that changes the model after it is read and before it is compiled, e.g. adds pre-processing. Equal
        functions must make equal changes.
    speed : Speed
        Whether the prepared model is rewritten.

    Raises
    ------
    ModelError
        If the model is missing or cannot be read.
    DeviceError
        If the device is missing, or refuses the model or a property.
    """
    path, device = Path(os.path.abspath(path)), resolve(device)
    if not path.is_file():
        raise ModelError.missing(path)

    began = time.perf_counter()
    key = path, stamp_of(path), device, frozenset(properties.items()), prepare, speed
    with _lock:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:  # other threads that load the same model wait here
        with _lock:
            model = _loaded.get(key)
        if model is None:
            model = _compile(path, device, properties, prepare, speed)
            with _lock:
                _loaded[key] = model
    activity.note(ModelLoad(path, device, _weights(path), began, time.perf_counter()))
    return model


def _compile(
    path: Path,
    device: str,
    properties: Mapping[str, str],
    prepare: Callable[[ov.Model], ov.Model] | None,
    speed: Speed,
) -> CompiledModel:
    # NOTE: --ovms_graph writes the folder into the graph. Here, `cached` uses it, with locks and stamps.
    if properties.get("CACHE_DIR", "") == os.environ.get("GRAPHFRAME_CACHE_DIR"):
        properties = {name: value for name, value in properties.items() if name != "CACHE_DIR"}

    # NOTE: OpenVINO finds a blob by the files of the model, so the speeds need folders of their own.
    apart = properties if speed == "exact" else {**properties, VARIABLE: speed}

    def compile_once(properties: Mapping[str, str]) -> Compilation:
        if prepare is None and speed == "exact":
            named = compiled = core().compile_model(path, device, properties)
        else:
            # NOTE: a model that is compiled for static shapes has additional names for inputs and outputs.
            named = core().read_model(path)
            named = named if prepare is None else prepare(named)
            if speed == "balanced":
                rewrite(named)
            compiled = core().compile_model(named, device, properties)
        return Compilation(
            compiled, [port.any_name for port in named.inputs], [port.any_name for port in named.outputs]
        )

    def compile_model() -> Compilation:
        with locale_guard(), cached(path, apart) as cache, releasing():
            blobs = blobs_in(cache)
            compilation = compile_once({**cache, **properties})
            if _weights(path) >= _LARGE and blobs_in(cache) != blobs:
                # NOTE: a model that was not in the cache has its weights in memory that cannot be released.
                del compilation
                compilation = compile_once({**cache, **properties})
        return compilation._replace(cache_use=use_cache(path))

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
    names = {"DEVICE_PROPERTIES"}  # which OpenVINO reads itself
    for part in (device.split(":")[0], *parts(device)):
        with contextlib.suppress(RuntimeError):
            names |= core().get_property(part, "SUPPORTED_PROPERTIES").keys()
    return names
