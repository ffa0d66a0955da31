from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino

import graphframe as gf
from calculators.text.text_encode import TextEncodeCalculator
from calculators.text.tokens import Tokens


def test_gives_the_hidden_states_of_the_encoder(euler: Path) -> None:
    input_ids = np.arange(2 * 77, dtype=np.int64).reshape(2, 77)
    (packet,) = gf.CalculatorRunner(TextEncodeCalculator, base=euler).run(TOKENS=[Tokens(input_ids)])["EMBEDDINGS"]
    model = openvino.Core().compile_model(euler / "text_encoder" / "openvino_model.xml", "CPU")
    assert packet.value.hidden_states.shape == (2, 77, 32)
    assert (packet.value.hidden_states == model(input_ids)["last_hidden_state"]).all()
