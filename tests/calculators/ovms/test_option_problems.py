"""The rules of OpenVINO Model Server's options, and the lines of problems in a graph."""

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
        (['device: "CPU GPU"'], 'device names 2 devices in "CPU GPU"; name one for all models, or three'),
        (['device: "CPU GPU NPU CPU"'], "names 4 devices"),
        (['device: " "'], "names 0 devices"),
        (['device: "NPU"'], "device needs exactly one resolution for an NPU"),
        (['device: "CPU NPU CPU"', 'resolution: "512x512 256x256"'], "2 are given"),
        (['device: "HETERO:NPU,CPU"'], "for an NPU"),
        (["plugin_config: '{]'"], "plugin_config is not valid JSON"),
        (["plugin_config: '[1]'"], "plugin_config must be a JSON object"),
        (["""plugin_config: '{"A": [1]}'"""], "plugin_config needs text, a number, true or false for A, not [1]"),
        (
            ["""plugin_config: '{"DEVICE_PROPERTIES": {"CPU": 1}}'"""],
            "plugin_config needs objects by device in DEVICE_PROPERTIES",
        ),
        (['resolution: "auto"'], 'resolution must be WIDTHxHEIGHT, e.g. "512x512", not "auto"'),
        (['resolution: "512x512x512"'], "resolution must be"),
        (['resolution: "0x512"'], "resolution must be"),
        (['resolution: "64x64 64x64"'], 'resolution names "64x64" twice'),
        (['resolution: " "'], "resolution is empty"),
        (['resolution: "64x64"', 'max_resolution: "64x64"'], "max_resolution cannot be combined with resolution"),
        (['resolution: "64x64"', "max_num_images_per_prompt: 2"], "cannot be combined with exactly one resolution"),
        (
            ['resolution: "64x64 128x64"', "num_images_per_prompt: 2"],
            "needs exactly one resolution, because it is part of the static shape; 2 are given",
        ),
        (["num_images_per_prompt: 2"], "none is given"),
        (["guidance_scale: 2"], "guidance_scale needs exactly one resolution"),
        (['max_resolution: "4096"'], "max_resolution must be"),
        (['default_resolution: "x"'], "default_resolution must be"),
        (['default_resolution: "8192x64"'], "default_resolution is 8192x64, above max_resolution, 4096x4096"),
        (['max_resolution: "64x64"', 'default_resolution: "64x128"'], "default_resolution is 64x128, above"),
        (['resolution: "64x64"', 'default_resolution: "64x128"'], 'is "64x128", which resolution does not list: 64x64'),
        (["max_num_images_per_prompt: 0"], "max_num_images_per_prompt must be at least 1, not 0"),
        (["default_num_inference_steps: 0"], "default_num_inference_steps must be at least 1, not 0"),
        (
            ["default_num_inference_steps: 101"],
            "default_num_inference_steps is 101, more than max_num_inference_steps, 100",
        ),
        (['resolution: "64x64"', "num_images_per_prompt: -1"], "num_images_per_prompt must be at least 1, not -1"),
        (['lora_adapters { alias: "a" }'], "lora_adapters needs a path"),
        (['lora_adapters { path: "a.safetensors" }'], "lora_adapters needs an alias"),
        (['lora_adapters { alias: "a" path: "b.safetensors" }'], 'lora_adapters "a": the file'),
        (['lora_adapters { alias: "a" path: "../b.safetensors" }'], "leaves the folder"),
        (['composite_lora_adapters { alias: "a" }'], 'composite_lora_adapters needs components for the composite "a"'),
        (
            ['composite_lora_adapters { alias: "a" components { adapter_alias: "b" alpha: 2 } }'],
            'names an unknown adapter "b" in the composite "a"; adapters: none',
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


def test_an_unknown_field(euler: Path) -> None:
    with pytest.raises(gf.GraphConfigError, match=r'graph:16: .* has no field "devise" \(did you mean "device"'):
        gf.Graph.from_text(ovms_graph('devise: "CPU"'), euler)


def test_several_adapters_on_an_npu(euler: Path) -> None:
    adapters = [f'lora_adapters {{ alias: "{alias}" path: "model_index.json" }}' for alias in "ab"]
    npu = ['device: "NPU"', 'resolution: "64x64"', *adapters]
    components = " ".join(f'components {{ adapter_alias: "{alias}" }}' for alias in "ab")
    composite = f'composite_lora_adapters {{ alias: "c" {components} }}'
    assert any("needs one composite of all adapters" in problem for problem in problems(euler, *npu))
    assert not any("of all adapters" in problem for problem in problems(euler, *npu, composite))
