"""Latents of many drawn scenes, computed once and stored in a file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import torch
from diffusers import AutoencoderKL
from tqdm import tqdm

from .scenes import random_scene
from .shapes import render
from .world import FINE, SIDE, Scene

_BATCH = 16


@dataclass(frozen=True)
class Shelf:
    """Scenes and their latents: half [scenes, channels, side / 8, side / 8]."""

    scenes: list[Scene]
    latents: torch.Tensor

    @cached_property
    def weights(self) -> list[int]:
        """The weight of each scene in training."""
        return [max(FINE.get(item.thing, 1) for item in scene.items) for scene in self.scenes]


def scene_number(number: int) -> Scene:
    """Return the training scene of this number."""
    return random_scene(Random(f"scene/{number}"))


def draw(numbers: range, side: int) -> torch.Tensor:
    """Draw training scenes: [scenes, 3, side, side] from -1 to 1."""
    images = torch.stack([torch.from_numpy(render(scene_number(number), side)) for number in numbers])
    return images.permute(0, 3, 1, 2) / 127.5 - 1


@torch.inference_mode()
def whiten(autoencoder: AutoencoderKL) -> None:
    """Normalise the latents to zero mean and unit covariance by changing the 1x1 convolutions around them."""
    drawn = torch.cat([autoencoder.encode(draw(range(i, i + 16), SIDE)).latent_dist.mean for i in range(0, 256, 16)])
    values = drawn.permute(1, 0, 2, 3).flatten(1)
    channels = len(values)
    mean = values.mean(dim=1)
    spread, turn = torch.linalg.eigh(torch.cov(values))
    white, back = turn @ torch.diag(spread**-0.5) @ turn.T, turn @ torch.diag(spread**0.5) @ turn.T
    inner, outer = autoencoder.quant_conv, autoencoder.post_quant_conv
    inner.weight[:channels] = torch.einsum("ij,jkxy->ikxy", white, inner.weight[:channels])
    inner.bias[:channels] = white @ (inner.bias[:channels] - mean)
    outer.bias += outer.weight[:, :, 0, 0] @ mean
    outer.weight.copy_(torch.einsum("ijxy,jk->ikxy", outer.weight, back))


@torch.inference_mode()
def fill_shelf(folder: Path, autoencoder: AutoencoderKL, count: int, side: int = SIDE) -> Shelf:
    """Return the latents of the first `count` scenes. Missing latents are computed and stored in the folder's file."""
    path = folder / f"latents_{side}.pt"
    latents = [torch.load(path, weights_only=True)] if path.exists() else []
    done = sum(map(len, latents))
    for start in tqdm(range(done, count, _BATCH), desc=path.stem, mininterval=10):
        drawn = draw(range(start, start + _BATCH), side)
        latents.append(autoencoder.encode(drawn).latent_dist.mean.half())
    if done < count:
        torch.save(torch.cat(latents), path)
    return Shelf([scene_number(number) for number in range(count)], torch.cat(latents)[:count])
