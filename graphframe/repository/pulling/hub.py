"""Models on a Hugging Face hub: their files, and verified downloads.

``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE`` and the environment variables for proxies are used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from huggingface_hub import HfApi, constants, get_token, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from graphframe.repository.pulling.errors import PullError
from graphframe.repository.pulling.manifest import file_hash

_HTTP_ERRORS = tuple(
    base for base in HfHubHTTPError.__mro__[1:] if issubclass(base, BaseException) and base.__module__ != "builtins"
)
"""The error of the hub's HTTP library, which releases of huggingface_hub change."""
_INDEX = "model_index.json"
_AT_TOP = (_INDEX, "*.md", "LICENSE*")
_CONFIGS = ("*.json", "*.txt", "*.model")
_OPENVINO = ("openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml", "openvino_tokenizer.bin")
_VARIANTS = ("*.fp16*", "*non_ema*", "*ema_only*")
"""Alternative weights, which pipelines do not load."""


class HubModel:
    """A repository on a hub, at one commit.

    Parameters
    ----------
    name : str
        ``organisation/name``.
    revision : str, optional
        A branch, tag or commit.

    Attributes
    ----------
    commit : str
    is_openvino : bool
        Whether it holds an OpenVINO pipeline, not a PyTorch one.

    Raises
    ------
    PullError
        If the hub cannot be reached, or has no such repository or revision.
    """

    def __init__(self, name: str, revision: str | None = None) -> None:
        self.name = name
        with _explained(name, revision):
            api = HfApi()
            self.commit: str = api.model_info(name, revision=revision).sha or ""
            tree = api.list_repo_tree(name, recursive=True, revision=self.commit)
            self._files = {file.path: file for file in tree if isinstance(file, RepoFile)}
        self.is_openvino = any(path.endswith("/openvino_model.xml") for path in self._files)

    def pipeline_files(self) -> list[str]:
        """Return the files that a pipeline needs, without images, detokenizers and weights in other formats.

        Raises
        ------
        PullError
            If the repository holds no pipeline.
        """
        if _INDEX not in self._files:
            raise PullError(f"{self.name} has no {_INDEX}: not an image-generation pipeline")
        folders: dict[str, list[PurePosixPath]] = {}
        for path in map(PurePosixPath, self._files):
            folders.setdefault(str(path.parent), []).append(path)
        kept = [path for path in folders.pop(".") if _matches(path.name, _AT_TOP)]
        for folder, paths in folders.items():
            if "/" not in folder:
                weights = _OPENVINO if self.is_openvino else _torch_weights(paths)
                kept += [path for path in paths if _matches(path.name, (*_CONFIGS, *weights))]
        return sorted(map(str, kept))

    def adapter_file(self) -> str:
        """Return the only .safetensors file, that of a LoRA adapter.

        Raises
        ------
        PullError
            If the repository has none, or several.
        """
        found = sorted(path for path in self._files if path.endswith(".safetensors"))
        if len(found) != 1:
            message = f"has several: {', '.join(found)}; name one as {self.name}@FILE" if found else "has none"
            raise PullError(f"{self.name}: expected one .safetensors file, but the repository {message}")
        return found[0]

    @property
    def files(self) -> Collection[str]:
        """The paths of all files."""
        return self._files.keys()

    def size(self, paths: Iterable[str]) -> int:
        """Return the total size of these files in bytes."""
        return sum(self._files[path].size for path in paths)

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each large file, which `download` verifies."""
        return {path: file.lfs.sha256 for path, file in self._files.items() if file.lfs is not None}

    def download(self, paths: Iterable[str], folder: Path) -> None:
        """Download files into a folder, under their paths in the repository, and verify their hashes.

        Complete files are kept, and all other files in the folder removed.

        Raises
        ------
        PullError
            If a download fails, or a hash is wrong twice. Downloaded files are kept for the next try.
        """
        wanted = sorted(paths)
        unknown = [path for path in wanted if path not in self._files]
        if unknown:
            raise PullError(f"{self.name} has no file {', '.join(unknown)}")
        for orphan in folder.glob(".cache/huggingface/download/**/*.incomplete"):
            orphan.unlink()
        _remove_others(folder, wanted)
        for _ in range(2):
            with _explained(self.name, self.commit):
                snapshot_download(
                    self.name,
                    revision=self.commit,
                    local_dir=folder,
                    allow_patterns=wanted,
                )
            wrong = [path for path in wanted if not self._is_whole(folder / path, self._files[path])]
            if not wrong:
                return
            for path in wrong:
                (folder / path).unlink(missing_ok=True)
        raise PullError(f"{self.name}: checksum mismatch after 2 downloads: {', '.join(wrong)}")

    def _is_whole(self, path: Path, file: RepoFile) -> bool:
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        if file.lfs is not None:
            return file_hash(path) == file.lfs.sha256
        blob = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
        blob.update(path.read_bytes())
        return blob.hexdigest() == file.blob_id


def _remove_others(folder: Path, wanted: Iterable[str]) -> None:
    """Remove the files that a pull of another commit left, and folders that are then empty."""
    kept = {folder / path for path in wanted}
    for inside, _, files in os.walk(folder, topdown=False):
        if Path(inside).is_relative_to(folder / ".cache"):
            continue
        for path in {Path(inside, name) for name in files} - kept:
            path.unlink()
        if inside != str(folder) and not os.listdir(inside):
            os.rmdir(inside)


def _torch_weights(paths: Iterable[PurePosixPath]) -> list[str]:
    names = [path.name for path in paths if not _matches(path.name, _VARIANTS)]
    return [name for name in names if name.endswith(".safetensors")] or [
        name for name in names if name.endswith(".bin")
    ]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


@contextmanager
def _explained(name: str, revision: str | None) -> Iterator[None]:
    """Raise the hub's errors as PullError, with what to do."""
    endpoint = constants.ENDPOINT
    try:
        yield
    except GatedRepoError as error:
        todo = "the account of the present token has no access" if get_token() else "then set HF_TOKEN"
        raise PullError(f"{name} is gated: request access at {endpoint}/{name}; {todo}") from error
    except RevisionNotFoundError as error:
        raise PullError(f"{name} at {endpoint} has no revision {revision}") from error
    except RepositoryNotFoundError as error:
        raise PullError(
            f"{name} does not exist at {endpoint}, or is private: correct the name, or set HF_TOKEN"
        ) from error
    except EntryNotFoundError as error:
        raise PullError(f"{name} at {endpoint} lists a file that it does not have: {error}") from error
    except HFValidationError as error:
        raise PullError(f'"{name}" is not a Hugging Face model ID, which has the form ORGANISATION/NAME') from error
    except OfflineModeIsEnabled as error:
        raise PullError(f"{name} is not downloaded, and HF_HUB_OFFLINE forbids downloads") from error
    except HfHubHTTPError as error:
        raise PullError(f"{endpoint} refused {name}: {' '.join(str(error).split())}") from error
    except _HTTP_ERRORS as error:
        raise PullError(
            f"cannot reach {endpoint} for {name}: {error}. Behind a proxy, set HTTPS_PROXY; for a mirror, HF_ENDPOINT"
        ) from error
