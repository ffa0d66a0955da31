"""DenoiseCalculator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import openvino
import openvino_genai
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.canvas import Canvas
from graphframe.calculators.diffusion.circular_padding import CircularPadding
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families import detect_family
from graphframe.calculators.diffusion.float_timestep import FloatTimestep
from graphframe.calculators.diffusion.guidance_rescale import rescaled, std_of_each
from graphframe.calculators.diffusion.image_latents import ImageLatents
from graphframe.calculators.diffusion.latents import Latents
from graphframe.calculators.diffusion.nodes.denoise_pb2 import DenoiseCalculatorOptions
from graphframe.calculators.diffusion.preview_steps import preview_steps
from graphframe.calculators.diffusion.scheduler_fields import scheduler_fields
from graphframe.calculators.diffusion.schedulers import ModelSchedulers, Randn, Scheduler
from graphframe.calculators.diffusion.speed_problems import speed_problems
from graphframe.calculators.diffusion.static_shapes import resolutions, static_shape_problems
from graphframe.calculators.diffusion.taylor_seer import TaylorSeer
from graphframe.calculators.lora.adaptable_model import AdaptableModel
from graphframe.calculators.lora.tensor_name import DENOISER
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.images import InvalidRequest
from graphframe.inference import Prepare, Shapes
from graphframe.speed import speed_of

_EMBEDDINGS = "encoder_hidden_states"
"""The input of denoisers for the embeddings of prompts, shape (rows, tokens, width)."""


class DenoiseCalculator(gf.Calculator):
    """A denoise loop: turns noise into latents, step by step, with a UNet or transformer and a scheduler.

    Each step waits for the device separately, so that runs alternate between steps, and a cancelled run stops within
    one step. The node reports its progress. A request with an image starts from it, at the step that `strength` sets.
    Inpainting restores the rest of the image after each step, unless the model takes the mask as an input.

    The scheduler is the model's own, or the one that the request names, made from the same config. A name that is
    unknown, or does not fit the model, raises `InvalidRequest`. The request's LoRA adapters are applied.

    Input streams
    -------------
    REQUEST : DiffusionRequest
        The request.
    EMBEDDINGS : Embeddings, multiple
        The embeddings of each text encoder, in the order of the model's folders.
    IMAGE_LATENTS : ImageLatents, optional
        The latents of the request's image.

    Output streams
    --------------
    LATENTS : Latents
        The latents of the images, one packet per batch; the index of its first image is added to the timestamp.
    PREVIEW : Latents, optional
        For requests with previews: predictions of the first image after evenly spaced steps, with the timestamps 0, 1,
        2 and so on.

    Options
    -------
    model_path : str, default "unet"
        The folder of the UNet or transformer.
    scheduler_path : str, default "scheduler"
        The folder of the scheduler, with scheduler_config.json.
    prompt_length : int, default 77
        The number of tokens of all text encoders together, for static shapes.
    vae_scale_factor : int, default 8
        The number of pixels per latent along each side, for static shapes.
    diffusers_schedule : bool
        Whether to use diffusers' schedule where openvino_genai's is another: FLUX.1 with `time_shift_type`
        "exponential" in scheduler_config.json. Without this option, loading such a model logs a warning.
    any_prompt_length : bool
        Whether the denoiser takes prompts of any number of tokens, as chunks of long prompts need. Models are exported
        for CLIP's 77, with which they may be faster.
    max_batch_size : int
        The most images that are denoised and decoded as one batch. A request for more takes several, one after the
        other, in the memory of one; by default all images are one batch.
    tiling : bool
        Whether images fit to themselves at their edges, as tiles of a texture do: the convolutions of the UNet pad
        circularly. The nodes of VaeDecodeCalculator need it too.
    speed : str
        "exact", or "balanced" for an algebraically equal model that needs less arithmetic. The default is that of
        `serve` and `generate`. A UNet changes only with static shapes.
    lora : LoraOptions
        The LoRA adapters of the graph.
    static_shapes : StaticShapes
        The shapes that the graph's models are compiled for.

    Example::

        node {
          calculator: "DenoiseCalculator"
          device: "GPU"
          input_stream: "REQUEST:diffusion_request"
          input_stream: "EMBEDDINGS:embeddings"
          input_stream: "IMAGE_LATENTS:image_latents"
          output_stream: "LATENTS:latents"
          output_stream: "PREVIEW:preview_latents"
          node_options {
            [type.googleapis.com/graphframe.DenoiseCalculatorOptions] { model_path: "unet" scheduler_path: "scheduler" }
          }
        }
    """

    request = gf.Input("REQUEST", DiffusionRequest)
    embeddings = gf.Input("EMBEDDINGS", Embeddings, multiple=True)
    image_latents = gf.Input("IMAGE_LATENTS", ImageLatents, optional=True)
    latents = gf.Output("LATENTS", Latents)
    preview = gf.Output("PREVIEW", Latents, optional=True)
    options = gf.Options(DenoiseCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        yield from static_shape_problems(node, DenoiseCalculatorOptions)
        yield from speed_problems(node[cls.options].speed)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        self.family = detect_family(folder)
        path = node.path(options.scheduler_path) / "scheduler_config.json"
        fields = scheduler_fields(self.family, path, as_diffusers=options.diffusers_schedule)
        self.schedulers = ModelSchedulers.from_file(path, fields)
        changes: list[Callable[[Prepare | None], Prepare]] = [CircularPadding] if options.tiling else []
        if self.schedulers.have_float_timesteps and self.family.has_integer_timesteps:
            changes.append(FloatTimestep)

        def change(prepare: Prepare | None) -> Prepare | None:
            for each in changes:
                prepare = each(prepare)
            return prepare

        path, speed = folder / "openvino_model.xml", speed_of(options.speed)
        self.denoiser = AdaptableModel(node, path, DENOISER, options.lora, self._shapes(options), change, speed)
        self.max_batch_size = options.max_batch_size

    def _shapes(self, options: DenoiseCalculatorOptions) -> list[Shapes]:
        static, factor = options.static_shapes, options.vae_scale_factor
        if options.any_prompt_length and not resolutions(static):
            return [{_EMBEDDINGS: (None, -1, None)}]
        n = static.num_images_per_prompt
        rows = 2 * n if self.family.uses_classifier_free_guidance(static.guidance_scale) else n
        most = static.max_input_images if self.family.takes_reference else 0
        return [
            self.family.static_shapes(
                (n, self.family.channels, size.height // factor, size.width // factor),
                rows,
                options.prompt_length,
                references,
            )
            for size in resolutions(static)
            for references in range(most + 1)
        ]

    def open(self, cc: gf.Context) -> None:
        found, expected = cc.connected(self.embeddings), self.family.text_encoders
        if found not in expected:
            raise ValueError(
                f"EMBEDDINGS must be connected {' or '.join(map(str, expected))} times, once for each text encoder of "
                f"{type(self.family).__name__}, not {found} times"
            )

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        batches = request.batches(self.max_batch_size)
        randn, first = _randn(request.seed), 0
        for number, batch in enumerate(batches):
            if request.seed_mode == "each":
                randn = _randn(batch.seed)
            samples = self.denoised(cc, batch, randn, number, len(batches))
            cc.send(self.latents, Latents(samples), cc.timestamp + first)
            cc.flush()
            first += batch.n

    def denoised(
        self, cc: gf.Context, request: DiffusionRequest, randn: Randn, number: int, count: int
    ) -> NDArray[np.float32]:
        """Return the latents of a request's images.

        Parameters
        ----------
        cc : Context
        request : DiffusionRequest
        randn : callable
            The source of random numbers.
        number, count : int
            The number of the request, from 0, and how many there are in the run.
        """
        family = self.family
        n = request.latent_shape[0]
        embeddings = [each for each in cc.values(self.embeddings) if each is not None]
        prompt_inputs = family.prompt_inputs(request, embeddings)
        self.check_length(request, prompt_inputs[_EMBEDDINGS].shape[1])
        guided = len(prompt_inputs[_EMBEDDINGS]) > n
        if request.guidance_rescale and not guided:
            reason = f"this model does not use at guidance_scale {request.guidance_scale:g}"
            raise InvalidRequest(f"guidance_rescale needs classifier-free guidance, which {reason}", "guidance_rescale")
        scheduler = self.scheduler(request)
        steps = len(scheduler.timesteps)
        has_previews = cc.connected(self.preview) and number == 0
        previews = preview_steps(request.partial_images, steps) if has_previews else []
        left = (count - number) * steps
        is_text_to_image = request.task is Task.TEXT_TO_IMAGE
        canvas = Canvas(
            request, family, scheduler, randn, ImageLatents(None) if is_text_to_image else cc[self.image_latents]
        )
        latents = denoised = canvas.latents
        # NOTE: Heun takes two steps at each timestep, whose predictions are not on a line.
        is_predicted = family.predicts_steps and is_text_to_image and steps == request.num_inference_steps
        seer = TaylorSeer(steps if is_predicted else 0)
        for step, timestep in enumerate(scheduler.timesteps):
            sample = scheduler.scale_model_input(latents, step)
            if seer.predicts(step):
                output = seer.predict(step)
            else:
                rows = sample
                if canvas.appended is not None:
                    rows = np.concatenate((sample, canvas.appended), axis=family.latent_axis)
                rows = np.concatenate((rows, rows)) if guided else rows
                inputs = prompt_inputs | family.step_inputs(rows, timestep)
                outputs = self.denoiser.infer(cc.cancellation, inputs, request.adapters, remaining=left - step)
                (output,) = outputs.values()
                output = family.prediction(output, latents.shape)
                seer.learn(step, output)
            if guided:
                output = self.guided(output, request)
            latents, denoised = scheduler.step(output, step, latents, randn)
            if step in previews:
                predicted = family.unpack(denoised[:1], (1, *request.latent_shape[1:]))
                cc.send(self.preview, Latents(predicted), previews.index(step))
                cc.flush()
            # NOTE: in place, so that the decoded latents change only if they are the same array, as in openvino_genai.
            canvas.restore(latents, step)
            cc.report(number * steps + step + 1, count * steps)
        return family.unpack(denoised, request.latent_shape)

    def check_length(self, request: DiffusionRequest, tokens: int) -> None:
        """Raise InvalidRequest for a long prompt in chunks that the model does not take."""
        taken = self.denoiser.inputs[_EMBEDDINGS][1]
        if request.long_prompt == "chunks" and taken.is_static and taken.get_length() != tokens:
            message = (
                f'long_prompt "chunks" gives {tokens} tokens, but the denoiser takes {taken.get_length()}; the graph'
                " needs any_prompt_length: true in DenoiseCalculatorOptions"
            )
            raise InvalidRequest(message, "long_prompt")

    def guided(self, output: NDArray[np.float32], request: DiffusionRequest) -> NDArray[np.float32]:
        """Return the guided predictions; `output` has first those of the negative prompt."""
        n, amount = request.latent_shape[0], request.guidance_rescale or 0.0
        std = std_of_each(output[n:]) if amount else None
        found = self.family.guided(output[:n], output[n:], np.float32(request.guidance_scale))
        return found if std is None else rescaled(found, std, amount)

    def scheduler(self, request: DiffusionRequest) -> Scheduler:
        """Return the scheduler of a run."""
        strength = 1.0 if request.strength is None else request.strength
        make = self.schedulers.get(request.scheduler)
        seq_len = self.family.image_seq_len(request.latent_shape)
        try:
            return make(request.num_inference_steps, strength, seq_len)
        except ValueError as error:
            field = "num_inference_steps" if strength == 1 else "strength"
            raise InvalidRequest(str(error), field) from error


def _randn(seed: int) -> Randn:
    """Return openvino_genai's source of random numbers."""
    # NOTE: openvino_genai's pipelines also cut seeds to 32 bits.
    generator = openvino_genai.CppStdGenerator(seed % 2**32)
    shape_of = cache(openvino.Shape)  # creating one takes half as long as drawing the noise of a small image

    def randn(shape: tuple[int, ...]) -> NDArray[np.float32]:
        return np.array(generator.randn_tensor(shape_of(shape)).data)

    return randn
