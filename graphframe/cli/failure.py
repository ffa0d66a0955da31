"""Errors of the user: shown as a message, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from graphframe.framework.errors import GraphConfigError, GraphError
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.images import InvalidRequest, invalid_request
from graphframe.repository.config_file import ConfigFileError
from graphframe.repository.export import ExportError
from graphframe.repository.graph_writing.task_options import TaskOptionsError
from graphframe.repository.pulling.errors import PullError


def named_options(error: TaskOptionsError) -> str:
    """Return the problems of options as they are spelled on the command line, one a line."""
    return "\n".join(f"--{name} {message}" for name, message in error.problems)


@contextmanager
def reported() -> Iterator[None]:
    """Raise the errors of graphs, models and files as click's, which end a command with exit code 1."""
    try:
        yield
    except GraphConfigError as error:
        count = len(error.problems)
        raise click.ClickException(f"the graph has {count} problem{'s' * (count > 1)}:\n{error}") from error
    except TaskOptionsError as error:
        raise click.ClickException(named_options(error)) from error
    except (GraphError, InvalidRequest, ModelFolderError, ConfigFileError, PullError, ExportError, OSError) as error:
        message = str(invalid_request(error) or error)
        if isinstance(error, OSError) and error.filename is not None:
            message = f"{error.filename}: {error.strerror}"
        raise click.ClickException(message) from error
