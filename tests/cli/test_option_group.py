from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from graphframe.cli.export import image_generation
from graphframe.cli.main import main
from graphframe.cli.pull import pull
from graphframe.cli.serve import serve


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["serve"], serve), (["pull"], pull), (["export", "image_generation"], image_generation)],
)
def test_help_shows_each_option_once(arguments: list[str], command: click.Command) -> None:
    text = CliRunner().invoke(main, [*arguments, "--help"]).output
    shown = re.findall(r"^  (--\w+)", text, re.MULTILINE)
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert sorted(shown) == sorted([*(option.opts[0] for option in options), "--help"])


def test_groups_have_headings() -> None:
    text = CliRunner().invoke(main, ["pull", "--help"]).output
    assert re.findall(r"^(\w.*):$", text, re.MULTILINE) == [
        "Download and export options",
        "Task options",
        "Other options",
    ]
