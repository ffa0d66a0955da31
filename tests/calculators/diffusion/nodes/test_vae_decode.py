from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest

import graphframe as gf
from graphframe.calculators.diffusion.latents import Latents
from graphframe.calculators.diffusion.nodes.vae_decode import VaeDecodeCalculator
from graphframe.calculators.diffusion.nodes.vae_decode_pb2 import VaeDecodeCalculatorOptions
from graphframe.inference.activity import activity


def test_one_packet_an_image_in_eight_bits(euler: Path) -> None:
    samples = np.random.default_rng(0).normal(size=(3, 4, 8, 16)).astype(np.float32)
    packets = gf.CalculatorRunner(VaeDecodeCalculator, base=euler).run(LATENTS=[Latents(samples)])["IMAGE"]
    assert [packet.timestamp for packet in packets] == [0, 1, 2]

    model = openvino.Core().compile_model(
        euler / "vae_decoder" / "openvino_model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    decoded = next(iter(model(samples / np.float32(0.18215)).values()))
    expected = (np.clip(decoded * 0.5 + 0.5, 0, 1) * 255).transpose(0, 2, 3, 1)
    for packet, image in zip(packets, expected, strict=True):
        assert packet.value.shape == (64, 128, 3)
        assert packet.value.dtype == np.uint8
        assert np.abs(packet.value - image).max() < 12  # NOTE: the calculator may compute in bf16


def test_each_image_is_sent_before_the_next_is_decoded(euler: Path) -> None:
    graph = gf.Graph.from_text(f"""
        input_stream: "LATENTS:latents" output_stream: "IMAGE:image"
        node {{
          calculator: "VaeDecodeCalculator"
          input_stream: "LATENTS:latents" output_stream: "IMAGE:image"
          node_options {{
            [type.googleapis.com/graphframe.VaeDecodeCalculatorOptions] {{ model_path: "{euler}/vae_decoder" }}
          }}
        }}
    """)
    graph.load()
    sent: list[int] = []
    sent_at_inference: list[int] = []

    class Log(list[Any]):
        def append(self, event: object) -> None:
            sent_at_inference.append(len(sent))

    activity.logs.append(Log())
    try:
        run = graph.start_run(observers={"IMAGE": lambda packet: sent.append(packet.timestamp)})
        run.add("LATENTS", Latents(np.zeros((3, 4, 8, 8), np.float32)), 0)
        run.close_inputs()
        run.wait_until_done()
    finally:
        activity.logs.pop()
    assert (sent_at_inference, sent) == ([0, 1, 2], [0, 1, 2])


def test_previews_are_decoded_alike_each_at_its_own_timestamp(euler: Path) -> None:
    each = [np.random.default_rng(seed).normal(size=(1, 4, 8, 16)).astype(np.float32) for seed in range(3)]
    runner = gf.CalculatorRunner(VaeDecodeCalculator, VaeDecodeCalculatorOptions(background=True), base=euler)
    previews = runner.run(LATENTS=[Latents(samples) for samples in each])["IMAGE"]
    images = gf.CalculatorRunner(VaeDecodeCalculator, base=euler).run(LATENTS=[Latents(np.concatenate(each))])["IMAGE"]
    assert [packet.timestamp for packet in previews] == [0, 1, 2]
    for preview, image in zip(previews, images, strict=True):
        assert np.abs(preview.value.astype(int) - image.value).max() <= 1


def test_latents_that_do_not_fit(euler: Path) -> None:
    runner = gf.CalculatorRunner(VaeDecodeCalculator, base=euler)
    with pytest.raises(gf.CalculatorError, match="latent_sample"):
        runner.run(LATENTS=[Latents(np.zeros((1, 5, 8, 8), np.float32))])
