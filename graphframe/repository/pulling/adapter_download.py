"""Download LoRA adapters into the folder of a model."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined] # that of its HTTP library
from huggingface_hub.file_download import http_get

from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.hub import HubModel
from graphframe.repository.pulling.lora_source import LoraSource
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import locked_staging


def download_adapter(pull: Pull, adapter: LoraSource) -> LoraSource:
    """Download a LoRA adapter for a pulled model, unless its file exists, and return it with the file named.

    Raises
    ------
    PullError
        If it cannot be downloaded.
    """
    if adapter.is_path:
        return adapter
    if adapter.is_url:
        _download_url(adapter.source, pull.model_path / adapter.path)
        return adapter
    existing = adapter.files_in(pull.model_path)
    repository, _, file = adapter.named_as_in(existing).source.partition("@")
    if not file and len(existing) == 1:
        (file,) = existing
    if file not in existing:
        hub = HubModel(repository)
        file = adapter.named_as_in(hub.files).source.partition("@")[2] or hub.adapter_file()
        folder = pull.model_path / "loras" / repository
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


def _download_url(url: str, target: Path) -> None:
    """Download a file with the hub's client, which uses proxies, retries and resumes, but without the hub's token."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            http_get(url, file)
    except (OSError, HTTPError) as error:
        raise PullError(f"{url} cannot be downloaded: {error}") from error
    part.replace(target)
