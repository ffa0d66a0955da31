"""What a family of models must say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.text.embeddings import Embeddings

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""Inputs of a model by name."""


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """What requests to a model may say, what they mean where they say nothing, and what its denoiser is fed.

    Attributes
    ----------
    channels : int
        Of a latent.
    default_size : int
        Width and height, in latents.
    default_num_inference_steps : int
    default_guidance_scale : float
    text_encoders : tuple of int
        How many of them the denoiser may look at.
    patch_size : int
        The sides of a picture, in latents, are multiples of this.
    empty_prompt_is_zeros : bool
        Whether embeddings of zeros, unless the model's index objects, stand for a negative prompt that is not given.
    foretells_steps : bool
        Whether TaylorSeer caching is on.
    """

    channels: int
    default_size: int
    default_num_inference_steps: int
    default_guidance_scale: float
    text_encoders: tuple[int, ...] = (1,)
    patch_size: int = 1
    empty_prompt_is_zeros: bool = False
    foretells_steps: bool = False

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        """Read the ``config.json`` of a denoiser; None if it belongs to another family.

        Raises
        ------
        ValueError
            If the model cannot do text-to-image.
        """

    @abstractmethod
    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        """Whether each step looks at the negative prompt too."""

    @abstractmethod
    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        """Return the denoiser's inputs that are the same at all steps.

        Parameters
        ----------
        request : DiffusionRequest
        embeddings : sequence of Embeddings
            Of each text encoder.

        Returns
        -------
        dict of str to array
            ``encoder_hidden_states`` has a row an image, or with classifier-free guidance two: first those of the
            negative prompt for all images.
        """

    @abstractmethod
    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        """Return the denoiser's inputs of one step, given latents that are packed and what the scheduler says."""

    def image_seq_len(self, shape: tuple[int, int, int, int]) -> int | None:
        """Return what the scheduler is told of the size of latents; None where it is told nothing."""
        return None

    def pack(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return latents of shape (n, channels, height, width) as the denoiser takes them."""
        return latents

    def unpack(self, packed: NDArray[np.float32], shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Undo `pack`."""
        return packed
