"""schemathesis: thousands of requests made from /openapi.json, right and wrong ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.running_server import RunningServer

# NOTE: what a schema allows may still be more than the model can do, or two fields that contradict each other; and what
# it does not allow may be right once it is in a form, where a list of one text is that text.
EXCLUDED = "positive_data_acceptance,negative_data_rejection"
# NOTE: without the stateful phase, in which schemathesis fails by itself at binary parts of forms ("Unsupported type").
PHASES = "examples,coverage,fuzzing"
SEED = "1"
# NOTE: a field of the request is its deadline, after which the answer is 504.
CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 504]
"""


@pytest.mark.contract
@pytest.mark.timeout(500)
@pytest.mark.parametrize("name", ["toy", "hasty_pictograms"])
def test_nothing_but_what_is_declared(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    server: RunningServer = request.getfixturevalue(name)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run"]
    command += [f"http://127.0.0.1:{server.port}/openapi.json", "--exclude-checks", EXCLUDED, "--max-examples", "150"]
    command += ["--phases", PHASES, "--seed", SEED]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=450, check=False)
    assert done.returncode == 0, done.stdout
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None, done.stdout
    assert int(generated[1]) >= 2000
