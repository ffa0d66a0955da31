from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples/benchmarks/soak.py"


@pytest.mark.timeout(600)
def test_three_minutes() -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("the soak reads the memory of the server from /proc, which is not here")
    assert subprocess.run([sys.executable, SCRIPT, "--minutes=3"]).returncode == 0
