from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import locked_staging


def test_nothing_is_left_of_a_pull_without_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such model"), locked_staging(Pull("org/sd", tmp_path)):
        raise ValueError("no such model")
    assert list(tmp_path.iterdir()) == []


def test_downloaded_files_are_kept_for_the_next_pull(tmp_path: Path) -> None:
    pull = Pull("org/sd", tmp_path)

    def interrupt() -> None:
        with locked_staging(pull) as staging:
            (staging / "half").write_text("1")
            raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        interrupt()
    assert [path.name for path in (tmp_path / ".pull").iterdir()] == ["org--sd"]
    with locked_staging(pull) as staging:
        (staging / "half").unlink()
    assert list(tmp_path.iterdir()) == []


def test_one_at_a_time_holds_the_lock_though_all_remove_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = f"""
import sys
from pathlib import Path
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import locked_staging
for _ in range(50):
    with locked_staging(Pull(sys.argv[1], Path({str(tmp_path / "models")!r}))) as staging:
        (staging / "held").touch(exist_ok=False)
        (staging / "held").unlink()
"""

    def run(name: str) -> int:
        return subprocess.run([sys.executable, "-c", code, name], stderr=log.open("a")).returncode

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(run, ["org/sd", "org/sd", "org/sd", "org/other"])) == [0] * 4, log.read_text()
    assert list((tmp_path / "models").iterdir()) == []
