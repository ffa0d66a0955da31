from __future__ import annotations

from typing import Any

import pytest

from graphframe.repository.graph_writing.task_options import TaskOptions

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


def test_the_graph_says_what_is_given() -> None:
    text = TaskOptions(**EVERYTHING).ovms_graph()
    for line in (
        'device: "NPU NPU GPU"',
        'plugin_config: \'{"NOTE": "it\\\'s", "NUM_STREAMS": "2"}\'',
        'resolution: "512x512"',
        "num_images_per_prompt: 2",
        "guidance_scale: 7.5",
        'lora_adapters { alias: "ink" path: "loras/org/ink/a.safetensors" alpha: 0.5 mode: STATIC }',
        'composite_lora_adapters { alias: "mix" components { adapter_alias: "ink" alpha: 2 } }',
    ):
        assert f"        {line}\n" in text
    assert "max_resolution" not in text


def test_nothing_given() -> None:
    options = TaskOptions()
    assert not options.given()
    assert '{\n        models_path: "./"\n    }' in options.ovms_graph()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_resolution": "big"}, 'max_resolution must be WIDTHxHEIGHT, e.g. "512x512", not "big"'),
        ({"resolution": "512x512 0x1"}, 'resolution must be .* not "0x1"'),
        ({"plugin_config": "{"}, "plugin_config is not valid JSON"),
        ({"plugin_config": "[]"}, "plugin_config must be a JSON object"),
        ({"plugin_config": '{"NUM_STREAMS": 3}', "num_streams": 2}, "not both"),
        ({"target_device": "GPU denoise=CPU"}, "either devices or NODE=DEVICE pairs"),
        ({"target_device": "denoise=CPU,vae_decode=GPU"}, "separate NODE=DEVICE pairs by spaces"),
        ({"source_loras": "ink"}, "source_loras: .*ALIAS=SOURCE"),
    ],
)
def test_mistakes(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TaskOptions(**options)


def test_devices_of_nodes() -> None:
    options = TaskOptions(target_device="denoise=GPU.1 vae_decode=AUTO:GPU,CPU")
    assert options.devices_by_node() == {"denoise": "GPU.1", "vae_decode": "AUTO:GPU,CPU"}
    assert "device" not in options.ovms_graph()
