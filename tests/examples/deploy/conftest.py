from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.examples.deploy.examples import run, tool
from tests.serving import toys
from tests.serving.running_server import Pipes


class Certificate(NamedTuple):
    """The paths of a certificate for 127.0.0.1 and of its key."""

    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    found = Certificate(folder / "tls.crt", folder / "tls.key")
    request = [tool("openssl"), "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    run([*request, *names, "-out", found.certificate, "-keyout", found.key])
    return found


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a graph whose images are the requests themselves, as JSON."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    return folder


@pytest.fixture
def pipes(tmp_path: Path) -> Pipes:
    folder = tmp_path / "pipes"
    folder.mkdir()
    return Pipes(folder)
