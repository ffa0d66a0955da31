from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import text_format

from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError

EVERYTHING: dict[str, Any] = {
    "target_device": "NPU NPU GPU",
    "resolution": "512x512",
    "num_images_per_prompt": 2,
    "guidance_scale": 7.5,
    "default_resolution": "512x512",
    "default_num_inference_steps": 4,
    "max_num_inference_steps": 8,
    "num_streams": 2,
    "plugin_config": '{"NOTE": "it\'s"}',
    "source_loras": "ink=org/ink@a.safetensors:0.5,mix=@ink:2",
}
MESSAGE = r"""
    models_path: "./"
    device: "NPU NPU GPU"
    plugin_config: "{\"NOTE\": \"it's\", \"NUM_STREAMS\": \"2\"}"
    resolution: "512x512"
    num_images_per_prompt: 2
    guidance_scale: 7.5
    default_resolution: "512x512"
    default_num_inference_steps: 4
    max_num_inference_steps: 8
    lora_adapters { alias: "ink" path: "loras/org/ink/a.safetensors" alpha: 0.5 mode: STATIC }
    composite_lora_adapters { alias: "mix" components { adapter_alias: "ink" alpha: 2 } }
"""


def test_the_message_has_all_options() -> None:
    assert TaskOptions(**EVERYTHING).message() == text_format.Parse(MESSAGE, ImageGenCalculatorOptions())


def test_nothing_given() -> None:
    options = TaskOptions()
    assert not options.given()
    assert options.message() == ImageGenCalculatorOptions(models_path="./")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_resolution": "big"}, 'max_resolution must be WIDTHxHEIGHT, e.g. "512x512", not "big"'),
        ({"resolution": "512x512 0x1"}, 'resolution must be .* not "0x1"'),
        ({"plugin_config": "{"}, "plugin_config is not valid JSON"),
        ({"plugin_config": "[]"}, "plugin_config must be a JSON object"),
        ({"plugin_config": '{"NUM_STREAMS": 3}', "num_streams": 2}, "sets NUM_STREAMS to 3, but num_streams is 2"),
        ({"target_device": "GPU denoise=CPU"}, "target_device must hold either devices or NODE=DEVICE pairs"),
        ({"target_device": "denoise=CPU,vae_decode=GPU"}, "target_device needs spaces between NODE=DEVICE pairs"),
        ({"target_device": "CPU GPU"}, "target_device names 2 devices"),
        ({"target_device": "NPU"}, "target_device needs exactly one resolution for an NPU"),
        ({"max_num_images_per_prompt": -1}, "max_num_images_per_prompt is out of range: -1"),
        ({"max_num_images_per_prompt": 2**70}, "max_num_images_per_prompt is out of range"),
        ({"default_num_inference_steps": 0}, "default_num_inference_steps must be at least 1, not 0"),
        ({"source_loras": "ink"}, 'source_loras must hold ALIAS=SOURCE.*, not "ink"'),
        ({"source_loras": "a=org/a,a=org/b"}, 'source_loras uses the alias "a" twice'),
        ({"source_loras": "a=org/a,mix=@b"}, 'source_loras names an unknown adapter "b" in the composite "mix"'),
    ],
)
def test_mistakes(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskOptionsError, match=message):
        TaskOptions(**options)


def test_all_mistakes_at_once() -> None:
    with pytest.raises(TaskOptionsError) as raised:
        TaskOptions(target_device="CPU GPU", guidance_scale=2, max_resolution="big", plugin_config="{")
    names = [name for name, _ in raised.value.problems]
    assert names == ["plugin_config", "target_device", "max_resolution", "guidance_scale"]


def test_devices_of_nodes() -> None:
    options = TaskOptions(target_device="denoise=GPU.1 vae_decode=AUTO:GPU,CPU")
    assert options.devices_by_node() == {"denoise": "GPU.1", "vae_decode": "AUTO:GPU,CPU"}
    assert not options.message().HasField("device")
