"""Which options of ``graphframe serve`` belong together: a rule for each mode."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import NamedTuple

from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull_options import PullOptions
from graphframe.serving.options import ServerOptions

_MODEL = frozenset({
    "model_path", "model_name", "config_path", "source_model", "side_packet", "task", "task_options", "pull_options",
})  # fmt: skip
_SERVER = frozenset({"cache_dir", *ServerOptions.__struct_fields__}) - _MODEL
_TASK = frozenset({"task", *(field.name for field in fields(TaskOptions))})
_PULL = frozenset(field.name for field in fields(PullOptions))
_DEFAULT = ""
"""The mode in which no model is named, and pictograms is served."""


class Mode(NamedTuple):
    """The options that may be given together.

    Attributes
    ----------
    options : frozenset of str
    hint : str
        The end of the message about other options.
    """

    options: frozenset[str]
    hint: str = "omit what it does not use"


COMMANDS = {
    "pull": Mode(frozenset({"source_model", "model_name", "cache_dir"}) | _PULL | _TASK),
    "list_models": Mode(frozenset({"model_repository_path"})),
    "add_to_config": Mode(
        frozenset({
            "config_path", "model_name", "model_path", "model_repository_path", "target_device", "plugin_config",
        })
    ),
    "remove_from_config": Mode(frozenset({"config_path", "model_name", "model_repository_path"})),
    "configure": Mode(frozenset({"model_path"}) | _TASK),
}  # fmt: skip
"""The modes that end without serving; they ignore options of the server, with a warning."""
MODES = {
    "config_path": Mode(_SERVER, "the file lists the models, and --configure writes options into the graph of each"),
    "source_model": Mode(_SERVER | _TASK | _PULL | {"model_name"}),
    "model_path": Mode(_SERVER | _TASK | {"model_name", "side_packet"}, "they are for downloads, with --source_model"),
    _DEFAULT: Mode(_SERVER | _TASK),
}
"""The modes that serve, by the option that selects the models."""

_ORDER = [*COMMANDS, *MODES, "model_name", "side_packet", *sorted(_PULL | _TASK | _SERVER)]
"""The order of options in messages."""


def find_mode(given: Iterable[str], spell: Callable[[str], str] = "--{}".format) -> tuple[str, list[str]]:
    """Return the mode that options select, and those of the options that it ignores.

    Parameters
    ----------
    given : iterable of str
        The names of the options that are set.
    spell : callable, optional
        Return an option's name as the user writes it.

    Raises
    ------
    ValueError
        If the options do not belong together.
    """
    names = sorted(given, key=_ORDER.index)
    modes = COMMANDS if any(name in COMMANDS for name in names) else MODES
    chosen = [name for name in names if name in modes]
    if len(chosen) > 1:
        raise ValueError(f"{_joined(map(spell, chosen))} cannot be combined: omit all but one")
    mode = chosen[0] if chosen else _DEFAULT
    used = modes[mode].options - (set() if "ovms_graph" in names else {"cache_dir"})
    ignored = [name for name in names if modes is COMMANDS and name in _SERVER and name not in used]
    wrong = [spell(name) for name in names if name not in {*modes[mode].options, *chosen, *ignored}]
    if wrong and mode == _DEFAULT:
        raise ValueError(f"{_joined(wrong)} cannot be used without {spell('model_path')} or {spell('source_model')}")
    if wrong:
        raise ValueError(f"{_joined(wrong)} cannot be combined with {spell(mode)}: {modes[mode].hint}")
    return mode, ignored


def _joined(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
