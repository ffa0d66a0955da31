"""The ``config.json`` files in the folder of a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_config(path: Path) -> dict[str, Any]:
    """Read the JSON object in a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; a model in OpenVINO's layout has one")
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path}: holds {type(config).__name__}, not an object")
    return config


def vae_scale_factor(config: dict[str, Any]) -> int:
    """How many pixels a latent stands for along each side: the VAE halves the size between its blocks."""
    halvings = len(config["temperal_downsample"]) if is_of_videos(config) else len(config["block_out_channels"]) - 1
    return int(2**halvings)


def is_of_videos(config: dict[str, Any]) -> bool:
    """Whether a VAE takes videos, of which a picture is one frame: there is an axis of time before height and width."""
    return config.get("_class_name") == "AutoencoderKLQwenImage"
