"""The limit that the autoencoder sets to a denoiser: `python -m examples.default_model.ceiling TRAINED`."""

import argparse
from pathlib import Path

import torch
from PIL import Image

from .checker import read_image
from .decoder import load_finished
from .latents import draw, scene_number

FIRST, COUNT, BATCH = 900_000, 192, 16


def main() -> None:
    """Print how often the checker reads reconstructed images correctly, with and without noise on the latents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    model = load_finished(parser.parse_args().trained)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for noise in (0.0, 0.15):
        shapes = colours = 0
        for start in range(FIRST, FIRST + COUNT, BATCH):
            numbers = range(start, start + BATCH)
            latents = model.encode(draw(numbers, 128)).latent_dist.mean
            made = model.decode(latents + noise * torch.randn_like(latents)).sample.clamp(-1, 1)
            pixels = (made * 127.5 + 127.5).byte().permute(0, 2, 3, 1).numpy()
            for number, image in zip(numbers, pixels, strict=True):
                scene, reading = scene_number(number), read_image(Image.fromarray(image))
                shapes += sorted(i.thing for i in scene.items) == sorted(t.thing for t in reading.things)
                colours += sorted(i.colour for i in scene.items) == sorted(t.colour for t in reading.things)
        print(f"noise {noise}: shapes {shapes / COUNT:.1%}, colours {colours / COUNT:.1%}")


if __name__ == "__main__":
    main()
