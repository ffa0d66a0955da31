"""README.md of examples/deploy."""

from __future__ import annotations

import re

from tests.examples.deploy.examples import DEPLOY, ROOT

README = (DEPLOY / "README.md").read_text()


def test_links_lead_to_files() -> None:
    for path in re.findall(r"\]\(([\w./]+)\)", README):
        assert (DEPLOY / path).exists(), path


def test_commands_name_files_of_the_checkout() -> None:
    for path in re.findall(r"(?<=[ =])(?:\.ci|examples)/[\w./]+", README):
        assert (ROOT / path).exists(), path
