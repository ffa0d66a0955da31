from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from graphframe.cli.export import image_generation
from graphframe.cli.main import main
from graphframe.cli.options.option_group import GroupedCommand
from graphframe.cli.pull import pull
from graphframe.cli.serve import serve


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["serve"], serve), (["pull"], pull), (["export", "image_generation"], image_generation)],
)
def test_help_shows_each_option_once(arguments: list[str], command: click.Command) -> None:
    text = CliRunner().invoke(main, [*arguments, "--help"]).output
    shown = re.findall(r"^  (?:-h, )?(--\w+)", text, re.MULTILINE)
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    assert sorted(shown) == sorted([*(option.opts[0] for option in options), "--help"])


def test_groups_have_headings() -> None:
    text = CliRunner().invoke(main, ["pull", "--help"]).output
    assert re.findall(r"^(\w.*):$", text, re.MULTILINE) == [
        "Download and export options",
        "Task options",
        "Other options",
    ]


@pytest.fixture
def command() -> GroupedCommand:
    """A command with a flag that is on by default, and one that is off."""

    @click.command(cls=GroupedCommand, context_settings=main.context_settings)
    @click.option("--page/--no_page", default=True)
    @click.option("--lazy", "--lazy_load", is_flag=True)
    def show(page: bool, lazy: bool) -> None:
        click.echo(f"page {page} lazy {lazy}")

    return show


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--lazy=true"], "page True lazy True"),
        (["--lazy=false"], "page True lazy False"),
        (["--page=false", "--lazy"], "page False lazy True"),
        (["--lazy-load=TRUE"], "page True lazy True"),
    ],
)
def test_a_flag_may_have_a_value(command: GroupedCommand, arguments: list[str], shown: str) -> None:
    assert CliRunner().invoke(command, arguments).output == f"{shown}\n"


@pytest.mark.parametrize("text", ["often", ""])
def test_a_wrong_value_of_a_flag(command: GroupedCommand, text: str) -> None:
    result = CliRunner().invoke(command, [f"--lazy={text}"])
    assert result.exit_code == 2
    assert f'--lazy must be true or false, not "{text}"' in result.output
