"""Write fixtures.tar.xz: ``python -m tests.calculators.lora.make_fixtures [SOURCE ...]``, by default of all sources.

It prints the table of graphs/README.md. PEFT and diffusers write LoRA files for the test models of each family, and run
them; other tools' names are given to the same numbers. In the folder of each file is ``latents.npy``, the latents after
two steps in PyTorch. The tests do not depend on PEFT, diffusers and torch: tests/models/make.py says how to install
them, and ``pip install peft``.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, get_peft_model, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import load_file, save_file

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.coverage import check_coverage
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.denoising import FAMILIES, Latents, inputs_of, two_steps, with_adapter
from tests.models import model_path
from tests.models.make import FAMILIES as PIPELINES
from tests.models.make import SEED, pack

ARCHIVE = Path(__file__).with_name("fixtures.tar.xz")

_ATTENTION = r"attn\.(to_[qkv]|to_out\.0|add_[qkv]_proj|to_add_out)"
_UNET = r"(attn[12]\.(to_[qkv]|to_out\.0)|ff\.net\.2|conv1|conv_shortcut|time_emb_proj|proj_in)"
TARGETS = {
    "SD": rf"(down_blocks\.0|mid_block)\..*{_UNET}|up_blocks\.0\.resnets\.0\.conv_shortcut",
    "SDXL": rf"(down_blocks\.0|mid_block)\..*{_UNET}|up_blocks\.0\.resnets\.0\.conv_shortcut",
    "SD3": rf"transformer_blocks\.\d\.({_ATTENTION}|ff(_context)?\.net\.2|norm1(_context)?\.linear)|norm_out\.linear",
    "FLUX.1": rf"transformer_blocks\.0\.({_ATTENTION}|ff\.net\.2|norm1\.linear)|single_transformer_blocks\.0\."
    r"(attn\.to_[qkv]|proj_mlp|proj_out)|norm_out\.linear|proj_out",
    "FLUX.2": rf"transformer_blocks\.0\.({_ATTENTION}|ff\.linear_(in|out))|single_transformer_blocks\.0\.attn\."
    r"(to_qkv_mlp_proj|to_out)|single_stream_modulation\.linear|norm_out\.linear",
    "Z-Image": r"(layers|noise_refiner)\.0\.(attention\.(to_[qkv]|to_out\.0)|feed_forward\.w[123]|adaLN_modulation\.0)"
    r"|all_final_layer\.2-1\.linear",
    "Qwen-Image": rf"transformer_blocks\.0\.({_ATTENTION}|img_mlp\.net\.2|img_mod\.1)|proj_out",
}
# The names of layers in the original checkpoints. Several that become one are in the order of their rows; "~" is before
# a layer whose halves are in the other order.
_FLUX_ATTENTION = {
    **{
        rf"double_blocks.0.{old}_attn.qkv": new
        for old, new in (("img", "to_q to_k to_v"), ("txt", "add_q_proj add_k_proj add_v_proj"))
    },
    "double_blocks.0.img_attn.proj": "to_out.0",
    "double_blocks.0.txt_attn.proj": "to_add_out",
}
_IN_FLUX = {
    old: " ".join(f"transformer_blocks.0.attn.{each}" for each in new.split()) for old, new in _FLUX_ATTENTION.items()
}
ORIGINAL: dict[str, dict[str, str]] = {
    "SD3": {
        **{
            f"joint_blocks.{n}.{old}_block.attn.qkv": " ".join(
                f"transformer_blocks.{n}.attn.{each}" for each in new.split()
            )
            for n in (0, 1)
            for old, new in (("x", "to_q to_k to_v"), ("context", "add_q_proj add_k_proj add_v_proj"))
        },
        **{f"joint_blocks.{n}.x_block.attn.proj": f"transformer_blocks.{n}.attn.to_out.0" for n in (0, 1)},
        "joint_blocks.0.context_block.attn.proj": "transformer_blocks.0.attn.to_add_out",
        **{f"joint_blocks.{n}.x_block.mlp.fc2": f"transformer_blocks.{n}.ff.net.2" for n in (0, 1)},
        "joint_blocks.0.context_block.mlp.fc2": "transformer_blocks.0.ff_context.net.2",
        **{f"joint_blocks.{n}.x_block.adaLN_modulation.1": f"transformer_blocks.{n}.norm1.linear" for n in (0, 1)},
        "joint_blocks.0.context_block.adaLN_modulation.1": "transformer_blocks.0.norm1_context.linear",
        "joint_blocks.1.context_block.adaLN_modulation.1": "~transformer_blocks.1.norm1_context.linear",
        "final_layer.adaLN_modulation.1": "~norm_out.linear",
    },
    "FLUX.1": {
        **_IN_FLUX,
        "double_blocks.0.img_mlp.2": "transformer_blocks.0.ff.net.2",
        "double_blocks.0.img_mod.lin": "transformer_blocks.0.norm1.linear",
        "single_blocks.0.linear1": " ".join(
            f"single_transformer_blocks.0.{each}" for each in ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
        ),
        "single_blocks.0.linear2": "single_transformer_blocks.0.proj_out",
        "final_layer.linear": "proj_out",
        "final_layer.adaLN_modulation.1": "~norm_out.linear",
    },
    "FLUX.2": {
        **_IN_FLUX,
        "double_blocks.0.img_mlp.0": "transformer_blocks.0.ff.linear_in",
        "double_blocks.0.img_mlp.2": "transformer_blocks.0.ff.linear_out",
        "single_blocks.0.linear1": "single_transformer_blocks.0.attn.to_qkv_mlp_proj",
        "single_blocks.0.linear2": "single_transformer_blocks.0.attn.to_out",
        "single_stream_modulation.lin": "single_stream_modulation.linear",
        "final_layer.adaLN_modulation.1": "~norm_out.linear",
    },
    "Z-Image": {
        f"{place}.0.{old}": " ".join(f"{place}.0.{each}" for each in new.split())
        for place in ("layers", "noise_refiner")
        for old, new in {
            "attention.qkv": "attention.to_q attention.to_k attention.to_v",
            "attention.out": "attention.to_out.0",
            **{same: same for same in ("feed_forward.w1", "feed_forward.w2", "feed_forward.w3", "adaLN_modulation.0")},
        }.items()
    }
    | {"final_layer.linear": "all_final_layer.2-1.linear"},
}

Tensors = dict[str, torch.Tensor]
Write = Callable[[str, Path], tuple[Any, Path] | None]
_XLABS = {
    "img_attn.qkv": "qkv_lora1",
    "txt_attn.qkv": "qkv_lora2",
    "img_attn.proj": "proj_lora1",
    "txt_attn.proj": "proj_lora2",
}
_LOCON = ("down", "mid", "up")


@cache
def pipeline(family: str) -> Any:
    torch.manual_seed(SEED)
    return PIPELINES[FAMILIES[family][0]]()


def denoiser(family: str) -> Any:
    return deepcopy(getattr(pipeline(family), FAMILIES[family][1]))


def adapted(family: str, config: Any) -> Any:
    """Return a denoiser with a random adapter, whose numbers bfloat16 can represent."""
    model = denoiser(family)
    model.add_adapter(config) if isinstance(config, LoraConfig) else inject_adapter_in_model(config, model)
    return randomized(model)


def randomized(model: Any) -> Any:
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "magnitude" in name:
                parameter.mul_(0.8 + 0.4 * torch.rand(parameter.shape, generator=generator))
            elif re.search("lora_|hada_|lokr_", name):
                size = 0.5 if re.search("hada_|lokr_", name) else 0.25
                parameter.normal_(0, size, generator=generator)
            else:
                continue
            parameter.copy_(parameter.bfloat16().float())
    return model.eval()


def small(path: Path) -> Path:
    """Store a file's tensors as bfloat16, which represents them exactly, and keep its metadata."""
    header = path.read_bytes()
    metadata = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")]).get("__metadata__")
    save_file({name: each.bfloat16() for name, each in load_file(path).items()}, path, metadata)
    return path


def config(family: str, **more: Any) -> LoraConfig:
    usual = {"r": 2, "lora_alpha": 3, "target_modules": TARGETS[family]}
    return LoraConfig(init_lora_weights=False, **{**usual, **more})


def patterns() -> dict[str, Any]:
    return {
        "use_rslora": True,
        "rank_pattern": {r".*to_[qk]": 4, "to_out.0": 3},
        "alpha_pattern": {r".*(to_v|proj_out)": 1, r"^(down|transformer)_blocks\.0\..*to_q": 5},
    }


def save_lora_weights(family: str, folder: Path, **more: Any) -> tuple[Any, Path]:
    model = adapted(family, config(family, **more))
    _, component = FAMILIES[family]
    metadata = model.peft_config["default"].to_dict()
    layers = {f"{component}_lora_layers": get_peft_model_state_dict(model, adapter_name="default")}
    pipeline(family).save_lora_weights(folder, **layers, **{f"{component}_lora_adapter_metadata": metadata})
    return model, folder / "pytorch_lora_weights.safetensors"


def save_lora_adapter(family: str, folder: Path, **more: Any) -> tuple[Any, Path]:
    model = adapted(family, config(family, **more))
    model.save_lora_adapter(folder)
    return model, folder / "pytorch_lora_weights.safetensors"


def peft_folder(family: str, folder: Path, kind: Any = LoraConfig, **more: Any) -> tuple[Any, Path]:
    other = {"r": 2, "alpha": 3, "target_modules": TARGETS[family], **more}
    model = get_peft_model(denoiser(family), config(family, **more) if kind is LoraConfig else kind(**other))
    randomized(model)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    return model.get_base_model(), folder / "adapter_model.safetensors"


def plain(family: str, **more: Any) -> tuple[Any, Tensors]:
    """Return a denoiser with an adapter of strength 2, and its tensors."""
    model = adapted(family, config(family, **{"lora_alpha": 4, **more}))
    tensors = get_peft_model_state_dict(model, adapter_name="default")
    return model, {name.removesuffix(".weight"): value for name, value in tensors.items()}


def in_checkpoint(name: str) -> str:
    """Return the name of a layer in a checkpoint of Stable Diffusion XL, if it had one layer in a block."""
    for pattern, original in {
        r"down_blocks\.0\.resnets\.0": "input_blocks.1.0",
        r"down_blocks\.0\.attentions\.0": "input_blocks.1.1",
        r"mid_block\.resnets\.0": "middle_block.0",
        r"mid_block\.attentions\.0": "middle_block.1",
        r"mid_block\.resnets\.1": "middle_block.2",
        r"up_blocks\.0\.resnets\.0": "output_blocks.0.0",
        r"conv1$": "in_layers.2",
        r"conv_shortcut$": "skip_connection",
        r"time_emb_proj$": "emb_layers.1",
    }.items():
        name = re.sub(pattern, original, name)
    return name


def fused(family: str, tensors: Tensors) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return A and B of layers by their original names; joined layers have a block-diagonal B, as in kohya's."""
    own = [name.removesuffix(".lora_A") for name in tensors if name.endswith(".lora_A")]
    names = ORIGINAL.get(family) or {in_checkpoint(name) if family == "SDXL" else name: name for name in own}
    pairs = {}
    for old, new in names.items():
        layers = new.removeprefix("~").split()
        down = torch.cat([tensors[f"{layer}.lora_A"] for layer in layers])
        up = (
            torch.block_diag(*(tensors[f"{layer}.lora_B"] for layer in layers))
            if len(layers) > 1
            else tensors[f"{layers[0]}.lora_B"]
        )
        pairs[old] = down, torch.cat(up.chunk(2)[::-1]) if new.startswith("~") else up
    used = {layer for new in names.values() for layer in new.removeprefix("~").split()}
    left = {name.rpartition(".")[0] for name in tensors} - used
    assert not left, left
    return pairs


def kohya(family: str, folder: Path) -> tuple[Any, Path]:
    model, tensors = plain(family)
    file: Tensors = {}
    for name, (down, up) in fused(family, tensors).items():
        flat = "lora_unet_" + name.replace(".", "_")
        file |= {
            f"{flat}.lora_down.weight": down,
            f"{flat}.lora_up.weight": up,
            f"{flat}.alpha": torch.tensor(2 * len(down)),
        }
    save_file({name: each.contiguous() for name, each in file.items()}, path := folder / "kohya.safetensors")
    return model, path


def comfyui(family: str, folder: Path) -> tuple[Any, Path]:
    model, tensors = plain(family)
    file: Tensors = {}
    for name, (down, up) in fused(family, tensors).items():
        file |= {f"diffusion_model.{name}.lora_A.weight": down, f"diffusion_model.{name}.lora_B.weight": up * 2}
    save_file({name: each.contiguous() for name, each in file.items()}, path := folder / "comfyui.safetensors")
    return model, path


def xlabs(family: str, folder: Path) -> tuple[Any, Path] | None:
    if family != "FLUX.1":
        return None
    layers = rf"transformer_blocks\.0\.{_ATTENTION}|single_transformer_blocks\.0\.(attn\.to_[qkv]|proj_out)"
    model, tensors = plain(family, lora_alpha=2, target_modules=layers)
    file: Tensors = {}
    for name, layer in {
        **{f"double_blocks.0.processor.{new}": _IN_FLUX[f"double_blocks.0.{old}"] for old, new in _XLABS.items()},
        "single_blocks.0.processor.qkv_lora": " ".join(f"single_transformer_blocks.0.attn.to_{each}" for each in "qkv"),
        "single_blocks.0.processor.proj_lora": "single_transformer_blocks.0.proj_out",
    }.items():
        parts = layer.split()
        file[f"{name}.down.weight"] = torch.cat([tensors[f"{part}.lora_A"] for part in parts])
        file[f"{name}.up.weight"] = torch.block_diag(*(tensors[f"{part}.lora_B"] for part in parts))
    save_file({name: each.contiguous() for name, each in file.items()}, path := folder / "xlabs.safetensors")
    return model, path


def norms(family: str, folder: Path) -> tuple[Any, Path] | None:
    """LyCORIS' differences of normalisations, and LoCon with a kernel in the middle."""
    if family not in ("SD", "SDXL"):
        return None
    model, generator = denoiser(family), torch.Generator().manual_seed(7)
    file: Tensors = {}

    def random(*shape: int) -> torch.Tensor:
        return (torch.randn(shape, generator=generator) / 4).bfloat16().float()

    with torch.no_grad():
        for name, module in model.named_modules():
            flat = "lycoris_" + name.replace(".", "_")
            if isinstance(module, torch.nn.GroupNorm | torch.nn.LayerNorm):
                for part, parameter in (("w_norm", module.weight), ("b_norm", module.bias)):
                    file[f"{flat}.{part}"] = random(len(parameter))
                    parameter += file[f"{flat}.{part}"]
            elif name.endswith("conv1"):
                out, channels, *kernel = module.weight.shape
                down, mid, up = random(2, channels, 1, 1), random(2, 2, *kernel), random(out, 2, 1, 1)
                file |= {f"{flat}.lora_{part}.weight": each for part, each in zip(_LOCON, (down, mid, up), strict=True)}
                file[f"{flat}.alpha"] = torch.tensor(1)
                module.weight += torch.einsum("oi,ijkl,jc->ockl", up[..., 0, 0], mid, down[..., 0, 0]) / 2
    save_file(file, path := folder / "lycoris.safetensors")
    return model, path


SOURCES: dict[str, Write] = {
    "diffusers, `save_lora_weights`": save_lora_weights,
    "diffusers, rsLoRA and patterns": lambda family, folder: save_lora_weights(family, folder, **patterns()),
    "diffusers, `save_lora_adapter`, bias": lambda family, folder: save_lora_adapter(family, folder, lora_bias=True),
    "diffusers, DoRA": lambda family, folder: save_lora_adapter(family, folder, use_dora=True),
    "PEFT folder, rsLoRA and patterns": lambda family, folder: peft_folder(family, folder, **patterns()),
    "PEFT folder, LoHa": lambda family, folder: peft_folder(family, folder, LoHaConfig, init_weights=False),
    "PEFT folder, LoKr": lambda family, folder: peft_folder(family, folder, LoKrConfig, init_weights=False),
    "kohya, musubi-tuner": kohya,
    "ComfyUI, ai-toolkit": comfyui,
    "XLabs": xlabs,
    "LyCORIS, LoCon and normalisations": norms,
}


def in_torch(family: str, model: Any) -> Latents:
    """Return the latents of diffusers' model."""
    given = {name: torch.from_numpy(np.asarray(value)) for name, value in inputs_of(family).items()}

    def predict(latents: Latents, time: float) -> Latents:
        sample, at = torch.from_numpy(latents), torch.tensor([time])
        with torch.no_grad():
            if family in ("SD", "SDXL"):
                states = given["encoder_hidden_states"]
                added = {name: given[name] for name in ("text_embeds", "time_ids") if name in given}
                output = model(sample, torch.tensor([int(time * 999)]), states, added_cond_kwargs=added).sample
            elif family == "Z-Image":
                output = torch.stack(model([sample[0][:, None]], at, [given["encoder_hidden_states"][0]]).sample)[
                    :, :, 0
                ]
            elif family == "Qwen-Image":
                states, mask = given["encoder_hidden_states"], given["encoder_hidden_states_mask"]
                output = model(sample, states, mask, at, img_shapes=[[(1, 4, 4)]]).sample
            else:
                output = model(hidden_states=sample, timestep=at, **given).sample
        return np.asarray(output.numpy()).reshape(latents.shape)

    return two_steps(family, predict)


def pairs(family: str, path: Path) -> str:
    name, folder = FAMILIES[family]
    adapter = Adapter("ink", path, 0, LoraAdapterEntry.FUSE, 1.0, use_file_alpha=True)
    found = check_coverage([adapter], {DENOISER: model_path(name) / folder / "openvino_model.xml"})["ink"]
    return f"{found.applied}/{found.pairs}"


def main() -> None:
    wanted = sys.argv[1:] or list(SOURCES)
    without = {family: with_adapter(family, None) for family in FAMILIES}
    rows = {"no adapter": [f"{np.abs(in_torch(each, denoiser(each)) - without[each]).max():.0e}" for each in FAMILIES]}
    with tempfile.TemporaryDirectory() as scratch:
        if ARCHIVE.is_file():
            with tarfile.open(ARCHIVE) as tar:
                tar.extractall(scratch, filter="data")
        for source in wanted:
            for family in FAMILIES:
                folder = Path(scratch) / family / f"{list(SOURCES).index(source)}"
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                written = SOURCES[source](family, folder)
                if written is None:
                    folder.rmdir()
                    rows.setdefault(source, []).append("")
                    continue
                latents = in_torch(family, written[0])
                assert np.abs(latents - without[family]).max() > 0.05, (family, source)
                np.save(folder / "latents.npy", latents)
                path = small(written[1])
                difference = np.abs(latents - with_adapter(family, path)).max()
                rows.setdefault(source, []).append(f"{pairs(family, path)}, {difference:.0e}")
        pack(Path(scratch), ARCHIVE)
    lines = [
        ["source", *FAMILIES],
        ["---"] * (len(FAMILIES) + 1),
        *([source, *cells] for source, cells in rows.items()),
    ]
    sys.stdout.write("".join(f"| {' | '.join(line)} |\n" for line in lines))


if __name__ == "__main__":
    main()
