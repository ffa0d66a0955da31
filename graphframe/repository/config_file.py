"""OpenVINO Model Server's ``config.json``: the list of models to serve."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from graphframe.repository.folder_source import FolderSource

_log = logging.getLogger(__name__)


class ConfigFileError(Exception):
    """An invalid ``config.json``; the message says where."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``mediapipe_config_list``; see `read_config_file` for relative paths."""

    name: str
    base_path: str | None = None
    graph_path: str | None = None
    subconfig: str | None = None


class _ModelConfig(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``model_config_list``. The other fields are accepted and ignored: a graph has its own options."""

    allow_cache: Any = None
    batch_size: Any = None
    custom_loader_options: Any = None
    idle_sequence_cleanup: Any = None
    layout: Any = None
    low_latency_transformation: Any = None
    max_sequence_number: Any = None
    metadata: Any = None
    model_version_policy: Any = None
    nireq: Any = None
    plugin_config: Any = None
    shape: Any = None
    stateful: Any = None
    target_device: Any = None


class _Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: _ModelConfig


class _ConfigFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Lists of other things than graphs must be empty."""

    model_config_list: list[_Model]
    mediapipe_config_list: list[_Entry] = []
    pipeline_config_list: list[Any] = []
    custom_node_library_config_list: list[Any] = []
    custom_loader_config_list: list[Any] = []
    monitoring: Any = None

    @property
    def entries(self) -> Iterator[_Entry]:
        for model in self.model_config_list:
            yield model.config
        yield from self.mediapipe_config_list


def read_config_file(path: Path) -> dict[str, FolderSource]:
    """Return the source of each model by its name; the first of several entries with the same name is used.

    A ``base_path`` is relative to the folder of the file; its default is the model's name. A ``graph_path`` is relative
    to the base path. Without it, the graph is ``graph.pbtxt`` there or in the subfolder ``1``, or else the shipped
    graph for the model.

    Raises
    ------
    ConfigFileError
        If the file is missing or invalid.
    """
    sources: dict[str, FolderSource] = {}
    config = _decode(path)
    if config.monitoring is not None:
        _warn_once(f"{path}: monitoring is ignored; start with --metrics_enable to expose /metrics")
    for entry in config.entries:
        if entry.subconfig is not None:
            _warn_once(f"{path}: the subconfig of {entry.name} is ignored; its graph names its models")
        if entry.name in sources:
            _warn_once(f"{path}: several models are named {entry.name}; the first is used")
        else:
            sources[entry.name] = _source(path.parent, entry)
    return sources


def add_to_config_file(path: Path, name: str, base_path: str) -> None:
    """Add a model, or change the ``base_path`` of an existing one; the file is created if it is missing.

    Raises
    ------
    ConfigFileError
        If the file is invalid.
    """
    content = _content(path) if path.exists() else {"model_config_list": []}
    entries = [model["config"] for model in content["model_config_list"]] + content.get("mediapipe_config_list", [])
    for entry in entries:
        if entry["name"] == name:
            entry["base_path"] = base_path
            break
    else:
        content["model_config_list"].append({"config": {"name": name, "base_path": base_path}})
    _write(path, content)


def remove_from_config_file(path: Path, name: str) -> None:
    """Remove a model.

    Raises
    ------
    ConfigFileError
        If the file is missing or invalid, or has no such model.
    """
    content = _content(path)
    kept = {
        "model_config_list": [model for model in content["model_config_list"] if model["config"]["name"] != name],
        "mediapipe_config_list": [entry for entry in content.get("mediapipe_config_list", []) if entry["name"] != name],
    }
    changed = {key: entries for key, entries in kept.items() if len(entries) < len(content.get(key, []))}
    if not changed:
        names = ", ".join(entry.name for entry in _decode(path).entries) or "none"
        raise ConfigFileError(f'{path} has no model "{name}"; it has: {names}')
    _write(path, {**content, **changed})


@functools.cache
def _warn_once(message: str) -> None:
    _log.warning(message)


def _source(folder: Path, entry: _Entry) -> FolderSource:
    base = folder / (entry.base_path or entry.name)
    if entry.graph_path:
        return FolderSource(base, graph=base / entry.graph_path)
    if not (base / "graph.pbtxt").is_file() and (base / "1" / "graph.pbtxt").is_file():
        return FolderSource(base / "1")
    return FolderSource(base)


def _content(path: Path) -> dict[str, Any]:
    """Return the content of a file as it is, after validating it."""
    _decode(path)
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def _decode(path: Path) -> _ConfigFile:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigFileError(f"{path} cannot be read: {error.strerror}") from error
    try:
        config = msgspec.json.decode(text, type=_ConfigFile)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ConfigFileError(f"{path} is not a valid config: {error}") from error
    for field in ("pipeline_config_list", "custom_node_library_config_list", "custom_loader_config_list"):
        if getattr(config, field):
            raise ConfigFileError(f"{path}: {field} must be empty; only models with graphs of calculators are served")
    return config


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file in one step, since a server may watch it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
    part.replace(path)
