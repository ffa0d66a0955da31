"""Training of the parts, one after the other: `python -m examples.default_model.train PART FOLDER`."""

import argparse
import logging
from pathlib import Path

import torch

STEPS = {"text_encoder": 900, "autoencoder": 10500, "denoiser": 10500, "decoder": 4600}


def main() -> None:
    """Train a part, or resume from its checkpoint in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=STEPS)
    parser.add_argument("folder", type=Path, help="folder for checkpoints and sample sheets")
    parser.add_argument("--steps", type=int, help="total number of steps, including those already done")
    parser.add_argument(
        "--scenes", type=int, default=24000, help="number of drawn scenes that the denoiser learns from"
    )
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(arguments.threads)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    steps = arguments.steps or STEPS[arguments.part]
    if arguments.part == "text_encoder":
        from .text_encoder import train_text_encoder

        train_text_encoder(arguments.folder, steps)
    elif arguments.part == "autoencoder":
        from .autoencoder import train_autoencoder

        train_autoencoder(arguments.folder, steps)
    elif arguments.part == "decoder":
        from .decoder import train_decoder

        train_decoder(arguments.folder, steps)
    else:
        from .denoiser import train_denoiser

        train_denoiser(arguments.folder, steps, arguments.scenes)


if __name__ == "__main__":
    main()
