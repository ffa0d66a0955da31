"""OpenVINO Model Server's ``config.json``: what is to be served."""

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
    """A ``config.json`` that cannot be used; the message says where it is wrong."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of ``mediapipe_config_list``. What relative paths start from is told at `read_config_file`."""

    name: str
    base_path: str | None = None
    graph_path: str | None = None
    subconfig: str | None = None


class _ModelConfig(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of ``model_config_list``. A graph says itself what the other fields say of plain models."""

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
    """Lists of what is no graph are allowed, if they are empty."""

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
    """What is to be served by which name; of those with the same name the first counts.

    A ``base_path`` starts from the folder of the file, and is by default the servable's name there. A ``graph_path``
    starts from the base path; without it the graph is ``graph.pbtxt`` there, or in the folder of its version 1, or the
    one that ships for the model.

    Raises
    ------
    ConfigFileError
        If it is missing, or wrong.
    """
    sources: dict[str, FolderSource] = {}
    config = _decode(path)
    if config.monitoring is not None:
        _warn_once(f"{path}: monitoring is not looked at; start with --metrics_enable to have /metrics")
    for entry in config.entries:
        if entry.subconfig is not None:
            _warn_once(f"{path}: the subconfig of {entry.name} is not looked at: its graph says where its models are")
        if entry.name in sources:
            _warn_once(f"{path}: there are several servables named {entry.name}; the first counts")
        else:
            sources[entry.name] = _source(path.parent, entry)
    return sources


def add_to_config_file(path: Path, name: str, base_path: str) -> None:
    """Add a servable, or say where one that is there is by now; write the file if there is none.

    Raises
    ------
    ConfigFileError
        If the file is wrong.
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
    """Remove a servable.

    Raises
    ------
    ConfigFileError
        If the file is missing or wrong, or has no such servable.
    """
    content = _content(path)
    kept = {
        "model_config_list": [model for model in content["model_config_list"] if model["config"]["name"] != name],
        "mediapipe_config_list": [entry for entry in content.get("mediapipe_config_list", []) if entry["name"] != name],
    }
    changed = {key: entries for key, entries in kept.items() if len(entries) < len(content.get(key, []))}
    if not changed:
        names = ", ".join(entry.name for entry in _decode(path).entries) or "none"
        raise ConfigFileError(f'{path} has no servable "{name}"; it has: {names}')
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
    """The file as it is, once it is known to be right."""
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
            raise ConfigFileError(f"{path}: {field} must be empty: only graphs of calculators are served")
    return config


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once, since a server may be watching it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
    part.replace(path)
