"""A server whose memory runs out."""

from __future__ import annotations

import contextlib
import json
import re
import resource
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_images import FIELDS, IMAGE, png
from tests.faults.test_processes import worker_of
from tests.serving.forms import FORM, encode_form
from tests.serving.running_server import RunningServer, serving

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="another process cannot be limited here"),
]

MIB = 1024 * 1024


def edit(server: RunningServer, image: bytes) -> tuple[int, Any, str | None]:
    """Return the status, the content and `retry-after` of the answer to an edit."""
    with contextlib.closing(server.connect()) as connection:
        connection.request(
            "POST", "/v1/images/edits", encode_form(("image", image), ("seed", "7"), *FIELDS.items()), FORM
        )
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response.headers["retry-after"]


def test_a_request_that_finds_no_memory() -> None:
    large = png(7000, 7000)
    with serving(None, until="is ready at") as server:
        expected = edit(server, IMAGE)
        assert expected[0] == 200
        worker = worker_of(server)
        [size] = re.findall(r"VmSize:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
        _, hard = resource.prlimit(worker, resource.RLIMIT_AS)
        resource.prlimit(worker, resource.RLIMIT_AS, (int(size) * 1024 + 128 * MIB, hard))
        status, content, retry = edit(server, large)  # which takes 187 MiB
        assert (status, content["error"]["code"], retry) == (503, "out_of_memory", "5")
        assert "smaller images" in content["error"]["message"]
        # NOTE: a new thread may take the memory that is left, so other images may also find none until there is more.
        resource.prlimit(worker, resource.RLIMIT_AS, (hard, hard))
        assert edit(server, IMAGE)[1]["data"] == expected[1]["data"]
        assert edit(server, large)[0] == 200
        assert worker_of(server) == worker
