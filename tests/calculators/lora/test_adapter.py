from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from tests.calculators.lora.adapter_files import random_pairs, write

ALL = slice(None)


def adapter(path: Path, *, use_file_alpha: bool = True) -> Adapter:
    return Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha)


def test_pairs_of_tensors(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_conv": (8, 4, 3, 3), "lora_te_proj": (6, 5)}, rank=2)
    ink = adapter(write(tmp_path / "ink.safetensors", tensors))
    conv, proj = ink.modules
    assert (conv.models, conv.layer) == (("denoiser",), "conv")
    assert (proj.models, proj.layer) == (("text_encoder",), "proj")
    assert ink.shape(conv) == (8, 36)
    down, up = ink.low_rank(conv, ALL)
    assert (down == tensors["lora_unet_conv.lora_down.weight"].reshape(2, 36)).all()
    assert (up == tensors["lora_unet_conv.lora_up.weight"].reshape(8, 2)).all()
    assert (ink.low_rank(conv, slice(2, 5)).up == up[2:5]).all()


def test_alpha_over_rank(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5), "lora_unet_b": (6, 5)}, rank=2)
    path = write(tmp_path / "ink.safetensors", tensors | {"lora_unet_a.alpha": np.array([0.5], np.float32)})
    raw = tensors["lora_unet_a.lora_up.weight"]
    a, b = adapter(path).modules
    assert (adapter(path).low_rank(a, ALL).up == raw * np.float32(0.25)).all()
    assert (adapter(path).low_rank(b, ALL).up == tensors["lora_unet_b.lora_up.weight"]).all()
    assert (adapter(path, use_file_alpha=False).low_rank(a, ALL).up == raw).all()


def test_alpha_in_the_metadata_of_diffusers(tmp_path: Path) -> None:
    tensors = random_pairs({"unet.x.to_q": (6, 5), "unet.x.to_k": (6, 5)}, parts=("A", "B"), rank=2)
    config = {"unet.lora_alpha": 8, "unet.r": 2, "unet.alpha_pattern": {"to_k": 1}}
    path = write(tmp_path / "ink.safetensors", tensors, {"lora_adapter_metadata": json.dumps(config)})
    ink = adapter(path)
    to_q, to_k = ink.modules
    assert (ink.low_rank(to_q, ALL).up == tensors["unet.x.to_q.lora_B.weight"] * 4).all()
    assert (ink.low_rank(to_k, ALL).up == tensors["unet.x.to_k.lora_B.weight"] / 2).all()


def test_unsupported_tensors(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5), "lora_unet_b": (6, 5)})
    tensors["lora_unet_c.hada_w1_a"] = tensors["lora_unet_b.lora_mid.weight"] = np.zeros((1,), np.float32)
    del tensors["lora_unet_a.lora_up.weight"]
    path = write(tmp_path / "ink.safetensors", tensors)
    expected = r'the LoRA adapter "ink" \(.*\) is not a LoRA: expected pairs .*; found lora_unet_a\.lora_down\.weight'
    with pytest.raises(ValueError, match=expected):
        _ = adapter(path).modules
    tensors |= random_pairs({"lora_unet_d": (6, 5)})
    ink = adapter(write(path, tensors))
    assert [module.layer for module in ink.modules] == ["d"]
    assert sorted(ink.unknown) == sorted(name for name in tensors if "unet_d" not in name)


def test_halves_that_do_not_fit(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5)}, rank=2)
    tensors["lora_unet_a.lora_up.weight"] = np.zeros((6, 3), np.float32)
    ink = adapter(write(tmp_path / "ink.safetensors", tensors))
    with pytest.raises(ValueError, match=r"lora_unet_a\.lora_down\.weight has rank 2, but its other half has rank 3"):
        ink.shape(ink.modules[0])


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5)}, rank=2)
    path = write(tmp_path / "ink.safetensors", tensors | {"lora_unet_a.alpha": np.array([np.nan], np.float32)})
    ink = adapter(path)
    with pytest.raises(ValueError, match=r'"ink" \(.*\): lora_unet_a\.lora_down\.weight has values that'):
        ink.low_rank(ink.modules[0], ALL)


def test_metadata_that_is_not_json(tmp_path: Path) -> None:
    tensors = random_pairs({"unet.x.to_q": (6, 5)}, parts=("A", "B"))
    ink = adapter(write(tmp_path / "ink.safetensors", tensors, {"lora_adapter_metadata": "{"}))
    with pytest.raises(ValueError, match=r'"ink" \(.*\): its lora_adapter_metadata is not valid JSON: '):
        ink.low_rank(ink.modules[0], ALL)
