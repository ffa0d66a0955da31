"""The Dockerfile, and the files of the checkout that its build sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.examples.deploy.examples import DEPLOY, ROOT, run, tool
from tests.serving import toys
from tests.serving.running_server import RunningServer, free_port, serving


def test_hadolint_finds_nothing() -> None:
    run([tool("hadolint"), DEPLOY / "Dockerfile"])


def test_the_build_sees_files_that_exist() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    for line in lines:
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists()


def healthy(port: int) -> bool:
    """Run the command of HEALTHCHECK against another port."""
    text = (DEPLOY / "Dockerfile").read_text()
    [command] = re.findall(r"^HEALTHCHECK .*\\\n *CMD (\[.*\])$", text, re.MULTILINE)
    python, *arguments = json.loads(command.replace("8000", str(port)))
    assert python == "python"
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=False).returncode == 0


def test_the_health_check(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Slow"))
    os.mkfifo(tmp_path / "go")
    assert not healthy(free_port())
    server: RunningServer
    with serving(tmp_path, until="ASGI server listening") as server:
        assert not healthy(server.port)
        (tmp_path / "go").write_text("go")
        server.wait_for_log("toy is ready at ")
        assert healthy(server.port)
