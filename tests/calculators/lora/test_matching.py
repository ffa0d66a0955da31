from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.layer import Layer, layers_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.matching import Change, match
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.calculators.lora.toy_model import toy_model, weights
from tests.models import model_path


def layers(model: str, folder: str) -> list[Layer]:
    return list(layers_of(ov.Core().read_model(model_path(model) / folder / "openvino_model.xml")))


def adapter(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> Adapter:
    path = write(folder / "ink.safetensors", random_pairs(shapes))
    return Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=True)


def names(changes: list[Change]) -> list[str]:
    return [change.layer.name for change in changes]


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
        (change,) = match(ink, model, found)
        assert str(change.module) == f"lora_te{number}_{q_proj}.lora_down.weight"
        assert change.layer.name == q_proj
    assert match(ink, DENOISER, layers("stable_diffusion_xl", "unet")) == []


def test_one_module_for_several_layers(tmp_path: Path) -> None:
    shapes = {"lora_unet_double_blocks_0_img_attn_qkv": (96, 32), "lora_unet_single_blocks_0_linear1": (224, 32)}
    ink = adapter(tmp_path, shapes)
    changes = match(ink, DENOISER, layers("flux_dev", "transformer"))
    assert names(changes) == [
        *(f"transformer_blocks_0_attn_to_{each}" for each in "qkv"),
        *(f"single_transformer_blocks_0_{each}" for each in ("attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp")),
    ]
    whole = ink.file["lora_unet_single_blocks_0_linear1.lora_up.weight"]
    assert (np.concatenate([change.read().up for change in changes[3:]]) == whole).all()


def test_a_layer_that_is_used_twice_is_changed_twice(tmp_path: Path) -> None:
    toys = [*layers_of(toy_model(weights())), *layers_of(toy_model(weights()))]
    assert names(match(adapter(tmp_path, {"unet.last": (7, 10)}), DENOISER, toys)) == ["last", "last"]


def test_an_adapter_for_another_model(tmp_path: Path) -> None:
    toys = list(layers_of(toy_model(weights())))
    ink = adapter(tmp_path, {f"transformer.blocks.{number}.to_q": (7, 10) for number in range(9)})
    expected = (
        r'the LoRA adapter "ink" \(.*ink\.safetensors\) does not fit the denoiser: the adapter has layers '
        r"transformer\.blocks\.0\.to_q\.lora_down\.weight, .*, \.\.\.; the model has conv, pointwise, \w+, \.\.\."
    )
    with pytest.raises(ValueError, match=expected):
        match(ink, DENOISER, toys)
    assert match(ink, "text_encoder", toys) == []


def test_a_layer_of_another_shape(tmp_path: Path) -> None:
    toys = list(layers_of(toy_model(weights())))
    with pytest.raises(ValueError, match="fits weights of 7x11, but those of last have 7x10"):
        match(adapter(tmp_path, {"unet.last": (7, 11)}), DENOISER, toys)


def test_a_partial_match_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    toys = list(layers_of(toy_model(weights())))
    ink = adapter(tmp_path, {"unet.last": (7, 10), "unet.lost": (7, 10)})
    with caplog.at_level(logging.WARNING):
        assert names(match(ink, DENOISER, toys)) == ["last"]
        match(ink, DENOISER, toys)
    (record,) = caplog.records
    assert "1 of 2 layers are ignored, as the denoiser does not have them: unet.lost.lora_down" in record.message
