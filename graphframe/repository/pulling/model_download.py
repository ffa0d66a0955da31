"""Download or export a model into the model repository, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from graphframe.repository.export import Quantization, check_can_export, export_pipeline, save_single_file
from graphframe.repository.pulling.errors import PullError, ReadOnlyError
from graphframe.repository.pulling.hub import HubModel
from graphframe.repository.pulling.manifest import Manifest
from graphframe.repository.pulling.progress import PullProgress
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import check_room, locked_staging

_CHECKPOINTS = (".safetensors", ".ckpt")
_GGUF = (
    "is a GGUF file, whose quantised weights cannot be exported to OpenVINO; export the model that it was made from,"
    " with --weight-format int4 for a similar size"
)


def download_model(pull: Pull, progress: PullProgress | None = None) -> Path:
    """Download or export a model, unless it exists, and return its folder. An existing one may be read-only.

    Parameters
    ----------
    pull : Pull
    progress : PullProgress, optional
        Is kept up to date meanwhile.

    Raises
    ------
    PullError, ExportError
        If the model cannot be pulled, or files of an existing one were altered. Downloaded files are kept for the next
        try.
    """
    progress = progress or PullProgress()
    suffix = Path(pull.source).suffix.lower()
    if suffix == ".gguf":
        raise PullError(f"{pull.source} {_GGUF}")
    if suffix in _CHECKPOINTS and not Path(pull.source).is_file():
        raise PullError(f"the single-file checkpoint {pull.source} does not exist; download it first")
    try:
        with locked_staging(pull):
            if _is_kept(pull):
                _check_existing(pull)
            elif Path(pull.source, "model_index.json").is_file():
                _export(pull, Path(pull.source), "local", progress)
            elif suffix in _CHECKPOINTS:
                with TemporaryDirectory(dir=pull.staging) as scratch:
                    save_single_file(Path(pull.source), pull.config, Path(scratch))
                    _export(pull, Path(scratch), "local", progress)
            else:
                _download(pull, HubModel(pull.source, pull.revision), progress)
    except ReadOnlyError:
        if not _is_kept(pull):
            raise
        _check_existing(pull)  # without a lock: no process can change it here
    finally:
        progress.end()
    return pull.model_path


def _is_kept(pull: Pull) -> bool:
    return pull.model_path.is_dir() and not pull.overwrite


def _check_existing(pull: Pull) -> None:
    folder = pull.model_path
    manifest = Manifest.read(folder)
    altered = manifest.altered(folder) if manifest else []
    if altered:
        raise PullError(
            f"{folder}: files were altered since they were pulled: {', '.join(altered)}. Add --overwrite_models to pull"
            " the model again, or delete .pulled.json in that folder to keep it as it is"
        )
    if pull.revision and manifest and pull.revision not in (manifest.revision, manifest.commit):
        raise PullError(
            f"{folder} holds commit {manifest.commit} of {manifest.source}, not revision {pull.revision}; add"
            " --overwrite_models to replace it"
        )
    if not any((folder / name).is_file() for name in ("model_index.json", "graph.pbtxt")):
        raise PullError(f"{folder} exists, but holds no model; remove it, or add --overwrite_models to replace it")


def _download(pull: Pull, hub: HubModel, progress: PullProgress) -> None:
    files = hub.pipeline_files()
    if hub.is_openvino and pull.quantization:
        raise PullError(
            f"{hub.name} is an OpenVINO model already, which cannot be quantized; omit --weight_format and"
            " --extra_quantization_params"
        )
    if not hub.is_openvino:
        check_can_export()
    size = hub.size(files)
    check_room(pull, size)
    progress.download(pull.staging, size)
    hub.download(files, pull.staging)
    if hub.is_openvino:
        shutil.rmtree(pull.staging / ".cache", ignore_errors=True)
        Manifest.write(pull.staging, hub.name, hub.commit, files, pull.revision, hub.hashes)
        _replace_model(pull, pull.staging)
    else:
        _export(pull, pull.staging, hub.commit, progress)
        shutil.rmtree(pull.staging)


def _export(pull: Pull, source: Path, commit: str, progress: PullProgress) -> None:
    progress.export()
    exported = pull.staging.with_name(f"{pull.staging.name}.export")
    shutil.rmtree(exported, ignore_errors=True)
    export_pipeline(source, exported, pull.quantization or Quantization())
    files = [path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()]
    Manifest.write(exported, pull.source, commit, files, pull.revision)
    _replace_model(pull, exported)


def _replace_model(pull: Pull, folder: Path) -> None:
    """Move a complete folder to the model's path."""
    old = pull.staging.with_name(f"{pull.staging.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    pull.model_path.parent.mkdir(parents=True, exist_ok=True)
    if pull.model_path.exists():
        pull.model_path.rename(old)
    folder.rename(pull.model_path)
    shutil.rmtree(old, ignore_errors=True)
