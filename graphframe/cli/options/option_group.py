"""Options that several commands share, under a heading of their ``--help``.

The function of a command with groups takes all values as keyword arguments, ``**given``. For each group, another
function removes its values from these and returns them as one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click
from click.core import ParameterSource

_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
"""The values of flags, as in OpenVINO Model Server."""


class OptionGroup(NamedTuple):
    """Options under a heading."""

    title: str
    options: tuple[click.Option, ...]


class GroupedCommand(click.Command):
    """A command whose ``--help`` shows groups of options, each under its heading.

    Its flags may have a value, as OpenVINO Model Server's: ``--flag=true`` or ``--flag=false``.
    """

    groups: tuple[OptionGroup, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and those flags that have a value."""
        others, off = self._take_flag_values(ctx, args)
        try:
            rest = super().parse_args(ctx, others)
        except click.BadParameter as error:
            error.param_hint = _variable(ctx, error.param) or error.param_hint
            raise
        except click.NoSuchOption as error:
            hidden = {
                name for each in self.params if isinstance(each, click.Option) and each.hidden for name in each.opts
            }
            shown = [name for name in error.possibilities or () if name not in hidden]
            raise click.NoSuchOption(error.option_name, possibilities=shown, ctx=ctx) from None
        for name in off:
            ctx.params[name] = False
            ctx.set_parameter_source(name, ParameterSource.COMMANDLINE)
        return rest

    def _take_flag_values(self, ctx: click.Context, args: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the arguments with ``--flag`` for ``--flag=true``, and the parameters of flags that are false."""
        normalize = ctx.token_normalize_func or str
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and each.is_bool_flag]
        flags = {name: option for option in options for name in option.opts}
        others, off = [], []
        for argument in args:
            name, has_value, text = argument.partition("=")
            flag = flags.get(f"--{normalize(name[2:])}") if has_value and name.startswith("--") else None
            if flag is None:
                others.append(argument)
            elif _read_flag(name, text):
                others.append(name)
            elif flag.expose_value and flag.name:
                off.append(flag.name)
        return others, off

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups, and then all other options."""
        grouped = {option for group in self.groups for option in group.options}
        others = tuple(each for each in self.get_params(ctx) if isinstance(each, click.Option) and each not in grouped)
        for title, options in (*self.groups, OptionGroup("Other options", others)):
            with formatter.section(title):
                formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])


def _variable(ctx: click.Context, param: click.Parameter | None) -> str | None:
    """Return the environment variable that set a parameter, if one did."""
    if param is None or not param.name or ctx.get_parameter_source(param.name) is not ParameterSource.ENVIRONMENT:
        return None
    name = f"{ctx.auto_envvar_prefix}_{param.name.upper()}"
    return name if name in os.environ else None


def _read_flag(name: str, text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise click.UsageError(f'{name} must be true or false, not "{text}"') from None


def with_options(*groups: OptionGroup) -> Callable[[GroupedCommand], GroupedCommand]:
    """Add groups of options to a command, which ``--help`` shows in this order."""

    def add(command: GroupedCommand) -> GroupedCommand:
        command.groups = groups
        command.params.extend(option for group in groups for option in group.options)
        return command

    return add
