from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest

import graphframe as gf
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry, LoraOptions
from graphframe.calculators.text.text_encode import TextEncodeCalculator
from graphframe.calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from graphframe.calculators.text.tokens import Tokens
from tests.models import model_path


def test_gives_the_hidden_states_of_the_encoder(euler: Path) -> None:
    input_ids = np.arange(2 * 77, dtype=np.int64).reshape(2, 77)
    (packet,) = gf.CalculatorRunner(TextEncodeCalculator, base=euler).run(
        TOKENS=[Tokens(input_ids, np.ones_like(input_ids))]
    )["EMBEDDINGS"]
    model = openvino.Core().compile_model(euler / "text_encoder" / "openvino_model.xml", "CPU")
    assert packet.value.hidden_states.shape == (2, 77, 32)
    assert (packet.value.hidden_states == model(input_ids)["last_hidden_state"]).all()


def test_instruction_is_looked_at_and_left_out(euler: Path) -> None:
    input_ids = np.arange(77, dtype=np.int64)[None]
    attention_mask = (input_ids < 40).astype(np.int64)
    whole, rest = (
        gf.CalculatorRunner(TextEncodeCalculator, base=euler)
        .run(TOKENS=[Tokens(input_ids, attention_mask, length)])["EMBEDDINGS"][0]
        .value
        for length in (0, 7)
    )
    assert (rest.hidden_states == whole.hidden_states[:, 7:]).all()
    assert rest.attention_mask.sum() == 33


@pytest.mark.parametrize(("folder", "pooled"), [("text_encoder", "pooler_output"), ("text_encoder_2", "text_embeds")])
def test_the_layer_before_the_last_and_the_whole_prompt(xl: Path, folder: str, pooled: str) -> None:
    input_ids = np.arange(2 * 77, dtype=np.int64).reshape(2, 77)
    runner = gf.CalculatorRunner(
        TextEncodeCalculator, TextEncodeCalculatorOptions(model_path=folder, layer=[-2]), base=xl
    )
    (packet,) = runner.run(TOKENS=[Tokens(input_ids, np.ones_like(input_ids))])["EMBEDDINGS"]
    outputs = openvino.Core().compile_model(xl / folder / "openvino_model.xml", "CPU")(input_ids)
    assert (packet.value.hidden_states == outputs["hidden_states.1"]).all()
    assert (packet.value.pooled == outputs[pooled]).all()


def test_several_layers_side_by_side_and_what_is_no_prompt_is_not_looked_at() -> None:
    folder = model_path("flux2_klein")
    options = TextEncodeCalculatorOptions(layer=[9, 18, 27])
    runner = gf.CalculatorRunner(TextEncodeCalculator, options, base=folder)
    input_ids = np.arange(8, dtype=np.int64)[None]
    mask = np.array([[1, 1, 1, 1, 1, 0, 0, 0]])
    changed = np.where(mask, input_ids, 77)
    packets = runner.run(TOKENS=[Tokens(ids, mask) for ids in (input_ids, changed)])["EMBEDDINGS"]
    first, second = (packet.value.hidden_states for packet in packets)
    assert first.shape == (1, 8, 3 * 16)
    assert (first[:, :5] == second[:, :5]).all()
    model = openvino.Core().compile_model(folder / "text_encoder" / "openvino_model.xml", "CPU")
    outputs = model({"input_ids": input_ids, "attention_mask": mask})
    assert (first[..., 16:32] == outputs["hidden_states.18"]).all()


@pytest.mark.parametrize("layer", [-3, 0, 3])
def test_layer_that_there_is_not(xl: Path, layer: int) -> None:
    runner = gf.CalculatorRunner(TextEncodeCalculator, TextEncodeCalculatorOptions(layer=[layer]), base=xl)
    with pytest.raises(gf.CalculatorError, match=rf"layer must be from -2 to -1 or from 1 to 2, .*, not {layer}"):
        runner.run(TOKENS=[])


def test_adapters_that_requests_choose_need_the_request(euler: Path) -> None:
    options = TextEncodeCalculatorOptions(lora=LoraOptions(lora_adapters=[LoraAdapterEntry(alias="ink", path="ink")]))
    with pytest.raises(gf.GraphConfigError, match=r'add input_stream: "REQUEST:diffusion_request"'):
        gf.CalculatorRunner(TextEncodeCalculator, options, base=euler).run(TOKENS=[])


def test_chunks_are_encoded_separately_and_joined() -> None:
    folder = model_path("stable_diffusion_xl")
    options = TextEncodeCalculatorOptions(model_path="text_encoder_2", layer=[-2])
    runner = gf.CalculatorRunner(TextEncodeCalculator, options, base=folder)
    input_ids = np.random.default_rng(0).integers(0, 100, (6, 77))
    mask = np.ones_like(input_ids)
    joined = runner.run(TOKENS=[Tokens(input_ids, mask, chunks=3)])["EMBEDDINGS"][0].value
    rows = runner.run(TOKENS=[Tokens(input_ids, mask)])["EMBEDDINGS"][0].value
    assert joined.hidden_states.shape[:2] == joined.attention_mask.shape == (2, 231)
    assert (joined.hidden_states[1] == np.concatenate(rows.hidden_states[3:])).all()
    assert (joined.pooled == rows.pooled[[0, 3]]).all()
