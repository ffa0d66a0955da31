"""Pulling a model: from a hub into the model repository, whole or not at all."""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from graphframe.repository.export import Quantization, check_can_export, export_pipeline
from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.hub import HubModel
from graphframe.repository.pulling.lora_source import LoraSource
from graphframe.repository.pulling.manifest import Pulled

_STAGING = ".pull"
"""Folder of the model repository for what is not whole yet; nothing in it is taken for a model."""
_MARGIN = 64 * 1024 * 1024
"""Bytes of disk to leave free."""
_PATIENCE = 60
"""Seconds in which a server that is no hub has to send something."""


@dataclass
class Pull:
    """A model that shall be in the model repository.

    Attributes
    ----------
    source : str
        Its name at the hub, ``organisation/name``; or the folder of a pipeline of PyTorch.
    repository_path : Path
        The model comes to be in ``repository_path/name``.
    name : str
        By default the same as `source`.
    revision : str or None
        A branch, tag or commit; by default what is here, or the hub's.
    overwrite : bool
        Whether to bring it anew even if it is there.
    quantization : Quantization or None
        How to export weights of PyTorch; None for the default.
    """

    source: str
    repository_path: Path
    name: str = ""
    revision: str | None = None
    overwrite: bool = False
    quantization: Quantization | None = None
    _doing: str = field(default="", init=False, compare=False)
    _total: int = field(default=0, init=False, compare=False)

    @property
    def model_path(self) -> Path:
        """The folder of the model, whether it is there or not."""
        return self.repository_path / (self.name or self.source)

    def progress(self) -> str:
        """What `run` does now, and how far it is; empty if it has not begun, or has ended."""
        if self._doing != "downloading" or not self._total:
            return self._doing
        return f"downloading: {_size(self._staging) / 1e9:.2f} of {self._total / 1e9:.2f} GB"

    def run(self) -> Path:
        """Bring the model, unless it is there, and return its folder.

        Raises
        ------
        PullError, ExportError
            If it cannot be brought, or what is there was altered since it was brought. What was downloaded so far stays
            for the next try.
        """
        with self._alone():
            if self.model_path.is_dir() and not self.overwrite:
                self._check_whole()
            elif Path(self.source, "model_index.json").is_file():
                self._export(Path(self.source), "local")
            else:
                self._bring(HubModel(self.source, self.revision))
        self._doing = ""
        return self.model_path

    def bring_adapter(self, adapter: LoraSource) -> LoraSource:
        """Bring a LoRA adapter into the folder of the model, unless it is there, and return it with its file named.

        Raises
        ------
        PullError
            If it cannot be brought.
        """
        if adapter.is_path:
            return adapter
        if adapter.is_url:
            _download_url(adapter.source, self.model_path / adapter.path)
            return adapter
        repository, _, file = adapter.source.partition("@")
        folder = self.model_path / "loras" / repository
        there = [path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")]
        if not file and len(there) == 1:
            (file,) = there
        if file not in there:
            hub = HubModel(repository)
            file = file or hub.adapter_file()
            with self._alone():
                arriving = self._staging / repository.replace("/", "--")
                hub.download([file], arriving)
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                os.replace(arriving / file, folder / file)
                shutil.rmtree(arriving)
        return replace(adapter, source=f"{repository}@{file}")

    @property
    def _staging(self) -> Path:
        return self.repository_path / _STAGING / (self.name or self.source).strip("/").replace("/", "--")

    def _check_whole(self) -> None:
        pulled = Pulled.of(self.model_path)
        altered = pulled.altered(self.model_path) if pulled else []
        if altered:
            raise PullError(
                f"{self.model_path}: not what was pulled: {', '.join(altered)}. Add --overwrite_models to pull it"
                " again, or delete .pulled.json in that folder to keep it as it is"
            )
        if self.revision and pulled and self.revision not in (pulled.revision, pulled.commit):
            raise PullError(
                f"{self.model_path} holds commit {pulled.commit} of {pulled.source}, but revision {self.revision} is"
                " asked for; add --overwrite_models to pull that"
            )
        if not any((self.model_path / name).is_file() for name in ("model_index.json", "graph.pbtxt")):
            raise PullError(
                f"{self.model_path} is there, but holds no model; remove it, or add --overwrite_models to replace it"
            )

    def _bring(self, hub: HubModel) -> None:
        files = hub.pipeline_files()
        if hub.is_openvino and self.quantization:
            raise PullError(f"{hub.name} is in OpenVINO's layout already: its weights cannot be quantized otherwise")
        if not hub.is_openvino:
            check_can_export()
        self._total = hub.size(files)
        self._check_room()
        self._doing = "downloading"
        hub.download(files, self._staging)
        if hub.is_openvino:
            shutil.rmtree(self._staging / ".cache", ignore_errors=True)
            Pulled.note(self._staging, hub.name, hub.commit, files, self.revision, hub.hashes)
            self._put(self._staging)
        else:
            self._export(self._staging, hub.commit)
            shutil.rmtree(self._staging)

    def _export(self, source: Path, commit: str) -> None:
        self._doing = "exporting"
        exported = self._staging.with_name(f"{self._staging.name}.export")
        shutil.rmtree(exported, ignore_errors=True)
        export_pipeline(source, exported, self.quantization or Quantization())
        files = [path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()]
        Pulled.note(exported, self.source, commit, files, self.revision)
        self._put(exported)

    def _put(self, folder: Path) -> None:
        old = self._staging.with_name(f"{self._staging.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        self.model_path.parent.mkdir(parents=True, exist_ok=True)
        if self.model_path.exists():
            self.model_path.rename(old)
        folder.rename(self.model_path)
        shutil.rmtree(old, ignore_errors=True)

    def _check_room(self) -> None:
        missing, free = self._total - _size(self._staging), shutil.disk_usage(self._staging).free
        if missing + _MARGIN > free:
            raise PullError(
                f"{self.source} needs {missing / 1e9:.2f} GB more, but {self.repository_path} has {free / 1e9:.2f} GB"
                " free. Free space there, or name another folder with --model_repository_path"
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time put this model together; explain what the disk does not like."""
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            with FileLock(self._staging.with_name(f"{self._staging.name}.lock")):
                self._staging.mkdir(exist_ok=True)
                yield
                if self._staging.is_dir() and not any(self._staging.iterdir()):
                    self._staging.rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                raise
            raise PullError(
                f"{self.repository_path}: {error.strerror}. Free space there, or name another folder with"
                " --model_repository_path; what was downloaded so far is kept, and the next try goes on from it"
            ) from error


def _size(folder: Path) -> int:
    """The bytes of all files in a folder, some of which may be gone by now."""
    size = 0
    for inside, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(inside, name)).st_size
    return size


def _download_url(url: str, target: Path) -> None:
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response, part.open("wb") as file:
            shutil.copyfileobj(response, file)
            missing = response.length  # NOTE: copyfileobj takes a connection that ends early for the end of the file
    except (OSError, http.client.HTTPException) as error:
        raise PullError(f"{url} cannot be downloaded: {error}") from error
    if missing:
        raise PullError(f"{url} cannot be downloaded: the connection ended {missing} bytes early")
    part.replace(target)
