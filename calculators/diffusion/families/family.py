"""The interface of a model family."""

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
"""Model inputs by name."""
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Defaults:
    """A task's defaults for fields that a request leaves empty, the same as in openvino_genai.

    Attributes
    ----------
    num_inference_steps : int
    guidance_scale : float
    strength : float
        The part of the steps that changes an image, 0 to 1. Text-to-image ignores it.
    """

    num_inference_steps: int
    guidance_scale: float
    strength: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """The properties of a family of models: its tasks and defaults, and the inputs of its denoiser.

    Attributes
    ----------
    channels : int
        The number of channels of a latent.
    default_size : int
        The default width and height in latents.
    defaults : mapping of Task to Defaults
        The defaults of each task that the model supports. A model whose denoiser takes the mask supports inpainting
        only.
    text_encoders : tuple of int
        The numbers of text encoders that a model may have.
    patch_size : int
        The width and height in latents must be multiples of this.
    negative_prompt_may_be_none : bool
        Whether a missing negative prompt is not encoded: its embeddings are zeros, unless the model's index disables
        this.
    predicts_steps : bool
        Whether text-to-image uses TaylorSeer caching.
    takes_mask : bool
        Whether the denoiser takes the mask and the masked image.
    latent_axis : int
        The axis of packed latents along which the mask inputs are concatenated to the latents.
    noise_is_drawn_first : bool
        Whether image-to-image draws its noise before it samples the image's latents.
    takes_reference : bool
        Whether image-to-image passes the images to the denoiser at each step. Otherwise denoising starts from the
        image.
    max_input_images : int
        The most images of a request.
    max_sequence_length : int or None
        The largest number of tokens of the text encoder for long prompts. None if the model has no such encoder.
    takes_chunks : bool
        Whether the denoiser takes the embeddings of a long prompt's chunks one behind the other.
    takes_weights : bool
        Whether embeddings of tokens may be multiplied by weights, as for CLIP and T5.
    has_integer_timesteps : bool
        Whether the denoiser is exported with an integer timestep.
    scheduler_fields : mapping of str to object
        Fields of the scheduler config that the model's pipeline overrides.
    diffusers_scheduler_fields : mapping of str to object
        Fields of the scheduler config that openvino_genai reads differently from diffusers, with the values for which
        its schedule is diffusers'.
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
    max_input_images: int = 1
    max_sequence_length: int | None = None
    takes_chunks: bool = False
    takes_weights: bool = False
    has_integer_timesteps: bool = False
    scheduler_fields: Mapping[str, object] = field(default_factory=dict)
    diffusers_scheduler_fields: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        """Return the family for the ``config.json`` of a denoiser, or None if it belongs to another family.

        Raises
        ------
        ValueError
            If the model's task is not supported.
        """

    @abstractmethod
    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        """Return whether each step uses the negative prompt too."""

    @abstractmethod
    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        """Return the denoiser's inputs that are equal at all steps.

        Parameters
        ----------
        request : DiffusionRequest
        embeddings : sequence of Embeddings
            The output of each text encoder.

        Returns
        -------
        dict of str to array
            ``encoder_hidden_states`` has one row per image. With classifier-free guidance it has two: first the
            negative prompt's rows for all images, then the prompt's.
        """

    @abstractmethod
    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        """Return the denoiser's inputs of one step, from packed latents and the scheduler's timestep."""

    def mask_inputs(self, mask: NDArray[np.bool_], masked: NDArray[np.float32], n: int) -> NDArray[np.float32]:
        """Return the channels or tokens that a denoiser with mask inputs takes in addition to the latents, packed.

        Parameters
        ----------
        mask : array of bool, shape (height, width) in pixels
            True where the image is repainted.
        masked : array of float32, shape (1, channels, height, width)
            The latents of the image with gray pixels where it is repainted.
        n : int
            The number of images.
        """
        factor = mask.shape[0] // masked.shape[2]
        behind = np.concatenate((mask[None, None, ::factor, ::factor].astype(np.float32), masked), axis=1)
        return np.repeat(behind, n, axis=0)

    def prediction(self, output: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the denoiser's output in the form that schedulers take.

        Parameters
        ----------
        output : array of float32
        shape : tuple of int
            The shape of the packed latents.
        """
        return output

    def guided(
        self, without: NDArray[np.float32], output: NDArray[np.float32], guidance_scale: np.float32
    ) -> NDArray[np.float32]:
        """Return the prediction with classifier-free guidance. The method may change both arrays.

        Parameters
        ----------
        without, output : array of float32, the shape of packed latents
            The denoiser's output for the negative prompt, and for the prompt.
        guidance_scale : float32
        """
        output -= without
        output *= guidance_scale
        output += without
        return output

    @abstractmethod
    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        """Return the shapes of the denoiser's inputs.

        Parameters
        ----------
        latent_shape : tuple of int
            The shape (n, channels, height, width) of the latents.
        rows : int
            The number of rows: n, or 2n with classifier-free guidance.
        prompt_length : int
            The number of tokens of all text encoders together.
        references : int
            The number of images, in the size of the latents, that the denoiser takes as references.
        """

    def image_seq_len(self, shape: tuple[int, int, int, int]) -> int | None:
        """Return the number of image tokens if the scheduler depends on it, else None."""
        return None

    def pack(self, latents: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return latents of shape (n, channels, height, width) in the form that the denoiser takes."""
        return latents

    def unpack(self, packed: NDArray[np.float32], shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Undo `pack`."""
        return packed
