"""The page below a path of nginx, in headless Chromium: run by ``.ci/browser``, where that is installed."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.deploy.conftest import Certificate
from tests.examples.deploy.proxy import nginx
from tests.serving.page.test_in_browser import CHROMIUM, QUIET
from tests.serving.running_server import serving

pytestmark = pytest.mark.browser


def test_an_image_is_generated(tmp_path: Path, certificate: Certificate) -> None:
    from playwright.sync_api import sync_playwright

    with (
        serving(None, until="pictograms is ready at ") as server,
        nginx(tmp_path, server.port, certificate) as proxy,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(ignore_https_errors=True)
        asked, failed = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
        base = f"https://127.0.0.1:{proxy.port}/sd/"
        page.goto(base.removesuffix("/"))
        page.wait_for_selector("#graph svg")
        page.fill("#prompt", "a red star")
        page.click("#go")
        page.wait_for_selector("figcaption")
        assert page.url == base
        assert f"{base}v1/images/generations" in asked
        assert [url for url in asked if not url.startswith((base, base.removesuffix("/"), "data:"))] == []
        assert failed == []
        browser.close()
