"""Download LoRA adapters and textual inversions into the folder of a model."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined] # that of its HTTP library
from huggingface_hub.file_download import http_get

from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.file_source import FileSource
from graphframe.repository.pulling.hub import HubModel
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import locked_staging

Source = TypeVar("Source", bound=FileSource)


def download_adapter(pull: Pull, adapter: Source) -> Source:
    """Download a file for a pulled model, unless it exists, and return its source with the file named.

    Raises
    ------
    PullError
        If it cannot be downloaded, or is not the file that the digest in its URL is of.
    """
    if adapter.is_path:
        return adapter
    if adapter.is_url:
        _download_url(adapter, pull.model_path / adapter.path)
        return adapter
    existing = adapter.files_in(pull.model_path)
    repository, _, file = adapter.named_as_in(existing).source.partition("@")
    if not file and len(existing) == 1:
        (file,) = existing
    if file not in existing:
        hub = HubModel(repository)
        file = adapter.named_as_in(hub.files).source.partition("@")[2] or hub.adapter_file()
        folder = pull.model_path / adapter.folder / repository
        with locked_staging(pull) as staging:
            arriving = staging / repository.replace("/", "--")
            config = (Path(file).parent / "adapter_config.json").as_posix()  # PEFT's, which has the strength
            files = [config, file] if config in hub.files else [file]
            hub.download(files, arriving)
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            for name in files:
                os.replace(arriving / name, folder / name)
            shutil.rmtree(arriving)
    return replace(adapter, source=f"{repository}@{file}")


def _download_url(source: FileSource, target: Path) -> None:
    """Download a file with the hub's client, which uses proxies, retries and resumes, but without the hub's token.

    A file of another digest is downloaded again. It gets its name once it is whole and its digest is right.
    """
    if target.is_file() and source.sha256 in (None, _digest(target)):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            http_get(source.url, file)
    except (OSError, HTTPError) as error:
        raise PullError(f"{source.url} cannot be downloaded: {error}") from error
    if source.sha256 not in (None, found := _digest(part)):
        part.unlink()
        raise PullError(
            f"{source.url} has the SHA-256 {found}, not {source.sha256}: the file was changed, or is another one;"
            " compare it with its publisher's"
        )
    part.replace(target)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
