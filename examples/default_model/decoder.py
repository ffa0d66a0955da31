"""The second training of the decoder: whole images from inexact latents like the denoiser's, with a fixed encoder."""

from pathlib import Path
from random import Random

import torch
from diffusers import AutoencoderKL

from .autoencoder import crops, load_autoencoder, reconstruction_loss, save_sheet
from .run import TrainingRun, adam
from .world import SIDE

BATCH = 4
NOISE = 0.25
"""The largest noise on a (white) latent."""


def train_decoder(folder: Path, steps: int) -> None:
    """Train the decoder, or resume its training."""
    model = load_autoencoder(folder)
    model.decoder.requires_grad_(True)
    model.post_quant_conv.requires_grad_(True)
    decoder = torch.nn.ModuleList([model.decoder, model.post_quant_conv])
    run = TrainingRun(folder / "decoder.pt", {"model": decoder}, steps, [adam(decoder.parameters(), 1e-3)])
    for step in run:
        drawn = crops(Random(f"pictures/{step}"), BATCH, SIDE)
        torch.manual_seed(step)
        with torch.no_grad():
            latents = model.encode(drawn).latent_dist.mean
        noise = NOISE * torch.rand(BATCH, 1, 1, 1) * torch.randn_like(latents)
        made = model.decode(latents + noise).sample
        decibels = -10 * torch.log10((made.detach() - drawn).square().mean() / 4).item()
        run.descend(reconstruction_loss(drawn, made), decibels=decibels)
        if step % 100 == 0:
            save_sheet(folder / "decoder.png", drawn, made.detach())


def load_finished(folder: Path) -> AutoencoderKL:
    """Load the autoencoder, with the decoder of this training if it exists."""
    model = load_autoencoder(folder)
    path = folder / "decoder.pt"
    if path.exists():
        decoder = torch.nn.ModuleList([model.decoder, model.post_quant_conv])
        decoder.load_state_dict(torch.load(path, weights_only=True)["model"])
    return model
