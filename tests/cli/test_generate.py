from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from graphframe.cli.main import main
from tests.calculators.image.files import encoded
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.parity.cells import INPAINTING
from tests.parity.images import from_genai
from tests.parity.sides import Genai, images_of


def generate(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["generate", *map(str, arguments)])
    return result.exit_code, result.output


def test_writes_the_image_that_genai_makes(euler: Path, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    options = ("--seed", 7, "--steps", 3, "--size", "128x64", "--guidance-scale", 2, "--negative_prompt", "dog")
    code, output = generate("a red cat", "--model_path", euler, "-o", path, *options)
    assert (code, output) == (0, f"{path}: 128x64, seed 7\n")
    expected = from_genai(euler)(
        "a red cat", 7, width=128, height=64, num_inference_steps=3, guidance_scale=2.0, negative_prompt="dog"
    )
    assert (np.asarray(Image.open(path)) == expected[0]).all()
    told = {"prompt": "a red cat", "seed": "7", "size": "128x64", "guidance_scale": "2.0", "model": euler.name}
    assert Image.open(path).info.items() >= told.items()


def test_changes_an_image_as_genai_does(euler: Path, tmp_path: Path) -> None:
    pixels = images_of(INPAINTING, 64, 64)
    for field, array in pixels.items():
        (tmp_path / field).write_bytes(encoded(array))
    files = ("--image", tmp_path / "image", "--mask", tmp_path / "mask")
    options = ("--seed", 7, "--steps", 4, "--strength", 0.75)
    code, output = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", *files, *options)
    assert (code, output) == (0, f"{tmp_path / 'cat.png'}: 64x64, seed 7\n")
    cell = {"width": 64, "height": 64, "num_inference_steps": 4, "strength": 0.75}
    (expected,) = Genai(euler).images(INPAINTING, cell, 7)
    assert (np.asarray(Image.open(tmp_path / "cat.png")) == expected).all()


def test_prompts_for_each_text_encoder(xl: Path, tmp_path: Path) -> None:
    made = set()
    for option in ("--prompt_2", "--negative_prompt_2"):
        path = tmp_path / "cat.png"
        code, _ = generate("a cat", "--model_path", xl, "-o", path, "--steps", 2, "--seed", 7, option, "a tree")
        assert code == 0
        made.add(Image.open(path).tobytes())
    assert len(made) == 2


def test_guidance_rescale_changes_the_image_and_is_in_its_text(euler: Path, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    made = set()
    for options in ((), ("--guidance_rescale", 0), ("--guidance_rescale", 0.7)):
        code, _ = generate("a cat", "--model_path", euler, "-o", path, "--steps", 2, "--seed", 7, *options)
        assert code == 0
        made.add(Image.open(path).tobytes())
    assert len(made) == 2
    assert Image.open(path).info["guidance_rescale"] == "0.7"


def test_dumps_streams(euler: Path, tmp_path: Path) -> None:
    dumps = ("--dump", f"latents={tmp_path / 'x.npz'}", "--dump", f"image={tmp_path / 'y.npy'}")
    code, output = generate("a", "--model_path", euler, "-o", tmp_path / "a.png", "--steps", 1, "--seed", 7, *dumps)
    assert code == 0
    assert output.splitlines()[:2] == [f"{tmp_path / 'x.npz'}: stream latents", f"{tmp_path / 'y.npy'}: stream image"]
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["0.samples"].dtype == np.float32
    assert (np.load(tmp_path / "y.npy") == np.asarray(Image.open(tmp_path / "a.png"))).all()
    code, output = generate("a", "--model_path", euler, "-o", tmp_path / "b.png", "--dump", "latent=x.npz")
    assert code == 1
    assert 'no output stream "latent" (did you mean "latents"?); it has: IMAGE, PREVIEW' in output


def test_several_images_get_numbers(euler: Path, tmp_path: Path) -> None:
    code, _ = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", "-n", 2, "--steps", 1)
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat-0.png", "cat-1.png"]


@pytest.mark.parametrize(("name", "format_"), [("cat.PNG", "PNG"), ("cat.jpg", "JPEG"), ("cat.webp", "WEBP")])
def test_name_of_the_file_says_its_format(euler: Path, tmp_path: Path, name: str, format_: str) -> None:
    code, _ = generate("a red cat", "--model_path", euler, "-o", tmp_path / name, "--steps", 1, "--seed", 2**64 - 1)
    assert code == 0
    assert Image.open(tmp_path / name).format == format_


@pytest.mark.parametrize(
    ("name", "words"), [("cat", "does not end with one of .png, "), ("a/b.png", "' does not exist")]
)
def test_file_that_cannot_be_written_is_told_at_once(tmp_path: Path, name: str, words: str) -> None:
    code, output = generate("a red cat", "--model_path", tmp_path / "nowhere", "-o", tmp_path / name)
    assert code != 0
    assert words in output


def test_random_seed_is_told(euler: Path, tmp_path: Path) -> None:
    seeds = set()
    for _ in range(2):
        _, output = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", "--steps", 1)
        seeds.add(output.split("seed ")[1])
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "7x7"), "Error: width and height must be multiples of 8, not 7x7"),
        (("--size", "big"), 'must be WIDTHxHEIGHT, e.g. "512x512", not "big"'),
        (("--image", "nowhere.png"), "File 'nowhere.png' does not exist"),
        (("--image", __file__), "Error: image is not a PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF, TGA or PNM file"),
        (("--strength", 0.5), "Error: strength needs an image"),
        (("--prompt_2", "dog"), "Error: prompt_2 needs a text encoder that this model does not have"),
        (("-o", "-", "-n", 2), "Error: -o - writes one image; name a file for several"),
        (("-n", 0), "Error: n must be an integer of at least 1, not 0"),
        (("--scheduler", "eular"), "Error: "),
        (("--steps", 1000), "Error: num_inference_steps must be at most 100, not 1000"),
    ],
)
def test_what_the_model_cannot_do(euler: Path, tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    code, output = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", *options)
    assert code != 0
    assert words in output
    assert "Traceback" not in output
    assert not list(tmp_path.iterdir())


def test_folder_without_a_model(tmp_path: Path) -> None:
    code, output = generate("a red cat", "--model_path", tmp_path)
    assert code == 1
    assert "has neither graph.pbtxt nor model_index.json" in output


def test_trace(euler: Path, tmp_path: Path) -> None:
    image, trace = tmp_path / "cat.png", tmp_path / "cat.json"
    code, output = generate("a red cat", "--model_path", euler, "-o", image, "--steps", 3, "--trace", trace)
    assert code == 0
    assert f"{trace}: trace, to open in" in output
    assert image.exists()
    events = json.loads(trace.read_text())["traceEvents"]
    tracks = [event["args"]["name"] for event in events if event["name"] == "thread_name"]
    nodes = ["image_request", "tokenize", "text_encode", "denoise", "vae_decode", "base64_encode"]
    first = tracks.index("image_request", 1)  # before it are those of loading
    assert {*nodes} < {*tracks[:first]}
    assert tracks[first : first + 6] == nodes
    assert tracks[-1].startswith("CPU, slot ")
    inferences = [event for event in events if event.get("cat") == "inference"]
    assert [event["args"]["node"] for event in sorted(inferences, key=lambda event: event["ts"])] == [
        "tokenize", "text_encode", "denoise", "denoise", "denoise", "vae_decode",
    ]  # fmt: skip
    calls = {event["name"]: event for event in events if event.get("cat") == "node"}
    for event in inferences:
        call = calls[f"{event['args']['node']} process"]
        assert call["ts"] <= event["ts"] <= event["ts"] + event["dur"] <= call["ts"] + call["dur"]


def test_profile_goes_to_stderr(euler: Path, tmp_path: Path) -> None:
    options = ("--model_path", str(euler), "-o", str(tmp_path / "cat.png"), "--steps", "1", "--profile")
    result = CliRunner().invoke(main, ["generate", "a red cat", *options])
    assert result.exit_code == 0
    assert "NODE" not in result.stdout
    header, *rows, last = result.stderr.splitlines()
    assert header.split()[:3] == ["NODE", "CALLS", "MEAN"]
    assert [row.split()[:2] for row in rows][3:5] == [["denoise", "1"], ["vae_decode", "1"]]
    assert last.startswith("1 run, ")


def test_a_failed_run_is_traced_too(euler: Path, tmp_path: Path) -> None:
    trace = tmp_path / "cat.json"
    code, output = generate("a red cat", "--model_path", euler, "-n", 0, "--trace", trace, "--profile")
    assert code == 1
    assert "Error: n must be an integer of at least 1, not 0" in output
    assert re.search(r"^image_request +1 ", output, re.MULTILINE)
    assert "image_request process" in trace.read_text()


def test_trace_that_cannot_be_written(euler: Path, tmp_path: Path) -> None:
    image, trace = tmp_path / "cat.png", tmp_path / "missing" / "cat.json"
    code, output = generate("a red cat", "--model_path", euler, "-o", image, "--trace", trace)
    assert code == 1
    assert f"{trace}: No such file or directory" in output
    assert not image.exists()


def test_adapters_of_the_readme(euler: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "loras").mkdir(parents=True)
    for part in euler.iterdir():
        (model / part.name).symlink_to(part)
    for seed, alias in enumerate(("ink", "gold")):
        shapes = {"lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q": (32, 32)}
        write(model / f"loras/{alias}.safetensors", random_pairs(shapes, seed=seed, scale=1.0))
    graphs = Path(__file__).parents[2] / "graphs"
    blocks = re.findall(r"^graph_options {.*?^}", (graphs / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (options,) = [block for block in blocks if "LoraOptions" in block]
    (model / "graph.pbtxt").write_text((graphs / "stable_diffusion.pbtxt").read_text() + options)

    def generated(*adapters: str) -> bytes:
        path = tmp_path / "cat.png"
        given = [argument for adapter in adapters for argument in ("--adapter", adapter)]
        size = ("--size", "64x64", "--steps", 2, "--seed", 7)
        assert generate("a red cat", "--model_path", model, "-o", path, *size, *given)[0] == 0
        return Image.open(path).tobytes()

    images = generated(), generated("ink"), generated("gold"), generated("ink=0.5", "gold")
    assert len({*images}) == 4
    assert generated("gilded") == images[3]
    code, output = generate("a red cat", "--model_path", model, "-o", tmp_path / "cat.png", "--adapter", "ing")
    assert code != 0
    assert 'Error: unknown LoRA adapter "ing" (did you mean "ink"?); adapters of the graph: ink, gold' in output
    code, output = generate("a red cat", "--adapter", "ink=much")
    assert "'ink=much' is not ALIAS=ALPHA, e.g. ink=0.7" in output


def test_speed(euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_SPEED", "exact")  # which is restored after the test
    path = tmp_path / "cat.png"
    arguments = ("a cat", "--model_path", euler, "-o", path, "--steps", 1, "--size", "64x64")
    assert generate(*arguments, "--speed", "balanced")[0] == 0
    assert Image.open(path).info["speed"] == "balanced"
    code, output = generate(*arguments, "--speed", "fast")
    assert (code, "fast" in output) == (64, True)
