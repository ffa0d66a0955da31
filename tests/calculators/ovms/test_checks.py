"""What OpenVINO Model Server refuses is refused, with the line of the option and a word on what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf
from tests.calculators.ovms.graphs import ovms_graph


def problems(folder: Path, *options: str, models_path: str = "./") -> list[str]:
    try:
        gf.Graph.from_text(ovms_graph(*options, models_path=models_path), folder)
    except gf.GraphConfigError as error:
        return [line.replace('node "ImageGenExecutor": ', "") for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (['device: "CPU GPU"'], 'device "CPU GPU" names 2 devices; give one for all models, or three'),
        (['device: "CPU GPU NPU CPU"'], "names 4 devices"),
        (['device: " "'], "names 0 devices"),
        (['device: "NPU"'], "an NPU takes only models of static shape: give one resolution"),
        (['device: "CPU NPU CPU"', 'resolution: "512x512 256x256"'], "there are 2"),
        (['device: "HETERO:NPU,CPU"'], "an NPU takes only models of static shape"),
        (["plugin_config: '{]'"], "plugin_config: it is not valid JSON"),
        (["plugin_config: '[1]'"], "plugin_config: it must be a JSON object"),
        (["""plugin_config: '{"A": [1]}'"""], "plugin_config: A must be a text, a number, true or false, not [1]"),
        (["""plugin_config: '{"DEVICE_PROPERTIES": {"CPU": 1}}'"""], "DEVICE_PROPERTIES of CPU must be an object"),
        (['resolution: "auto"'], 'resolution must be WIDTHxHEIGHT, e.g. "512x512", not "auto"'),
        (['resolution: "512x512x512"'], "resolution must be"),
        (['resolution: "0x512"'], "resolution must be"),
        (['resolution: "64x64 64x64"'], 'resolution names "64x64" twice'),
        (['resolution: " "'], "resolution is empty"),
        (['resolution: "64x64"', 'max_resolution: "64x64"'], "max_resolution says nothing beside resolution"),
        (['resolution: "64x64"', "max_num_images_per_prompt: 2"], "cannot be set beside one resolution"),
        (['resolution: "64x64 128x64"', "num_images_per_prompt: 2"], "give one resolution; there are 2"),
        (["num_images_per_prompt: 2"], "give one resolution; there is none"),
        (["guidance_scale: 2"], "guidance_scale is what models of static shape are compiled for"),
        (['max_resolution: "4096"'], "max_resolution must be"),
        (['default_resolution: "x"'], "default_resolution must be"),
        (['default_resolution: "8192x64"'], "default_resolution 8192x64 exceeds max_resolution, 4096x4096"),
        (['max_resolution: "64x64"', 'default_resolution: "64x128"'], "default_resolution 64x128 exceeds"),
        (['resolution: "64x64"', 'default_resolution: "64x128"'], '"64x128" is not one of resolution: 64x64'),
        (["max_num_images_per_prompt: 0"], "max_num_images_per_prompt must be at least 1, not 0"),
        (["default_num_inference_steps: 0"], "default_num_inference_steps must be at least 1, not 0"),
        (["default_num_inference_steps: 101"], "default_num_inference_steps 101 is above the maximum, 100"),
        (['resolution: "64x64"', "num_images_per_prompt: -1"], "num_images_per_prompt must be at least 1, not -1"),
        (['lora_adapters { alias: "a" }'], "lora_adapters needs a path"),
        (['lora_adapters { path: "a.safetensors" }'], "lora_adapters needs an alias"),
        (['lora_adapters { alias: "a" path: "b.safetensors" }'], 'the adapter "a": there is no file'),
        (['lora_adapters { alias: "a" path: "../b.safetensors" }'], "leaves the folder"),
        (['composite_lora_adapters { alias: "a" }'], '"a" is made of nothing'),
        (
            ['composite_lora_adapters { alias: "a" components { adapter_alias: "b" alpha: 2 } }'],
            '"a" is made of b; it must be made of adapters of the graph: there is none',
        ),
    ],
)
def test_one_mistake(euler: Path, options: list[str], message: str) -> None:
    found = problems(euler, *options)
    assert any(message in problem for problem in found), found
    assert all(problem.startswith(("graph:16: ", "graph:17: ")) for problem in found)


def test_all_at_once(euler: Path) -> None:
    found = problems(
        euler,
        'device: "CPU CPU",',
        "plugin_config: '{',",
        "max_resolution: '64'",
        "guidance_scale: 1.0",
        models_path="elsewhere",
    )
    assert [problem.partition(": ")[0] for problem in found] == [f"graph:{line}" for line in range(15, 20)]


@pytest.mark.parametrize(
    ("models_path", "message"),
    [
        ("../elsewhere", 'the path "../elsewhere" leaves the folder'),
        ("elsewhere", "elsewhere does not exist"),
        ("unet", "has neither graph.pbtxt nor model_index.json"),
    ],
)
def test_models_path(euler: Path, models_path: str, message: str) -> None:
    (problem,) = problems(euler, models_path=models_path)
    assert problem.startswith("graph:15: ")
    assert message in problem


def test_no_models_path(euler: Path) -> None:
    with pytest.raises(gf.GraphConfigError, match="models_path is missing"):
        gf.Graph.from_text(ovms_graph().replace('models_path: "./",', ""), euler)


def test_a_field_that_there_is_not(euler: Path) -> None:
    with pytest.raises(gf.GraphConfigError, match=r'graph:16: .* has no field "devise", did you mean "device"'):
        gf.Graph.from_text(ovms_graph('devise: "CPU"'), euler)


def test_several_adapters_on_an_npu(euler: Path) -> None:
    adapters = [f'lora_adapters {{ alias: "{alias}" path: "model_index.json" }}' for alias in "ab"]
    npu = ['device: "NPU"', 'resolution: "64x64"', *adapters]
    components = " ".join(f'components {{ adapter_alias: "{alias}" }}' for alias in "ab")
    composite = f'composite_lora_adapters {{ alias: "c" {components} }}'
    assert any("several adapters need one composite" in problem for problem in problems(euler, *npu))
    assert not any("several adapters" in problem for problem in problems(euler, *npu, composite))
