"""LangChain's DallEAPIWrapper, which reads URLs alone."""

from __future__ import annotations

import urllib.request

import pytest
from pydantic import SecretStr

from tests.serving.running_server import RunningServer


@pytest.mark.contract
@pytest.mark.parametrize("model", ["dall-e-2", "dall-e-3"])
def test_two_images(toy: RunningServer, model: str) -> None:
    from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper

    wrapper = DallEAPIWrapper(
        model=model, n=2, size="512x512", base_url=f"http://127.0.0.1:{toy.port}/v1", api_key=SecretStr("unused")
    )
    urls = wrapper.run("a cat").split("\n")
    assert len(urls) == 2
    for url in urls:
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "image/png"
