"""A user without a home folder and a name, as in containers."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, pwd
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
os.environ.pop("HOME", None)
import graphframe.calculators.text.tokenize
print(os.environ["HOME"])
"""


def test_a_user_without_a_home_folder() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("/nonexistent\n", 0), done.stderr
