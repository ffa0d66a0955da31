"""Export of the trained model to OpenVINO's folder layout: `python -m examples.default_model.export TRAINED OUT`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel

from .decoder import load_finished
from .denoiser import build_denoiser, build_scheduler
from .text_encoder import load_text_encoder
from .tokenizer import build_tokenizer

GRAPH = Path(__file__).parents[2] / "graphs/stable_diffusion.pbtxt"
HEADER = "# pictograms: Stable Diffusion's graph with the defaults that this model was tried with."
MAX_RESOLUTION = ('max_resolution: "4096x4096"', 'max_resolution: "1792x1792"')
LIMITS = """      max_num_inference_steps: 100
      default_num_inference_steps: 12
      default_guidance_scale: 2.5
"""
NOT_NEEDED = ("tokenizer/openvino_detokenizer.*", "tokenizer/*.txt", "tokenizer/tokenizer.json", "openvino_config.json")


def load_denoiser(folder: Path) -> UNet2DConditionModel:
    """Load the averaged UNet."""
    state = torch.load(folder / "denoiser.pt", weights_only=True)["average"]
    model = build_denoiser()
    model.load_state_dict({name[7:]: value for name, value in state.items() if name.startswith("module.")})
    return model.eval().requires_grad_(False)


def export(trained: Path, out: Path, weights: str) -> None:
    """Write the model folder, with weights in the format `weights` of `optimum-cli`."""
    pipeline = StableDiffusionPipeline(
        vae=load_finished(trained),
        text_encoder=load_text_encoder(trained),
        tokenizer=build_tokenizer(),
        unet=load_denoiser(trained),
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    with tempfile.TemporaryDirectory() as saved:
        pipeline.save_pretrained(saved)
        command = [str(Path(sys.executable).with_name("optimum-cli")), "export", "openvino", "--task", "text-to-image"]
        command += ["--weight-format", weights, "--model", saved, str(out)]
        subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    for pattern in NOT_NEEDED:
        for path in out.glob(pattern):
            path.unlink()
    for path in out.rglob("*.json"):
        config = json.loads(path.read_text())
        if config.pop("_name_or_path", None):
            path.write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(Path(__file__).with_name("MODEL_CARD.md"), out / "README.md")
    (out / "graph.pbtxt").write_text(_graph(GRAPH.read_text()))


def _graph(text: str) -> str:
    """Return the included graph with the model's own defaults."""
    rest = text[text.index("#\n") :].replace(*MAX_RESOLUTION)
    return f"{HEADER}\n{rest.replace(LIMITS.splitlines(keepends=True)[0], LIMITS)}"


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="folder of the checkpoints")
    parser.add_argument("out", type=Path, help="folder of the model to write")
    parser.add_argument("--weights", default="int8", choices=("fp32", "fp16", "int8"))
    arguments = parser.parse_args()
    export(arguments.trained, arguments.out, arguments.weights)


if __name__ == "__main__":
    main()
