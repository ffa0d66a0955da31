"""Types of options whose value must not be empty, as it is when a variable of a script is not set."""

from __future__ import annotations

from typing import Any

import click


def _check(value: object) -> None:
    if value == "":
        raise click.BadParameter("it is empty; give a value, or omit the option")


class Text(click.ParamType[str]):
    """A text that is not empty."""

    name = "text"
    envvar_list_splitter = "\n"  # of options that are repeated

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; raise click.BadParameter if it is empty."""
        _check(value)
        return str(value)


class Folder(click.Path):
    """The path of a folder, which need not exist."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=str)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; raise click.BadParameter if it is empty, or that of a file."""
        _check(value)
        return super().convert(value, param, ctx)


TEXT = Text()
FOLDER = Folder()
