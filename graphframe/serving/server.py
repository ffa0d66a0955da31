"""How gunicorn runs the application: the same for ``graphframe serve`` and for gunicorn's own command."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.errors import AppImportError  # type: ignore[import-untyped]

from graphframe.framework.errors import GraphConfigError
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.config_file import ConfigFileError, read_config_file
from graphframe.repository.folder_source import FolderSource
from graphframe.serving.app import Application, make_app
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.registry import FindSources
from graphframe.serving.options import ServerOptions


def gunicorn_settings(options: ServerOptions) -> dict[str, Any]:
    """gunicorn's settings for serving with `options`."""
    return {
        "bind": options.addresses,
        "worker_class": "asgi",
        "workers": 1,  # it holds the models
        "asgi_lifespan": "on",
        "asgi_disconnect_grace_period": 0,  # a client that is gone cancels its run at once
        "timeout": 120,  # of a blocked event loop, not of a request: reading a large model may hold the GIL
        "graceful_timeout": 600,  # OpenAI's clients give up after as long
        "keepalive": 10,  # longer than clients keep idle connections, so that they are never reused while closing
        "control_socket_disable": True,
        "proc_name": "graphframe",
        "loglevel": "debug" if options.log_level == "TRACE" else options.log_level.lower(),
        "when_ready": _finish_on_interrupt,
        "post_fork": _share_log,
        "post_worker_init": _leave_interrupts_to_master,
        "worker_exit": _end_process,
    }


def sources_of(options: ServerOptions) -> FindSources:
    """What finds what `options` say is to be served, now and whenever it is called again.

    Raises
    ------
    ConfigFileError
        If there is a ``config.json``, and it is wrong.
    ModelFolderError
        If there is none, and the folder of the model holds nothing that can be served.
    GraphConfigError
        If the graph there is wrong, or is not one that makes images.
    """
    if options.config_path is not None:
        path = Path(options.config_path)
        read_config_file(path)
        return lambda: read_config_file(path)
    sources = {options.served_name: FolderSource(Path(options.model_path), options=options.task_options)}
    sources[options.served_name].open()
    return lambda: sources


def make_configured_app(options: ServerOptions, find_sources: FindSources) -> Application:
    """The application for `options`. For worker processes: OpenVINO's threads do not survive a fork.

    Raises
    ------
    gunicorn.errors.AppImportError
        If it cannot be told what is to be served; gunicorn prints its message alone, and ends.
    """
    try:
        models = [ServedModel(name, source) for name, source in find_sources().items()]
    except ConfigFileError as error:
        raise AppImportError(str(error)) from error
    return make_app(models, options, find_sources)


def make_app_from_environment() -> Application:
    """What ``wsgi_app`` of a gunicorn configuration names."""
    try:
        options = ServerOptions.from_environment()
        find_sources = sources_of(options)
    except (ValueError, ConfigFileError, ModelFolderError, GraphConfigError) as error:
        raise AppImportError(str(error)) from error
    return make_configured_app(options, find_sources)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the application in it; `run` returns by SystemExit only."""

    def __init__(self, options: ServerOptions, find_sources: FindSources) -> None:
        self._options = options
        self._find_sources = find_sources
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn its settings."""
        for name, value in gunicorn_settings(self._options).items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """Make the application, in the worker."""
        return make_configured_app(self._options, self._find_sources)


def _finish_on_interrupt(arbiter: Any) -> None:
    """Let the first SIGINT finish the requests under way, as SIGTERM does; a second one ends them."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, arbiter.signal)
        arbiter.signal(signal.SIGTERM, frame)

    signal.signal(signal.SIGINT, interrupt)


def _leave_interrupts_to_master(worker: Any) -> None:
    """Ignore the SIGINT that a terminal sends to all its processes; the master tells the worker when to end."""
    worker.loop.remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_process(arbiter: Any, worker: Any) -> None:
    """End a worker whose requests are done, without Python's wait for threads: downloads may take hours."""
    if worker.booted and worker.pid == os.getpid():  # the master calls this as well, for a worker that is gone
        os._exit(0)


def _share_log(arbiter: Any, worker: Any) -> None:
    """Send everything that is logged where gunicorn sends its own log, but for each request to a hub."""
    logging.root.handlers = worker.log.error_log.handlers
    logging.root.setLevel(worker.log.error_log.level)
    for name in ("httpx", "httpx2"):  # NOTE: its URLs of files are signed: who has them may fetch the files
        logging.getLogger(name).setLevel(logging.WARNING)
