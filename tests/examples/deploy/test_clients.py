"""Other people's clients, with the newest names of models, below a path of nginx that speaks TLS."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import openai
import pytest
from pydantic import SecretStr

from tests.examples.deploy.conftest import Certificate
from tests.examples.deploy.examples import tool
from tests.examples.deploy.proxy import nginx
from tests.serving.running_server import serving

pytestmark = pytest.mark.timeout(120)

NAMES = get_args(openai.types.ImageModel)
PROMPT = "a cat"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, model: Path, certificate: Certificate) -> Iterator[str]:
    """The base URL of the API, whose certificate clients trust."""
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(model) as server,
        nginx(tmp_path_factory.mktemp("proxy"), server.port, certificate) as proxy,
    ):
        for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
            patch.setenv(name, str(certificate.certificate))
        yield f"https://127.0.0.1:{proxy.port}/sd/v1"


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="unused", max_retries=0)


def asked(b64: str | None) -> dict[str, Any]:
    """Return the request that a toy image is."""
    assert b64 is not None
    return dict(json.loads(base64.b64decode(b64)))


def download(url: str, base: str) -> dict[str, Any]:
    """Return the request that the toy image at a URL of the server is."""
    assert url.startswith(base.removesuffix("v1"))
    with urllib.request.urlopen(url, context=ssl.create_default_context()) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        return dict(json.load(answer))


@pytest.mark.parametrize("name", NAMES)
def test_openai(client: openai.OpenAI, name: str) -> None:
    generated = client.images.generate(prompt=PROMPT, model=name, response_format="b64_json").data
    edited = client.images.edit(prompt=PROMPT, model=name, image=b"\x89PNG", response_format="b64_json").data
    assert generated is not None
    assert edited is not None
    assert asked(generated[0].b64_json)["prompt"] == PROMPT
    assert asked(edited[0].b64_json)["image"] == "\x89PNG"


def test_openai_as_a_stream(client: openai.OpenAI) -> None:
    events = list(client.images.generate(prompt=PROMPT, model="gpt-image-2", stream=True, partial_images=2))
    assert [event.type for event in events] == [
        *["image_generation.partial_image"] * 2,
        "image_generation.completed",
    ]


def test_openai_with_urls(client: openai.OpenAI, url: str) -> None:
    images = client.images.generate(prompt=PROMPT, model="gpt-image-2", response_format="url").data
    assert images is not None
    assert images[0].url is not None
    assert download(images[0].url, url)["prompt"] == PROMPT


def test_langchain(url: str) -> None:
    """Its wrapper reads URLs, which OpenAI returns for DALL-E alone."""
    pytest.importorskip("langchain_community")
    from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper

    wrapper = DallEAPIWrapper(model="dall-e-3", n=2, size="512x512", base_url=url, api_key=SecretStr("unused"))
    for found in wrapper.run(PROMPT).split("\n"):
        assert download(found, url)["prompt"] == PROMPT


@pytest.fixture
def litellm(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it would ask the network when it is imported
    return pytest.importorskip("litellm")


@pytest.mark.parametrize("name", NAMES)
def test_litellm(url: str, litellm: Any, name: str) -> None:
    api = {"model": f"openai/{name}", "api_base": url, "api_key": "unused", "max_retries": 0}
    image = litellm.image_generation(prompt=PROMPT, **api).data[0]
    found = download(image.url, url) if name.startswith("dall-e-") else asked(image.b64_json)
    assert found["prompt"] == PROMPT


def test_litellm_edits(url: str, litellm: Any) -> None:
    api = {"model": "openai/gpt-image-2", "api_base": url, "api_key": "unused"}
    edited = litellm.image_edit(image=b"\x89PNG", prompt=PROMPT, **api)
    assert asked(edited.data[0].b64_json)["image"] == "\x89PNG"


@pytest.fixture(scope="module")
def node_results(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of the program for Node, with the packages in the folder ``$NODE_CLIENTS``."""
    folder, packages = tmp_path_factory.mktemp("node"), os.environ.get("NODE_CLIENTS")
    if packages is None:
        pytest.skip("openai and the AI SDK for Node are not installed; .ci/deploy installs them")
    (folder / "node_modules").symlink_to(Path(packages, "node_modules"))
    shutil.copy(Path(__file__).with_name("clients.mjs"), folder)
    command = [tool("node"), "clients.mjs", url, *NAMES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_openai_for_node(url: str, node_results: dict[str, Any]) -> None:
    assert [*node_results["generate"]] == [*NAMES]
    assert {asked(image)["prompt"] for image in node_results["generate"].values()} == {PROMPT}
    assert asked(node_results["edit"])["image"] == "\x89PNG"
    assert download(node_results["url"], url)["prompt"] == PROMPT
    assert node_results["events"] == [*["image_generation.partial_image"] * 2, "image_generation.completed"]


def test_the_ai_sdk(node_results: dict[str, Any]) -> None:
    assert [*node_results["sdk"]] == [*NAMES]
    for images in node_results["sdk"].values():
        for image in map(asked, images):
            assert image.items() >= {"prompt": PROMPT, "width": 512, "height": 512}.items()
        assert len(images) == 2
