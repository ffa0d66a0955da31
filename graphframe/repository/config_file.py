"""OpenVINO Model Server's ``config.json``: the list of models to serve."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError
from graphframe.repository.model_folder import GRAPH

_log = logging.getLogger(__name__)


class ConfigFileError(Exception):
    """An invalid ``config.json``; the message says where."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``mediapipe_config_list``; see `read_config_file` for relative paths."""

    name: str
    base_path: str | None = None
    graph_path: str | None = None
    subconfig: str | None = None
    side_packets: dict[str, Any] = {}

    @property
    def side_packet_texts(self) -> tuple[tuple[str, str], ...]:
        """The side packets as text, as on the command line."""
        return tuple(
            (name, value if isinstance(value, str) else json.dumps(value)) for name, value in self.side_packets.items()
        )


class _ModelConfig(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``model_config_list``. Fields for classic models are ignored, with a warning.

    Attributes
    ----------
    target_device, plugin_config
        The options of a model without a graph of its own, under these names in `TaskOptions`.
    """

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
    plugin_config: dict[str, Any] | str | None = None
    shape: Any = None
    stateful: Any = None
    target_device: str | None = None

    @property
    def options(self) -> TaskOptions | None:
        """The options of the model, if the entry has any."""
        properties = self.plugin_config or None
        if isinstance(properties, dict):
            properties = json.dumps(properties)
        options = TaskOptions(target_device=self.target_device or None, plugin_config=properties)
        return options if options.given() else None

    @property
    def ignored(self) -> list[str]:
        """The fields for classic models that the entry has."""
        used = {*_Entry.__struct_fields__, "plugin_config", "target_device"}
        return [name for name in self.__struct_fields__ if name not in used and getattr(self, name) is not None]


class _Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: _ModelConfig


class _Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    enable: bool = False
    metrics_list: list[str] = []


class _Monitoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    metrics: _Metrics = _Metrics()


class _ConfigFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Lists of other things than graphs must be empty."""

    model_config_list: list[_Model]
    mediapipe_config_list: list[_Entry] = []
    pipeline_config_list: list[Any] = []
    custom_node_library_config_list: list[Any] = []
    custom_loader_config_list: list[Any] = []
    monitoring: _Monitoring = _Monitoring()

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
    if config.monitoring.metrics.metrics_list:
        _warn_once(f"{path}: metrics_list is ignored; /metrics has all metrics")
    for entry in config.entries:
        if entry.subconfig is not None:
            _warn_once(f"{path}: the subconfig of {entry.name} is ignored; its graph names its models")
        if entry.name in sources:
            _warn_once(f"{path}: several models are named {entry.name}; the first is used")
        else:
            sources[entry.name] = _source(path, entry)
    return sources


def enables_metrics(path: Path) -> bool:
    """Return whether ``monitoring`` enables metrics.

    Raises
    ------
    ConfigFileError
        If the file is missing or invalid.
    """
    return _decode(path).monitoring.metrics.enable


def add_to_config_file(path: Path, name: str, base_path: str, options: TaskOptions | None = None) -> None:
    """Add a model, or change an existing one; the file is created if it is missing.

    Parameters
    ----------
    path : pathlib.Path
    name, base_path : str
    options : TaskOptions, optional
        `target_device` and `plugin_config` are written if they are set.

    Raises
    ------
    ConfigFileError
        If the file is invalid, or has the model in ``mediapipe_config_list``, whose entries have no options.
    """
    content = _content(path) if path.exists() else {"model_config_list": []}
    graphs = content.get("mediapipe_config_list", [])
    entries = [model["config"] for model in content["model_config_list"]] + graphs
    changes = {"base_path": base_path, **_settings(options)}
    entry = next((entry for entry in entries if entry["name"] == name), None)
    if entry is None:
        content["model_config_list"].append({"config": {"name": name, **changes}})
    elif entry in graphs and len(changes) > 1:
        raise ConfigFileError(f"{path} has {name} in mediapipe_config_list; write the options into its graph")
    else:
        entry.update(changes)
    _write(path, content)


def _settings(options: TaskOptions | None) -> dict[str, Any]:
    """Return the fields of an entry for the options that it can have."""
    fields: dict[str, Any] = {}
    if options and options.target_device:
        fields["target_device"] = options.target_device
    if options and options.plugin_config:
        fields["plugin_config"] = json.loads(options.plugin_config)
    return fields


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


def _source(path: Path, entry: _Entry) -> FolderSource:
    """Return the source of an entry of the file at `path`."""
    options = None
    if isinstance(entry, _ModelConfig):
        try:
            options = entry.options
        except TaskOptionsError as error:
            raise ConfigFileError(f"{path}: {entry.name}: {error}") from error
        if entry.ignored:
            _warn_once(f"{path}: {', '.join(entry.ignored)} of {entry.name} is ignored; it is for classic models")
    base = path.parent / (entry.base_path or entry.name)
    source = replace(_graph_source(base, entry), side_packets=entry.side_packet_texts)
    if options is None:
        return source
    if source.graph or (source.folder / GRAPH).is_file():
        _warn_once(f"{path}: target_device and plugin_config of {entry.name} are ignored; its graph has its own")
        return source
    return replace(source, options=options)


def _graph_source(base: Path, entry: _Entry) -> FolderSource:
    if entry.graph_path:
        return FolderSource(base, graph=base / entry.graph_path)
    if not (base / GRAPH).is_file() and (base / "1" / GRAPH).is_file():
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
        kind = "a valid config" if isinstance(error, msgspec.ValidationError) else "valid JSON"
        raise ConfigFileError(f"{path} is not {kind}: {error}") from error
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
