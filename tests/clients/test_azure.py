"""openai's client for Azure."""

from __future__ import annotations

import base64
import json

import openai
import pytest

from tests.serving.running_server import RunningServer


@pytest.mark.parametrize("deployment", ["toy", None])
@pytest.mark.parametrize("model", ["toy", "gpt-image-2"])
def test_generate_and_edit(toy: RunningServer, model: str, deployment: str | None) -> None:
    client = openai.AzureOpenAI(
        azure_endpoint=f"http://127.0.0.1:{toy.port}",
        azure_deployment=deployment,
        api_version="2025-04-01-preview",
        api_key="unused",
        max_retries=0,
    )
    for response in (
        client.images.generate(prompt="a cat", model=model),
        client.images.edit(prompt="a cat", model=model, image=b"\x89PNG"),
    ):
        assert response.data is not None
        assert response.data[0].b64_json is not None
        assert json.loads(base64.b64decode(response.data[0].b64_json))["prompt"] == "a cat"
    assert [
        listed.id
        for listed in openai.OpenAI(base_url=f"http://127.0.0.1:{toy.port}/openai/v1", api_key="k").models.list()
    ] == ["toy"]
