from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest

import graphframe as gf
from calculators.lora.lora_pb2 import LoraAdapterEntry, LoraOptions
from calculators.text.text_encode import TextEncodeCalculator
from calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from calculators.text.tokens import Tokens


def test_gives_the_hidden_states_of_the_encoder(euler: Path) -> None:
    input_ids = np.arange(2 * 77, dtype=np.int64).reshape(2, 77)
    (packet,) = gf.CalculatorRunner(TextEncodeCalculator, base=euler).run(TOKENS=[Tokens(input_ids)])["EMBEDDINGS"]
    model = openvino.Core().compile_model(euler / "text_encoder" / "openvino_model.xml", "CPU")
    assert packet.value.hidden_states.shape == (2, 77, 32)
    assert (packet.value.hidden_states == model(input_ids)["last_hidden_state"]).all()


@pytest.mark.parametrize(("folder", "pooled"), [("text_encoder", "pooler_output"), ("text_encoder_2", "text_embeds")])
def test_the_layer_before_the_last_and_the_whole_prompt(xl: Path, folder: str, pooled: str) -> None:
    input_ids = np.arange(2 * 77, dtype=np.int64).reshape(2, 77)
    runner = gf.CalculatorRunner(
        TextEncodeCalculator, TextEncodeCalculatorOptions(model_path=folder, layer=-2), base=xl
    )
    (packet,) = runner.run(TOKENS=[Tokens(input_ids)])["EMBEDDINGS"]
    outputs = openvino.Core().compile_model(xl / folder / "openvino_model.xml", "CPU")(input_ids)
    assert (packet.value.hidden_states == outputs["hidden_states.1"]).all()
    assert (packet.value.pooled == outputs[pooled]).all()


@pytest.mark.parametrize("layer", [-3, 0, 1])
def test_layer_that_there_is_not(xl: Path, layer: int) -> None:
    runner = gf.CalculatorRunner(TextEncodeCalculator, TextEncodeCalculatorOptions(layer=layer), base=xl)
    with pytest.raises(gf.CalculatorError, match=rf"layer must be from -2 to -1, .*, not {layer}"):
        runner.run(TOKENS=[])


def test_adapters_that_requests_choose_need_the_request(euler: Path) -> None:
    options = TextEncodeCalculatorOptions(lora=LoraOptions(lora_adapters=[LoraAdapterEntry(alias="ink", path="ink")]))
    with pytest.raises(gf.GraphConfigError, match=r'add input_stream: "REQUEST:diffusion_request"'):
        gf.CalculatorRunner(TextEncodeCalculator, options, base=euler).run(TOKENS=[])
