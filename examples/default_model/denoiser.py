"""The denoiser: a small UNet that learns to draw captions."""

from pathlib import Path
from random import Random

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import CLIPTextModel

from .autoencoder import LATENTS
from .captions import random_caption
from .decoder import load_finished
from .latents import Shelf, fill_shelf
from .muon import Muon
from .run import TrainingRun, adam
from .sheet import SampleSheet
from .text_encoder import WIDTH, load_text_encoder
from .tokenizer import build_tokenizer
from .world import SIDE, Scene

SIDES = (256, SIDE, 256, 192, 256, SIDE, 256, 192, 256, SIDE)
"""The image sides of ten steps, repeated in the second half of training. The first half uses the smallest side only."""

BATCH = 32
"""The number of images of the smallest side in a batch. Batches of larger images have the same number of pixels."""

DROPPED = 0.12
"""The part of captions that are empty, for classifier-free guidance."""


def build_denoiser() -> UNet2DConditionModel:
    """Build the untrained UNet, with attention at its inner level only, and residual branches that start at zero."""
    model = UNet2DConditionModel(
        sample_size=16,
        in_channels=LATENTS,
        out_channels=LATENTS,
        layers_per_block=1,
        block_out_channels=(64, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    for name, module in model.named_modules():
        if name.endswith(("conv2", "proj_out", "to_out.0", "net.2")) or name == "conv_out":
            for parameter in module.parameters():
                torch.nn.init.zeros_(parameter)
    # NOTE: on a CPU the plain processor is a third faster than scaled_dot_product_attention on so few tokens.
    model.set_attn_processor(AttnProcessor())
    return model.to(memory_format=torch.channels_last)


def build_scheduler() -> DDIMScheduler:
    """Build the scheduler of the exported model."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.02,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="leading",
        steps_offset=1,
        clip_sample=False,
        set_alpha_to_one=False,
    )


class Reader:
    """A text encoder for captions."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = build_tokenizer()
        self._encoder: CLIPTextModel = load_text_encoder(folder)

    @torch.inference_mode()
    def __call__(self, captions: list[str]) -> torch.Tensor:
        """Return the embeddings of captions: [captions, 77, width]."""
        tokens = self._tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
        hidden: torch.Tensor = self._encoder(tokens.input_ids).last_hidden_state
        return hidden


def _caption(scene: Scene, random: Random) -> str:
    return "" if random.random() < DROPPED else random_caption(scene, random)


def _batch(step: int, steps: int) -> tuple[int, int]:
    """Return the image side and the number of images of a step."""
    side = SIDE if 2 * step < steps else SIDES[step % len(SIDES)]
    return side, round(BATCH * (SIDE / side) ** 2)


def _loss(
    model: UNet2DConditionModel, shelf: Shelf, reader: Reader, alphas: torch.Tensor, step: int, batch: int
) -> torch.Tensor:
    """Return the weighted error of the predicted velocity on a batch that is drawn by the step's number."""
    random = Random(f"denoise/{step}")
    torch.manual_seed(step)
    chosen = random.choices(range(len(shelf.scenes)), shelf.weights, k=batch)
    text = reader([_caption(shelf.scenes[i], random) for i in chosen]).clone()
    clean = shelf.latents[chosen].float()
    noise = torch.randn_like(clean)
    times = ((torch.arange(batch) + torch.rand(batch)) * len(alphas) / batch).long()
    alpha = alphas[times].view(-1, 1, 1, 1)
    noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
    velocity = alpha.sqrt() * noise - (1 - alpha).sqrt() * clean
    with torch.autocast("cpu", torch.bfloat16):
        predicted = model(noisy.contiguous(memory_format=torch.channels_last), times, text).sample.float()
    # NOTE: 1 / (1 - alpha) is SNR + 1; nearly clean latents teach little and would otherwise dominate.
    weight = (6 * (1 - alpha)).clamp(max=1)
    loss: torch.Tensor = (weight * (predicted - velocity).square()).mean()
    return loss


def _optimizers(model: UNet2DConditionModel) -> list[torch.optim.Optimizer]:
    ends = {id(p) for conv in (model.conv_in, model.conv_out) for p in conv.parameters()}
    inner = [p for p in model.parameters() if p.ndim > 1 and id(p) not in ends]
    others = [p for p in model.parameters() if p.ndim == 1 or id(p) in ends]
    return [Muon(inner, 3e-3), adam(others, 1e-3)]


def train_denoiser(folder: Path, steps: int, scenes: int) -> UNet2DConditionModel:
    """Train the denoiser, or resume its training, and return the averaged UNet."""
    reader = Reader(folder)
    autoencoder = load_finished(folder)
    shelves = {
        side: fill_shelf(folder, autoencoder, scenes if side == SIDE else scenes // 4, side) for side in set(SIDES)
    }
    torch.manual_seed(3)
    model = build_denoiser()
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.998))
    scheduler = build_scheduler()
    painter = SampleSheet(average.module, autoencoder, reader, scheduler)
    run = TrainingRun(folder / "denoiser.pt", {"model": model, "average": average}, steps, _optimizers(model))
    for step in run:
        side, batch = _batch(step, steps)
        run.descend(_loss(model, shelves[side], reader, scheduler.alphas_cumprod, step, batch))
        average.update_parameters(model)
        if (step + 1) % 500 == 0:
            painter.sheet().save(folder / f"denoiser_{step + 1:06}.png")
    averaged: UNet2DConditionModel = average.module
    return averaged.eval().requires_grad_(False)
