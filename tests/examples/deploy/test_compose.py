"""compose.yaml, as Docker Compose reads it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.examples.deploy.arguments import GRACEFUL_TIMEOUT, parse
from tests.examples.deploy.examples import DEPLOY, ROOT, run, tool


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    command = [tool("docker-compose"), "--file", str(DEPLOY / "compose.yaml"), "--profile", "gpu", "config"]
    found: dict[str, Any] = json.loads(run([*command, "--format", "json"]))["services"]
    return found


def test_the_image_is_built_from_the_checkout(services: dict[str, Any]) -> None:
    for service in services.values():
        assert (service["build"]["context"], service["build"]["dockerfile"]) == (
            str(ROOT),
            "examples/deploy/Dockerfile",
        )


def test_the_server_takes_the_arguments(services: dict[str, Any]) -> None:
    for service in services.values():
        parse(["graphframe", "serve", *service["command"]])


def test_requests_under_way_may_finish(services: dict[str, Any]) -> None:
    for service in services.values():
        [(minutes, seconds)] = re.findall(r"^(\d+)m(\d+)s$", service["stop_grace_period"])
        assert 60 * int(minutes) + int(seconds) > GRACEFUL_TIMEOUT


def test_the_gpu_is_in_a_profile_of_its_own(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "profiles" not in service] == ["graphframe"]
    assert services["graphframe-gpu"]["devices"]
    assert services["graphframe-gpu"]["read_only"]
