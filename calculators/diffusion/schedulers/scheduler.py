"""What a scheduler is: the steps that lead from noise to a latent, and the arithmetic of one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Randn: TypeAlias = Callable[[tuple[int, ...]], NDArray[np.float32]]
"""Draws standard normal float32 noise of a shape, from the one generator of the run."""


class Step(NamedTuple):
    """What one step gives.

    Attributes
    ----------
    sample
        float32, the latent that the next step starts from.
    denoised
        float32, of the same shape: the picture as foreseen at this step, for a preview to decode. After the last step,
        what is to be decoded as the picture.
    """

    sample: NDArray[np.float32]
    denoised: NDArray[np.float32]


class Scheduler(Protocol):
    """The steps of one run; a run makes its own, since some remember earlier steps.

    A run starts from noise times `init_noise_sigma`; or, in image-to-image, from what `add_noise` makes of a picture
    before step 0.

    Attributes
    ----------
    timesteps
        int64, or float32 for flow-match models, shape (steps,): what the model is told at each step, in the order of
        the steps. There may be more than `num_inference_steps` (PNDM, Heun), and fewer in image-to-image.
    init_noise_sigma
        Standard deviation of the noise that the first step starts from.
    """

    @property
    def timesteps(self) -> NDArray[np.int64] | NDArray[np.float32]: ...
    @property
    def init_noise_sigma(self) -> np.float32: ...

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step.

        Parameters
        ----------
        sample
            float32, any shape: the latent of a picture.
        noise
            float32, of the same shape, standard normal.
        step
            Index into `timesteps`.
        """
        ...

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return what the model is given for the latent `sample` at `step`; it may be `sample` itself."""
        ...

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step. To be called once for each step, in order.

        Parameters
        ----------
        model_output
            float32, what the model (after guidance) said at this step. Left as it is, like `sample`.
        step
            Index into `timesteps`.
        sample
            float32, of the same shape, any shape: the latent before the step, not scaled.
        randn
            Where noise comes from. It is drawn for the whole batch at once, and only by schedulers that add noise.
        """
        ...


class SchedulerFactory(Protocol):
    """A scheduler of which everything is known but what a run asks for. May be called by several runs at once."""

    def __call__(self, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None) -> Scheduler:
        """Make the scheduler of one run.

        Parameters
        ----------
        num_inference_steps
            How many steps are asked for.
        strength
            In image-to-image, the part of them to take, 0 ... 1: the last ones, since noise hides but a part of the
            picture.
        image_seq_len
            Number of image tokens, where the model's pipeline has the schedule depend on it (FLUX). Only schedulers
            of flow-match models look at it.

        Raises
        ------
        ValueError
            If the number of steps or the strength is not possible with this scheduler.
        """
        ...
