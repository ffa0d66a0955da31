from __future__ import annotations

from typing import Any

import pytest

from graphframe.images import ImageRequest
from graphframe.serving.api.requests import EditRequest, GenerationRequest
from graphframe.serving.errors import APIError


def read(**fields: Any) -> ImageRequest:
    return GenerationRequest.read({"prompt": "a cat", "seed": 1, **fields})[1]


def test_all_fields() -> None:
    fields: dict[str, Any] = {
        "negative_prompt": "a dog",
        "n": 2,
        "width": 64,
        "height": 128,
        "num_inference_steps": 4,
        "guidance_scale": 1.5,
        "guidance_rescale": 0.7,
    }
    assert read(**fields) == ImageRequest("a cat", seed=1, **fields)


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        ({"num_images_per_prompt": 3}, "n", 3),
        ({"n": 8.0}, "n", 8),
        ({"n": None}, "n", 1),
        ({"seed": None, "rng_seed": 9}, "seed", 9),
        ({"seed": 2**64 - 1}, "seed", 2**64 - 1),
        ({"guidance_scale": 7}, "guidance_scale", 7.0),
        ({"guidance_scale": None}, "guidance_scale", None),
        ({"size": "640x480"}, "width", 640),
        ({"size": "640x480"}, "height", 480),
        ({"size": "auto"}, "width", None),
        ({"size": "auto", "width": None}, "height", None),
        ({"size": None, "height": 8}, "height", 8),
        ({"height": 8}, "width", None),
        ({"prompt": ""}, "prompt", ""),
        ({"scheduler": "DPM++ 2M Karras"}, "scheduler", "DPM++ 2M Karras"),
        ({"scheduler": None}, "scheduler", None),
    ],
)
def test_what_a_field_means(fields: dict[str, Any], attribute: str, expected: object) -> None:
    value = getattr(read(**fields), attribute)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "me", "style": "vivid", "quality": "hd", "moderation": "low", "safety_identifier": "x"},
        {"background": "auto", "output_format": "png", "response_format": "b64_json", "stream": False},
        {"background": "opaque", "model": "toy", "unknown": None},
    ],
)
def test_fields_without_effect(fields: dict[str, Any]) -> None:
    assert read(**fields) == read()


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"prompt": None}, "prompt", "prompt is required"),
        ({"prompt": 5}, "prompt", "prompt must be text of at most 32,000 characters, not 5"),
        ({"prompt": "x" * 32_001}, "prompt", 'text of at most 32,000 characters, not "xxx'),
        ({"prompt": ["a"]}, "prompt", "not a list"),
        ({"negative_prompt": {"a": {}}}, "negative_prompt", "not an object"),
        ({"model": 1}, "model", "must be text of at most 256 characters, not 1"),
        ({"n": 0}, "n", "n must be an integer of at least 1, not 0"),
        ({"n": "1"}, "n", 'not "1"'),
        ({"n": 1.5}, "n", "not 1.5"),
        ({"n": True}, "n", "not true"),
        (
            {"num_images_per_prompt": -1},
            "num_images_per_prompt",
            "num_images_per_prompt must be an integer",
        ),
        ({"n": 1, "num_images_per_prompt": 1}, "num_images_per_prompt", "either n or"),
        ({"num_inference_steps": 0}, "num_inference_steps", "not 0"),
        ({"guidance_scale": "7"}, "guidance_scale", 'guidance_scale must be a number from 0 to 1000, not "7"'),
        ({"seed": -1}, "seed", "from 0 to"),
        ({"seed": 2**64}, "seed", "from 0 to"),
        ({"rng_seed": 1}, "rng_seed", "either seed or"),
        ({"size": "7"}, "size", 'not "7"'),
        ({"size": "0x8"}, "size", "512x512"),
        ({"size": "8x8x8"}, "size", "512x512"),
        ({"size": "-8x8"}, "size", "512x512"),
        ({"size": 512}, "size", '"auto" or WIDTHxHEIGHT in pixels, e.g. "512x512", not 512'),
        ({"size": "8x8", "width": 8}, "width", "either size or width"),
        ({"size": "auto", "height": 8}, "height", "either size or height"),
        ({"width": 0}, "width", "not 0"),
        ({"response_format": "png"}, "response_format", 'must be "b64_json" or "url", not "png"'),
        (
            {"background": "transparent"},
            "background",
            'must be "auto" or "opaque", not "transparent": images have no alpha channel',
        ),
        ({"output_format": "gif"}, "output_format", 'not "gif": images are not animated'),
        ({"output_format": "svg"}, "output_format", 'not "svg": images are made of pixels'),
        ({"frame_count": 4}, "frame_count", "images are not animated"),
        ({"stream": True, "response_format": "url"}, "response_format", "response_format cannot be url in a stream"),
        ({"strength": 1.5}, "strength", "a number from 0 to 1, not 1.5"),
        ({"output_format": "bmp"}, "output_format", 'must be "jpeg", "png" or "webp", not "bmp"'),
        ({"output_compression": 50}, "output_compression", "PNG files are lossless"),
        ({"output_format": "jpeg", "output_compression": 101}, "output_compression", "from 0 to 100, not 101"),
        ({"stream": "yes"}, "stream", 'true or false, not "yes"'),
        ({"stream": True, "partial_images": 4}, "partial_images", "from 0 to 3, not 4"),
        ({"partial_images": 1}, "partial_images", "partial_images needs stream to be true"),
        ({"guidence_scale": 1}, "guidence_scale", 'did you mean "guidance_scale"?)'),
        ({"x" * 1_000_000: 1}, "x" * 64, "unknown field"),
    ],
)
def test_a_field_that_is_wrong(fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(APIError) as raised:
        read(**fields)
    assert raised.value.status_code == 400
    assert raised.value.param == param
    assert message in str(raised.value.description)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("steps", "num_inference_steps"), ("step", "num_inference_steps"), ("sampling_steps", "num_inference_steps")),
        *(("cfg_scale", "guidance_scale"), ("cfgScale", "guidance_scale"), ("true_cfg_scale", "guidance_scale")),
        *(("image_size", "size"), ("imageSize", "size"), ("aspect_ratio", "size"), ("denoising_strength", "strength")),
        *(("num_images", "n"), ("batch_size", "n"), ("manual_seed", "seed"), ("negative", "negative_prompt")),
        *(("sampler_name", "scheduler"), ("init_images", "image"), ("mask-image", "mask"), ("loras", "lora_alphas")),
        *(("format", "output_format"), ("output_quality", "output_compression")),
    ],
)
def test_names_of_other_servers(name: str, meant: str) -> None:
    with pytest.raises(APIError) as raised:
        EditRequest.read({"prompt": "a cat", name: 1})
    assert raised.value.description == f'unknown field "{name}" (did you mean "{meant}"?)'


@pytest.mark.parametrize(
    ("fields", "delivery"),
    [
        ({}, "b64_json"),
        ({"model": "gpt-image-1"}, "b64_json"),
        ({"model": "dall-e-2"}, "url"),
        ({"model": "dall-e-3", "response_format": "b64_json"}, "b64_json"),
        ({"model": "gpt-image-1", "response_format": "url"}, "url"),
    ],
)
def test_how_images_are_sent(fields: dict[str, Any], delivery: str) -> None:
    assert GenerationRequest.read({"prompt": "a cat", **fields})[0].delivery == delivery
