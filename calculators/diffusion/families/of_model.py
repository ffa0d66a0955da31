"""The family that a model belongs to."""

from __future__ import annotations

from pathlib import Path

from graphframe.calculators.diffusion.families.family import Family
from graphframe.calculators.diffusion.families.flux import Flux
from graphframe.calculators.diffusion.families.flux_2_klein import Flux2Klein
from graphframe.calculators.diffusion.families.qwen_image import QwenImage
from graphframe.calculators.diffusion.families.stable_diffusion import StableDiffusion
from graphframe.calculators.diffusion.families.stable_diffusion_3 import StableDiffusion3
from graphframe.calculators.diffusion.families.stable_diffusion_xl import StableDiffusionXL
from graphframe.calculators.diffusion.families.z_image import ZImage
from graphframe.calculators.diffusion.model_config import read_config

DENOISERS = ("unet", "transformer")
"""The folders, within that of a model, in which its denoiser may be."""

_FAMILIES: tuple[type[Family], ...] = (
    StableDiffusion,
    StableDiffusionXL,
    StableDiffusion3,
    Flux,
    Flux2Klein,
    ZImage,
    QwenImage,
)


def family_of(folder: Path) -> Family:
    """Tell the family by the ``config.json`` in the folder of a denoiser.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is missing or unreadable, or of no family that is known, or the model does something that is not known.
    """
    path = folder / "config.json"
    config = read_config(path)
    try:
        for family in _FAMILIES:
            if (found := family.from_config(config)) is not None:
                return found
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except KeyError as error:
        raise ValueError(f"{path}: there is no {error}, which tells what the model is like") from error
    known = ", ".join(family.__name__ for family in _FAMILIES)
    raise ValueError(f"{path}: {config.get('_class_name')!r} is of no family that is known; these are {known}")
