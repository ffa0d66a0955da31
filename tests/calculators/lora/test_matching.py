from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.kinds import LowRank
from graphframe.calculators.lora.layer import Layer, layers_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.matching import Matches, match
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.calculators.lora.toy_model import toy_model, weights
from tests.models import model_path


def layers(model: str, folder: str) -> list[Layer]:
    return list(layers_of(ov.Core().read_model(model_path(model) / folder / "openvino_model.xml")))


def adapter(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> Adapter:
    path = write(folder / "ink.safetensors", random_pairs(shapes))
    return Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=True)


def names(matches: Matches) -> list[str]:
    return [layer.name for layer, _ in matches.changes]


BLOCK = "down_blocks_0_attentions_0_transformer_blocks_0"


def test_layers_of_a_unet_by_both_kinds_of_names(tmp_path: Path) -> None:
    unet = layers("stable_diffusion_xl", "unet")
    ink = adapter(
        tmp_path,
        {
            f"lora_unet_{BLOCK}_attn1_to_q": (16, 16),
            "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k": (16, 56),
            "lora_unet_middle_block_2_in_layers_2": (32, 32, 3, 3),
            "lora_unet_output_blocks_1_0_skip_connection": (32, 48, 1, 1),
            "lora_te2_text_model_encoder_layers_0_mlp_fc1": (48, 24),
        },
    )
    assert names(match(ink, DENOISER, unet)) == [
        f"{BLOCK}_attn1_to_q",
        f"{BLOCK}_attn2_to_k",
        "mid_block_resnets_1_conv1",
        "up_blocks_0_resnets_1_conv_shortcut",
    ]


def test_text_encoders_get_their_layers(tmp_path: Path) -> None:
    first, second = (layers("stable_diffusion_xl", folder) for folder in ("text_encoder", "text_encoder_2"))
    q_proj = "text_model_encoder_layers_0_self_attn_q_proj"
    shapes = {}
    for number, found in (("1", first), ("2", second)):
        layer = next(layer for layer in found if layer.name == q_proj)
        shapes[f"lora_te{number}_{q_proj}"] = (layer.out_features, *layer.in_shape)
    ink = adapter(tmp_path, shapes)
    for number, model, found in (("1", "text_encoder", first), ("2", "text_encoder_2", second)):
        ((layer, change),) = match(ink, model, found).changes
        assert str(change.module) == f"lora_te{number}_{q_proj}.lora_down.weight"
        assert layer.name == q_proj
    assert match(ink, DENOISER, layers("stable_diffusion_xl", "unet")) == Matches([], [], [])


def test_one_module_for_several_layers(tmp_path: Path) -> None:
    shapes = {"lora_unet_double_blocks_0_img_attn_qkv": (96, 32), "lora_unet_single_blocks_0_linear1": (224, 32)}
    ink = adapter(tmp_path, shapes)
    matches = match(ink, DENOISER, layers("flux_dev", "transformer"))
    assert names(matches) == [
        *(f"transformer_blocks_0_attn_to_{each}" for each in "qkv"),
        *(f"single_transformer_blocks_0_{each}" for each in ("attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp")),
    ]
    whole = ink.file["lora_unet_single_blocks_0_linear1.lora_up.weight"]
    parts = [change.read().weights for _, change in matches.changes[3:]]
    assert (np.concatenate([part.up for part in parts if isinstance(part, LowRank)]) == whole).all()


def test_shift_and_scale_change_places(tmp_path: Path) -> None:
    ink = adapter(tmp_path, {"lora_unet_final_layer_adaLN_modulation_1": (64, 32)})
    ((layer, change),) = match(ink, DENOISER, layers("flux_dev", "transformer")).changes
    assert layer.name == "norm_out_linear"
    up = ink.file["lora_unet_final_layer_adaLN_modulation_1.lora_up.weight"]
    weights = change.read().weights
    assert isinstance(weights, LowRank)
    assert (weights.up == np.concatenate([up[32:], up[:32]])).all()


def test_shift_and_scale_among_others_stay(tmp_path: Path) -> None:
    name = "lora_unet_joint_blocks_{}_context_block_adaLN_modulation_1"
    ink = adapter(tmp_path, {name.format(0): (192, 32), name.format(1): (64, 32)})
    first, last = (
        change.rows for _, change in match(ink, DENOISER, layers("stable_diffusion_3", "transformer")).changes
    )
    assert list(first) == list(range(192))
    assert list(last) == [*range(32, 64), *range(32)]


def test_both_names_of_a_layer_apply_once(tmp_path: Path) -> None:
    """Some tools write fused attention beside its parts."""
    name = "layers.0.attention.{}"
    shapes = {name.format(each): (32, 32) for each in ("to.q", "to.k", "to.v", "to_out.0", "out")}
    ink = adapter(tmp_path, shapes | {name.format("qkv"): (96, 32)})
    matches = match(ink, DENOISER, layers("z_image", "transformer"))
    assert sorted(names(matches)) == sorted(f"layers_0_attention_to_{each}" for each in ("q", "k", "v", "out_0"))
    assert (len(matches.applied), matches.left) == (4, [])


def test_dora_of_fused_attention_uses_the_weights_of_its_parts(tmp_path: Path) -> None:
    transformer = layers("z_image", "transformer")
    shapes = {"layers.0.attention.qkv": (96, 32)}
    magnitudes = {"layers.0.attention.qkv.dora_scale": np.ones((1, 32), np.float32)}
    path = write(tmp_path / "ink.safetensors", random_pairs(shapes) | magnitudes)
    ink = Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=True)
    new = []
    for layer, change in match(ink, DENOISER, transformer).changes:
        weights = change.read().weights
        assert isinstance(weights, np.ndarray)
        new.append(layer.weights() + weights)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(new), axis=0), 1, atol=1e-4)


def test_a_layer_that_is_used_twice_is_changed_twice(tmp_path: Path) -> None:
    toys = [*layers_of(toy_model(weights())), *layers_of(toy_model(weights()))]
    assert names(match(adapter(tmp_path, {"unet.last": (7, 10)}), DENOISER, toys)) == ["last", "last"]


def test_layers_that_the_model_lacks(tmp_path: Path) -> None:
    toys = list(layers_of(toy_model(weights())))
    ink = adapter(tmp_path, {"unet.last": (7, 10), "unet.lost": (7, 10)})
    matches = match(ink, DENOISER, toys)
    assert names(matches) == ["last"]
    assert [str(module) for module in matches.left] == ["unet.lost.lora_down.weight"]
    assert match(ink, "text_encoder", toys) == Matches([], [], [])


def test_a_layer_of_another_shape(tmp_path: Path) -> None:
    toys = list(layers_of(toy_model(weights())))
    with pytest.raises(ValueError, match="fits weights of 7x11, but those of last have 7x10"):
        match(adapter(tmp_path, {"unet.last": (7, 11)}), DENOISER, toys)
