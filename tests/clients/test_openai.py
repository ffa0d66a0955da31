"""openai's own client for Python."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import urllib.request
from typing import Any, get_args

import openai
import pytest
from PIL import Image, ImageChops, ImageStat

from tests.serving.running_server import RunningServer

PROMPT = "a red cat"
FAST: dict[str, Any] = {"num_inference_steps": 2, "seed": 7}


def connected(server: RunningServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="unused", max_retries=0)


def opened(b64: str | None) -> Image.Image:
    assert b64 is not None
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def asked(b64: str | None) -> dict[str, Any]:
    """The request that a toy image is."""
    assert b64 is not None
    return dict(json.loads(base64.b64decode(b64)))


@pytest.mark.parametrize("model", get_args(openai.types.ImageModel))
def test_the_names_that_the_client_knows(toy: RunningServer, model: str) -> None:
    response = connected(toy).images.generate(prompt=PROMPT, model=model, response_format="b64_json")
    assert response.data is not None
    assert asked(response.data[0].b64_json)["prompt"] == PROMPT


def test_generate(pictograms: RunningServer) -> None:
    response = connected(pictograms).images.generate(prompt=PROMPT, model="gpt-image-1", n=2, extra_body=FAST)
    assert response.data is not None
    assert [opened(image.b64_json).format for image in response.data] == ["PNG", "PNG"]
    assert [image.url for image in response.data] == [None, None]
    told = opened(response.data[0].b64_json).info
    assert told.items() >= {"prompt": PROMPT, "seed": "7", "model": "pictograms"}.items()
    assert told.items() >= {"num_inference_steps": "2", "guidance_scale": "2.5", "size": "128x128"}.items()
    assert response.size == "128x128"
    assert response.output_format == "png"
    assert response.usage is not None
    assert response.usage.total_tokens == 3 + 2 * 64


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_dall_e_answers_with_urls(pictograms: RunningServer, output_format: str) -> None:
    body = {**FAST, "output_format": output_format}
    response = connected(pictograms).images.generate(prompt=PROMPT, model="dall-e-3", quality="hd", extra_body=body)
    assert response.data is not None
    (image,) = response.data
    assert image.b64_json is None
    assert image.url is not None
    assert image.url.endswith(f".{output_format}")
    with urllib.request.urlopen(image.url) as answer:
        assert answer.headers["Content-Type"] == f"image/{output_format}"
        assert Image.open(io.BytesIO(answer.read())).format == output_format.upper()


def test_stream(pictograms: RunningServer) -> None:
    stream = connected(pictograms).images.generate(
        prompt=PROMPT, stream=True, partial_images=2, extra_body={"num_inference_steps": 8, "seed": 7}
    )
    events = list(stream)
    assert events[-1].type == "image_generation.completed"
    assert {event.type for event in events[:-1]} <= {"image_generation.partial_image"}
    assert all(opened(event.b64_json).size == (128, 128) for event in events)


def test_async(pictograms: RunningServer) -> None:
    async def main() -> None:
        url = f"http://127.0.0.1:{pictograms.port}/v3"
        async with openai.AsyncOpenAI(base_url=url, api_key="unused") as client:
            response, stream = await asyncio.gather(
                client.images.generate(prompt=PROMPT, extra_body=FAST),
                client.images.generate(prompt=PROMPT, stream=True, extra_body=FAST),
            )
            assert response.data is not None
            completed = [event async for event in stream]
            assert [event.b64_json for event in completed] == [image.b64_json for image in response.data]

    asyncio.run(main())


def test_edit_of_what_was_made(pictograms: RunningServer) -> None:
    client = connected(pictograms)
    made = client.images.generate(prompt=PROMPT, extra_body=FAST).data
    assert made is not None
    file = base64.b64decode(made[0].b64_json or "")
    mask = io.BytesIO()
    half = Image.new("RGBA", (128, 128), (0, 0, 0, 255))
    half.paste((0, 0, 0, 0), (64, 0, 128, 128))  # the right half is to be repainted
    half.save(mask, "png")
    edited = client.images.edit(image=file, mask=mask.getvalue(), prompt="a blue star", extra_body=FAST).data
    assert edited is not None
    before, after = opened(made[0].b64_json), opened(edited[0].b64_json)
    assert after.info["strength"]
    changes = [
        ImageStat.Stat(ImageChops.difference(before.crop(box), after.crop(box))).mean
        for box in ((0, 0, 56, 128), (72, 0, 128, 128))
    ]
    assert sum(changes[0]) < sum(changes[1]) / 2
    with pytest.raises(openai.BadRequestError, match="image is not a PNG, JPEG, ") as raised:
        client.images.edit(image=b"no image file", prompt=PROMPT)
    assert raised.value.param == "image"


@pytest.mark.parametrize("as_list", [False, True])
def test_edit(toy: RunningServer, as_list: bool) -> None:
    image: Any = [b"\x89PNG"] if as_list else b"\x89PNG"
    response = connected(toy).images.edit(
        image=image,
        mask=b"mask",
        prompt=PROMPT,
        n=1,
        size="256x256",
        background="opaque",
        output_format="webp",
        output_compression=80,
        extra_body={"guidance_scale": 2.5, **FAST},
    )
    assert response.data is not None
    assert (
        asked(response.data[0].b64_json).items()
        >= {
            "prompt": PROMPT,
            "image": "\x89PNG",
            "mask": "mask",
            "width": 256,
            "output_format": "webp",
            "output_compression": 80,
            "guidance_scale": 2.5,
            "seed": 7,
        }.items()
    )


def test_edit_as_a_stream(toy: RunningServer) -> None:
    events = list(connected(toy).images.edit(image=b"\x89PNG", prompt=PROMPT, stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_several_images_to_edit(toy: RunningServer, pictograms: RunningServer) -> None:
    response = connected(toy).images.edit(image=[b"1", b"2", b"3"], mask=b"mask", prompt=PROMPT)
    assert response.data is not None
    given = asked(response.data[0].b64_json)
    assert (given["image"], given["images"], given["mask"]) == ("1", ["2", "3"], "mask")
    with pytest.raises(openai.BadRequestError, match="expected 1 to 16 images, not 17") as raised:
        connected(toy).images.edit(image=[b"1"] * 17, prompt=PROMPT)
    assert raised.value.param == "image"
    with pytest.raises(openai.BadRequestError, match="this model takes one image, not 2") as raised:
        connected(pictograms).images.edit(image=[b"1", b"2"], prompt=PROMPT)
    assert raised.value.param == "image"


def test_seeds_of_several_images(pictograms: RunningServer) -> None:
    client = connected(pictograms)
    made = client.images.generate(prompt=PROMPT, n=2, extra_body={**FAST, "seed_mode": "each"}).data
    alone = client.images.generate(prompt=PROMPT, extra_body={**FAST, "seed": 8}).data
    assert made is not None
    assert alone is not None
    assert [image.to_dict()["seed"] for image in made] == [7, 8]
    assert opened(made[1].b64_json).info["seed"] == "8"
    assert made[1].b64_json == alone[0].b64_json


def test_variation(toy: RunningServer) -> None:
    with pytest.warns(DeprecationWarning, match="deprecated"):
        response = connected(toy).images.create_variation(
            image=b"\x89PNG", model="dall-e-2", n=2, response_format="b64_json", size="512x512"
        )
    assert response.data is not None
    assert [asked(image.b64_json)["image"] for image in response.data] == ["\x89PNG"] * 2


def test_errors(toy: RunningServer) -> None:
    client = connected(toy)
    with pytest.raises(openai.BadRequestError, match="no alpha channel") as bad:
        client.images.generate(prompt=PROMPT, background="transparent")
    assert bad.value.param == "background"
    assert bad.value.code == "invalid_value"
    assert bad.value.request_id
    with pytest.raises(openai.NotFoundError, match="does not exist") as missing:
        client.images.generate(prompt=PROMPT, model="sd")
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.InternalServerError, match="the graph failed"):
        client.with_options(max_retries=5, timeout=5).images.generate(prompt="fail")
    with pytest.raises(openai.APIError, match="the graph failed"):
        list(client.images.generate(prompt="fail", stream=True, partial_images=1))


def test_models(toy: RunningServer) -> None:
    client = connected(toy)
    assert [model.id for model in client.models.list()] == ["toy"]
    assert client.models.retrieve("toy").owned_by == "graphframe"
