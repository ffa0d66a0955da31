"""Errors of models and devices. Their messages quote OpenVINO."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


class DeviceError(RuntimeError):
    """A device that is missing, or that refuses a model or a property."""

    @classmethod
    def refused(cls, device: str, model: Path, cause: Exception, available: Iterable[str], advice: str) -> DeviceError:
        """Return the error for a device that refused a model."""
        return cls(
            f'device "{device}" cannot run {model}. OpenVINO says: {openvino_words(cause)}. '
            f"Available devices: {', '.join(available)}. {advice}"
        )


class ModelError(RuntimeError):
    """A model file that is missing or that cannot be read."""

    @classmethod
    def missing(cls, model: Path) -> ModelError:
        """Return the error for a missing file."""
        if model.is_dir():
            found = "is a folder"
        elif model.parent.is_dir():
            found = "does not exist"
        else:
            found = f"does not exist, nor does its folder {model.parent}"
        models = sorted(path.name for path in (model if model.is_dir() else model.parent).glob("*.xml"))
        there = f"; models in the folder: {', '.join(models)}" if models else ""
        return cls(f"the model file {model} {found}{there}. Correct the path, or copy the model there.")

    @classmethod
    def unreadable(cls, model: Path, cause: Exception) -> ModelError:
        """Return the error for a file that OpenVINO cannot read."""
        files = "; ".join(map(_describe, (model, model.with_suffix(".bin"))))
        return cls(
            f"model {model} cannot be read. OpenVINO says: {openvino_words(cause)}. "
            f"Files: {files}. Export or download the model again."
        )


class InferenceError(RuntimeError):
    """An inference that failed, or whose inputs do not fit the model."""

    @classmethod
    def failed(cls, model: Path, device: str, cause: Exception) -> InferenceError:
        """Return the error for an inference that failed in OpenVINO."""
        return cls(f'model {model} on device "{device}": inference failed: {openvino_words(cause)}')


def openvino_words(error: Exception) -> str:
    """Return OpenVINO's message in one line, without the positions in its source code.

    Examples
    --------
    >>> openvino_words(RuntimeError("Exception from src/core.cpp:117:\\nDevice is not registered\\n\\n"))
    'Device is not registered'
    """
    text = re.sub(r"Exception from \S+:\d+:\s", " ", str(error))
    text = re.sub(r" failed at \S+:\d+:", " failed:", text)
    return " ".join(text.split()).rstrip(" ;:.!")


def _describe(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(40)
        size = path.stat().st_size
    except OSError as error:
        return f"{path.name} ({error.strerror})"
    pointer = ", a Git LFS pointer: run `git lfs pull`" if start.startswith(b"version https://git-lfs") else ""
    return f"{path.name} ({size} bytes{pointer})"
