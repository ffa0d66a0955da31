"""Names of other authors find the layers of each family's test model that have their rows."""

from __future__ import annotations

from functools import cache

import openvino as ov
import pytest

from graphframe.calculators.lora.layer import layers_of
from graphframe.calculators.lora.names import Target, find_layers
from tests.models import model_path

TWO_LAYERS = "down_blocks_0_resnets_0_conv1 down_blocks_0_resnets_1_conv1"
"""A UNet with two layers per block, like all published ones."""


@cache
def layers(model: str, folder: str) -> frozenset[str]:
    return frozenset(
        layer.name for layer in layers_of(ov.Core().read_model(model_path(model) / folder / "openvino_model.xml"))
    )


# Names of the second column are those that diffusers' convert_ldm_unet_checkpoint gives the first.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_1_0_in_layers_2", "down_blocks_0_resnets_0_conv1"),
        ("input_blocks_2_0_emb_layers_1", "down_blocks_0_resnets_1_time_emb_proj"),
        ("input_blocks_3_0_op", "down_blocks_0_downsamplers_0_conv"),
        ("input_blocks_4_0_skip_connection", "down_blocks_1_resnets_0_conv_shortcut"),
        (
            "input_blocks_4_1_transformer_blocks_1_attn1_to_q",
            "down_blocks_1_attentions_0_transformer_blocks_1_attn1_to_q",
        ),
        ("input_blocks_8_1_proj_in", "down_blocks_2_attentions_1_proj_in"),
        ("middle_block_0_in_layers_2", "mid_block_resnets_0_conv1"),
        ("middle_block_1_transformer_blocks_0_ff_net_2", "mid_block_attentions_0_transformer_blocks_0_ff_net_2"),
        ("middle_block_2_out_layers_3", "mid_block_resnets_1_conv2"),
        ("output_blocks_0_0_in_layers_2", "up_blocks_0_resnets_0_conv1"),
        ("output_blocks_2_1_proj_out", "up_blocks_0_attentions_2_proj_out"),
        ("output_blocks_2_2_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_2_1_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_8_0_skip_connection", "up_blocks_2_resnets_2_conv_shortcut"),
        ("time_embed_2", "time_embedding_linear_2"),
        ("label_emb_0_0", "add_embedding_linear_1"),
        ("out_2", "conv_out"),
    ],
)
def test_unets(name: str, expected: str) -> None:
    assert find_layers(name, {*TWO_LAYERS.split(), expected}) == Target((expected,))


@pytest.mark.parametrize(
    ("model", "name", "expected"),
    [
        ("flux_dev", "double_blocks_0_img_attn_qkv", [f"transformer_blocks_0_attn_to_{each}" for each in "qkv"]),
        ("flux_dev", "double_blocks_0_txt_attn_qkv", [f"transformer_blocks_0_attn_add_{each}_proj" for each in "qkv"]),
        ("flux_dev", "double_blocks_0_img_attn_proj", ["transformer_blocks_0_attn_to_out_0"]),
        ("flux_dev", "double_blocks_0_txt_mod_lin", ["transformer_blocks_0_norm1_context_linear"]),
        (
            "flux_dev",
            "double_blocks_0_processor_qkv2",
            [f"transformer_blocks_0_attn_add_{each}_proj" for each in "qkv"],
        ),
        (
            "flux_dev",
            "single_blocks_0_processor_qkv",
            [f"single_transformer_blocks_0_attn_to_{each}" for each in "qkv"],
        ),
        ("flux_dev", "single_blocks_0_processor_proj", ["single_transformer_blocks_0_proj_out"]),
        (
            "flux_dev",
            "single_blocks_0_linear1",
            [f"single_transformer_blocks_0_{each}" for each in ("attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp")],
        ),
        ("flux_dev", "img_in", ["x_embedder"]),
        ("flux_dev", "time_in_in_layer", ["time_text_embed_timestep_embedder_linear_1"]),
        ("flux_dev", "transformer_blocks_0_attn_to_out", ["transformer_blocks_0_attn_to_out_0"]),
        ("flux2_klein", "double_blocks_0_img_attn_qkv", [f"transformer_blocks_0_attn_to_{each}" for each in "qkv"]),
        ("flux2_klein", "double_blocks_0_txt_mlp_2", ["transformer_blocks_0_ff_context_linear_out"]),
        ("flux2_klein", "single_blocks_0_linear2", ["single_transformer_blocks_0_attn_to_out"]),
        ("flux2_klein", "single_transformer_blocks_0_attn_to_out", ["single_transformer_blocks_0_attn_to_out"]),
        ("flux2_klein", "single_stream_modulation_lin", ["single_stream_modulation_linear"]),
        ("flux2_klein", "time_in_in_layer", ["time_guidance_embed_timestep_embedder_linear_1"]),
        ("flux2_klein", "sformer_blocks_0_attn_to_q", ["transformer_blocks_0_attn_to_q"]),
        ("stable_diffusion_3", "joint_blocks_1_x_block_attn_qkv", [f"transformer_blocks_1_attn_to_{e}" for e in "qkv"]),
        ("stable_diffusion_3", "joint_blocks_0_context_block_mlp_fc2", ["transformer_blocks_0_ff_context_net_2"]),
        ("stable_diffusion_3", "y_embedder_mlp_2", ["time_text_embed_text_embedder_linear_2"]),
        ("z_image", "layers_1_attention_qkv", [f"layers_1_attention_to_{each}" for each in "qkv"]),
        ("z_image", "noise_refiner_0_attention_out", ["noise_refiner_0_attention_to_out_0"]),
        ("z_image", "final_layer_linear", ["all_final_layer_2-1_linear"]),
        ("z_image", "x_embedder", ["all_x_embedder_2-1"]),
        ("qwen_image", "transformer_blocks_0_img_mod_1", ["transformer_blocks_0_img_mod_1"]),
        ("qwen_image", "transformer_blocks_0_attn_to_out", ["transformer_blocks_0_attn_to_out_0"]),
    ],
)
def test_transformers(model: str, name: str, expected: list[str]) -> None:
    assert find_layers(name, layers(model, "transformer")) == Target(tuple(expected))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("flux_dev", "final_layer_adaLN_modulation_1"),
        ("flux2_klein", "final_layer_adaLN_modulation_1"),
        ("stable_diffusion_3", "final_layer_adaLN_modulation_1"),
    ],
)
def test_shift_and_scale_in_the_other_order(model: str, name: str) -> None:
    assert find_layers(name, layers(model, "transformer")) == Target(("norm_out_linear",), swapped=True)


@pytest.mark.parametrize(
    ("model", "folder", "name", "expected"),
    [
        (
            "stable_diffusion_pndm",
            "text_encoder",
            "text_model_encoder_layers_0_self_attn_to_out",
            "text_model_encoder_layers_0_self_attn_out_proj",
        ),
        (
            "stable_diffusion_pndm",
            "text_encoder",
            "encoder_layers_1_mlp_fc1",
            "text_model_encoder_layers_1_mlp_fc1",
        ),
        ("flux2_klein", "text_encoder", "model_layers_0_self_attn_q_proj", "layers_0_self_attn_q_proj"),
        ("qwen_image", "text_encoder", "model_language_model_layers_1_mlp_up_proj", "layers_1_mlp_up_proj"),
    ],
)
def test_text_encoders(model: str, folder: str, name: str, expected: str) -> None:
    assert find_layers(name, layers(model, folder)) == Target((expected,))


def test_names_that_the_model_has_stay() -> None:
    assert find_layers("out_2", {"out_2", "conv_out"}) == Target(("out_2",))
    assert find_layers("something_else", {"out_2"}) is None
    assert find_layers("double_blocks_0_img_attn_qkv", {"transformer_blocks_0_attn_to_q"}) is None
