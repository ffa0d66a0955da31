"""gunicorn's own command with the example configuration."""

from __future__ import annotations

import json
from pathlib import Path

from tests.examples.deploy.conftest import Certificate
from tests.examples.deploy.examples import GUNICORN, edited
from tests.examples.deploy.proxy import Proxy
from tests.serving.running_server import serving


def test_tls_without_a_proxy(tmp_path: Path, model: Path, certificate: Certificate) -> None:
    config = tmp_path / "gunicorn.conf.py"
    edits = {
        '# certfile = "/etc/graphframe/tls.crt"': f'certfile = "{certificate.certificate}"',
        '# keyfile = "/etc/graphframe/tls.key"': f'keyfile = "{certificate.key}"',
    }
    config.write_text(edited("gunicorn.conf.py", edits))
    with serving(model, command=[*GUNICORN, "--config", str(config)]) as server:
        body = json.dumps({"prompt": "a cat", "response_format": "url"}).encode()
        https = Proxy(server.port, certificate)
        status, content = https.answer("POST", "/v1/images/generations", body, {"Content-Type": "application/json"})
        assert status == 200
        assert content["data"][0]["url"].startswith(f"https://127.0.0.1:{server.port}/images/files/")
