"""Single-file checkpoints: ``python single_file.py FILE CONFIG FOLDER`` saves one as the folder of a pipeline.

It runs in a process of its own, since PyTorch and diffusers are large. CONFIG is a folder or a Hugging Face model ID
with the files of the pipeline, or empty for the one that diffusers knows for such checkpoints. Text encoders and a VAE
that the checkpoint lacks, as those of FLUX.1 do, are read from the folder.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_SMALL = ["*.json", "*/*.json", "*/*.txt", "*/*.model"]
"""The files of a pipeline without its weights."""
_SAFETY_CHECKER = ("safety_checker", "feature_extractor", "image_encoder")


def save_as_folder(file: Path, config: str, folder: Path) -> None:
    """Save a checkpoint as the folder of a pipeline."""
    import diffusers

    described = Path(config) if config and Path(config).is_dir() else _downloaded(file, config)
    index = json.loads((described / "model_index.json").read_text())
    kind = getattr(diffusers, index["_class_name"])
    none = {name: None for name in _SAFETY_CHECKER if name in index}
    for parts in _parts_to_add(index, described):
        try:
            pipeline = kind.from_single_file(str(file), config=str(described), local_files_only=True, **parts, **none)
        except diffusers.loaders.single_file_utils.SingleFileComponentError as error:
            reason = error
            continue
        pipeline.save_pretrained(folder)
        return
    sys.exit(
        f"{file} lacks a part of its pipeline, which {described} has no weights of: {str(reason).splitlines()[0]} Give"
        " --source_config a folder that has it, e.g. the published pipeline with its weights"
    )


def _parts_to_add(index: Mapping[str, Any], described: Path) -> Iterator[dict[str, Any]]:
    """Yield no parts, then text encoders, then also the VAE: those that the described folder has weights of."""
    import diffusers
    import transformers

    yield {}
    parts: dict[str, Any] = {}
    for names in (("text_encoder", "text_encoder_2", "text_encoder_3"), ("vae",)):
        for name in names:
            if name in index and any((described / name).glob("*.safetensors")):
                kind = getattr(diffusers if name == "vae" else transformers, index[name][1])
                parts[name] = kind.from_pretrained(described / name)
        if parts:
            yield parts


def _downloaded(file: Path, config: str) -> Path:
    """Return the folder with the configuration of a pipeline from the hub, or from its cache without a network."""
    from diffusers.loaders.single_file_utils import fetch_diffusers_config, load_single_file_checkpoint
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    name = config or fetch_diffusers_config(load_single_file_checkpoint(str(file)))["pretrained_model_name_or_path"]
    try:
        return Path(snapshot_download(name, allow_patterns=_SMALL))
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError):
        sys.exit(
            f"the configuration of {file}, that of {name}, is neither in the hub's cache nor can it be downloaded; give"
            " --source_config a folder of that pipeline (its *.json and tokenizer files are enough) or another model ID"
        )


if __name__ == "__main__":
    save_as_folder(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
