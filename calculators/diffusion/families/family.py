"""What a family of models must say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""Inputs of a model by name."""
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Defaults:
    """What a request for a task means where it says nothing: openvino_genai's defaults."""

    num_inference_steps: int
    guidance_scale: float
    strength: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """What requests to a model may say, what they mean where they say nothing, and what its denoiser is fed.

    Attributes
    ----------
    channels : int
        Of a latent.
    default_size : int
        Width and height, in latents.
    defaults : mapping of Task to Defaults
        Of the tasks that the model can do. One whose denoiser is fed the mask does inpainting and nothing else.
    text_encoders : tuple of int
        How many of them the denoiser may look at.
    patch_size : int
        The sides of a picture, in latents, are multiples of this.
    negative_prompt_may_be_none : bool
        Whether nothing is encoded for a negative prompt that is not given: embeddings of zeros stand for it, unless the
        model's index objects, or there is no guidance.
    predicts_steps : bool
        Whether TaylorSeer caching is on in text-to-image.
    takes_mask : bool
        Whether the denoiser is fed the mask and what it leaves of the picture.
    latent_axis : int
        The axis of packed latents along which these are put behind the latents.
    noise_is_drawn_first : bool
        Whether, in image-to-image, the noise is drawn before the latents of the picture.
    takes_reference : bool
        Whether the denoiser is fed the picture of image-to-image, from beginning to end, instead of starting from it.
    max_sequence_length : int or None
        The most tokens that a text encoder for long prompts may look at; None if there is none.
    scheduler_fields : mapping of str to object
        Fields of the scheduler's config that are so in the pipeline of the model, whatever the config says.
    """

    channels: int
    default_size: int
    defaults: Mapping[Task, Defaults]
    text_encoders: tuple[int, ...] = (1,)
    patch_size: int = 1
    negative_prompt_may_be_none: bool = False
    predicts_steps: bool = False
    takes_mask: bool = False
    latent_axis: int = 1
    noise_is_drawn_first: bool = False
    takes_reference: bool = False
    max_sequence_length: int | None = None
    scheduler_fields: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        """Read the ``config.json`` of a denoiser; None if it belongs to another family.

        Raises
        ------
        ValueError
            If the model does something else than the tasks that there are.
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

    def mask_inputs(self, mask: NDArray[np.bool_], masked: NDArray[np.float32], n: int) -> NDArray[np.float32]:
        """Return what is put behind the latents, packed, for a denoiser that is fed the mask.

        Parameters
        ----------
        mask
            bool, shape (height, width) in pixels: true where the picture is to be painted anew.
        masked
            float32, shape (1, channels, height, width): the latents of what the mask leaves of it.
        n : int
            How many images.
        """
        factor = mask.shape[0] // masked.shape[2]
        behind = np.concatenate((mask[None, None, ::factor, ::factor].astype(np.float32), masked), axis=1)
        return np.repeat(behind, n, axis=0)

    def prediction(self, output: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return what the denoiser said as schedulers take it.

        Parameters
        ----------
        output
            float32.
        shape : tuple of int
            Of packed latents.
        """
        return output

    def guided(
        self, without: NDArray[np.float32], output: NDArray[np.float32], guidance_scale: np.float32
    ) -> NDArray[np.float32]:
        """Return the prediction that classifier-free guidance makes of two; both may be changed.

        Parameters
        ----------
        without, output
            float32, the shape of packed latents: with the negative prompt, and with the prompt.
        guidance_scale
            float32.
        """
        output -= without
        output *= guidance_scale
        output += without
        return output

    @abstractmethod
    def static_shapes(self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int) -> Shapes:
        """Return the shapes of the denoiser's inputs.

        Parameters
        ----------
        latent_shape : tuple of int
            (n, channels, height, width) of the latents.
        rows : int
            As many as latents; or with classifier-free guidance, twice as many.
        prompt_length : int
            How many tokens there are of all text encoders together.
        """

    def image_seq_len(self, shape: tuple[int, int, int, int]) -> int | None:
        """Return what the scheduler is told of the size of latents; None where it is told nothing."""
        return None

    def pack(self, latents: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return latents of shape (n, channels, height, width) as the denoiser takes them."""
        return latents

    def unpack(self, packed: NDArray[np.float32], shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Undo `pack`."""
        return packed
