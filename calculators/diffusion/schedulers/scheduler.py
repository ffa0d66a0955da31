"""The interface of schedulers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Randn: TypeAlias = Callable[[tuple[int, ...]], NDArray[np.float32]]
"""A function that draws standard normal noise, float32, of a shape from the run's generator."""


class Step(NamedTuple):
    """The result of a step.

    Attributes
    ----------
    sample : array of float32
        The latent that the next step starts from.
    denoised : array of float32, of the same shape
        The predicted latent of the image, for previews. After the last step, the latent to decode.
    """

    sample: NDArray[np.float32]
    denoised: NDArray[np.float32]


class Scheduler(Protocol):
    """The steps of one run. Each run has its own scheduler, because some remember earlier steps.

    Text-to-image starts from noise times `init_noise_sigma`. Image-to-image starts from an image with noise that
    `add_noise` adds for step 0.

    Attributes
    ----------
    timesteps : array of int64, or of float32 for flow-match models, shape (steps,)
        The model's timestep input at each step. There may be more steps than `num_inference_steps` (PNDM, Heun), and
        fewer in image-to-image.
    init_noise_sigma : float32
        The standard deviation of the initial noise.
    """

    @property
    def timesteps(self) -> NDArray[np.int64] | NDArray[np.float32]: ...
    @property
    def init_noise_sigma(self) -> np.float32: ...

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return an image with the amount of noise before a step.

        Parameters
        ----------
        sample : array of float32
            The latent of the image.
        noise : array of float32, of the same shape
            Standard normal noise.
        step : int
            The index of the step.
        """
        ...

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the model's input for a latent at a step. It may be `sample` itself."""
        ...

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step. The caller must take all steps once, in order.

        Parameters
        ----------
        model_output : array of float32
            The model's output after guidance. It is not changed.
        step : int
            The index of the step.
        sample : array of float32, of the same shape
            The latent before the step, not scaled. It is not changed.
        randn : Randn
            The source of noise. Schedulers that add noise draw it once for the whole batch.
        """
        ...


class SchedulerFactory(Protocol):
    """A function that creates the scheduler of a run. It is thread-safe."""

    def __call__(self, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None) -> Scheduler:
        """Create the scheduler of a run.

        Parameters
        ----------
        num_inference_steps : int
            The number of steps.
        strength : float
            The part of the steps that image-to-image takes, from the end, 0 to 1.
        image_seq_len : int or None
            The number of image tokens, if the schedule depends on it (FLUX). Only schedulers of flow-match models use
            it.

        Raises
        ------
        ValueError
            If the number of steps or the strength is out of range for this scheduler.
        """
        ...
