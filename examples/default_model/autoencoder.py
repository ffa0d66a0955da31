"""The autoencoder. It is initialised as a plain colour codec, then trained on crops of drawn scenes."""

from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import nn

from .latents import whiten
from .run import TrainingRun, adam
from .scenes import random_scene
from .shapes import render
from .world import CELL, SIDE

CHANNELS = (16, 16, 32, 64)
LATENTS = 4
BATCH = 12
CROP = 48

_CARRY = 4.0
"""An offset that preserves colours in a group normalisation, because it dominates the variance."""


def build_autoencoder() -> AutoencoderKL:
    """Build the model, which initially averages cells of 8x8 pixels and repeats the averages."""
    model = AutoencoderKL(
        block_out_channels=CHANNELS,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=4,
        sample_size=128,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )
    with torch.no_grad():
        for name, module in model.named_modules():
            if name.endswith("conv2"):
                module.weight.zero_()
                module.bias.zero_()
        _start_encoder(model.encoder)
        _start_decoder(model.decoder)
        for conv in (model.quant_conv, model.post_quant_conv):
            conv.weight.copy_(torch.eye(len(conv.weight))[:, :, None, None])
            conv.bias.zero_()
    return model.to(memory_format=torch.channels_last)


def _pass(conv: nn.Conv2d, kernel: torch.Tensor, offsets: dict[int, float] | None = None) -> None:
    """Pass the first three channels through `conv`, weighted by `kernel`, and set constant offsets."""
    rows = sorted({0, 1, 2, *(offsets or {})})
    conv.weight[rows] = 0
    conv.bias[rows] = 0
    for row in range(3):
        conv.weight[row, row] = kernel
    for row, offset in (offsets or {}).items():
        conv.bias[row] = offset


def _centre(size: int) -> torch.Tensor:
    kernel = torch.zeros(size, size)
    kernel[size // 2, size // 2] = 1
    return kernel


def _start_encoder(encoder: nn.Module) -> None:
    _pass(encoder.conv_in, _centre(3))
    mean = torch.zeros(3, 3)
    mean[:2, :2] = 0.25
    offsets = dict.fromkeys(range(4), _CARRY) | dict.fromkeys(range(4, 16), -_CARRY / 3)
    for block in encoder.down_blocks:
        shortcut = block.resnets[0].conv_shortcut
        if shortcut is not None:
            _pass(shortcut, _centre(1), offsets if block is encoder.down_blocks[-1] else None)
        if block.downsamplers:
            _pass(block.downsamplers[0].conv, mean)
    encoder.conv_norm_out.weight[:16] = _CARRY / 3**0.5
    out = encoder.conv_out
    out.weight[[0, 1, 2, 4, 5, 6, 7]] = 0
    out.bias.copy_(torch.tensor([0.0] * LATENTS + [-8.0] * LATENTS))
    for row in range(3):
        out.weight[row, row] = _centre(3)
        out.weight[row, 3] = -_centre(3)


def _start_decoder(decoder: nn.Module) -> None:
    _pass(decoder.conv_in, _centre(3))
    for block in decoder.up_blocks:
        shortcut = block.resnets[0].conv_shortcut
        if shortcut is not None:
            _pass(shortcut, _centre(1))
        if block.upsamplers:
            _pass(block.upsamplers[0].conv, _centre(3))
    last = decoder.up_blocks[-2].upsamplers[0].conv
    # NOTE: the last two groups are [C + r, C + g, C, -3C] and [C + b, C, -2C, free]; the constant C alone shows the
    # mean.
    _pass(last, _centre(3), dict(enumerate((_CARRY, _CARRY, _CARRY, -3 * _CARRY, _CARRY, _CARRY, -2 * _CARRY))))
    last.weight[4, 2] = last.weight[2, 2]
    last.weight[2, 2] = 0
    decoder.conv_norm_out.weight[:4] = 3**0.5 * _CARRY
    decoder.conv_norm_out.weight[4:7] = 1.5**0.5 * _CARRY
    out = decoder.conv_out
    out.weight.zero_()
    out.bias.zero_()
    for row, (colour, mean) in enumerate(((0, 2), (1, 2), (4, 5))):
        out.weight[row, colour] = _centre(3)
        out.weight[row, mean] = -_centre(3)


def crops(random: Random, count: int, side: int = CROP) -> torch.Tensor:
    """Draw crops of random scenes, a quarter of them off the grid: [count, 3, side, side] from -1 to 1.

    Half are of scenes with fine outlines.
    """
    images = []
    for _ in range(count):
        scene = random_scene(random)
        while random.random() < 0.4 and not scene.is_fine:
            scene = random_scene(random)
        whole = random.choice((SIDE, SIDE, SIDE, 192, 256))
        shift = (0, 0) if random.random() < 0.75 else (random.randint(-8, 8), random.randint(-8, 8))
        item = random.choice(scene.items)
        middles = [(start + item.size / 2) * whole / SIDE + random.randint(-24, 24) for start in (item.x, item.y)]
        x, y = (min(max(round(middle - side / 2) // CELL * CELL, 0), whole - side) for middle in middles)
        images.append(render(scene, whole, shift)[y : y + side, x : x + side])
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 127.5 - 1


def reconstruction_loss(drawn: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """Return a weighted distance between an image and the drawn one, mainly at its edges.

    Images of low contrast have the same weight as others. Otherwise thin tips would fade in them.
    """
    contrast = (drawn.amax(dim=(2, 3)) - drawn.amin(dim=(2, 3))).norm(dim=1)
    off = (made - drawn) * (1.6 / contrast.clamp(min=0.6))[:, None, None, None]
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    loss: torch.Tensor = off.abs().mean() + edges + 0.5 * off.square().mean()
    return loss


def save_sheet(path: Path, drawn: torch.Tensor, made: torch.Tensor) -> None:
    """Write the drawn images above the decoded ones."""
    rows = [torch.cat(list(images), dim=2) for images in (drawn, made)]
    pixels = (torch.cat(rows, dim=1).clamp(-1, 1) * 127.5 + 127.5).byte().permute(1, 2, 0)
    Image.fromarray(pixels.numpy()).save(path)


def train_autoencoder(folder: Path, steps: int) -> AutoencoderKL:
    """Train the autoencoder, or resume its training, and return it."""
    torch.manual_seed(2)
    model = build_autoencoder()
    run = TrainingRun(folder / "autoencoder.pt", {"model": model}, steps, [adam(model.parameters(), 2e-3)])
    for step in run:
        drawn = crops(Random(f"crops/{step}"), BATCH)
        torch.manual_seed(step)
        posterior = model.encode(drawn).latent_dist
        made = model.decode(posterior.sample()).sample
        loss = reconstruction_loss(drawn, made) + 2e-4 * posterior.kl().mean() / (drawn.shape[-1] ** 2 / 64)
        decibels = -10 * torch.log10((made.detach() - drawn).square().mean() / 4).item()
        run.descend(loss, decibels=decibels)
        if step % 200 == 0:
            save_sheet(folder / "autoencoder.png", drawn, made.detach())
    return model.eval().requires_grad_(False)


def load_autoencoder(folder: Path) -> AutoencoderKL:
    """Load the trained autoencoder and whiten its latents."""
    model = build_autoencoder()
    model.load_state_dict(torch.load(folder / "autoencoder.pt", weights_only=True)["model"])
    model.eval().requires_grad_(False)
    whiten(model)
    return model
