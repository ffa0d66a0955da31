"""The ``config.json`` files in the folder of a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_config(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If the file is not a JSON object.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; a model in OpenVINO's layout has this file")
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path}: expected a JSON object, not {type(config).__name__}")
    return config


def vae_scale_factor(config: dict[str, Any]) -> int:
    """Return the number of pixels per latent along each side. The VAE halves the size between its blocks."""
    halvings = len(config["temperal_downsample"]) if is_of_videos(config) else len(config["block_out_channels"]) - 1
    return int(2**halvings)


def is_of_videos(config: dict[str, Any]) -> bool:
    """Return whether a VAE encodes videos: its arrays have a time axis before height and width."""
    return config.get("_class_name") == "AutoencoderKLQwenImage"
