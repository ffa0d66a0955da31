"""The application in gunicorn, whether started by ``graphframe serve`` or by gunicorn's own command."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.errors import AppImportError  # type: ignore[import-untyped]

from graphframe.framework.errors import GraphError
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.calculator_source import CalculatorSource
from graphframe.repository.config_file import ConfigFileError, enables_metrics, read_config_file
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.pull_source import PullSource
from graphframe.serving.access.exposure import exposures, unshared_images
from graphframe.serving.app import Application, make_app
from graphframe.serving.connections.worker import ENDING_SECONDS, Worker
from graphframe.serving.environment import options_from_environment
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.source import FindSources, ModelSource, OpenedSource
from graphframe.serving.observation import request_log
from graphframe.serving.observation.json_log import JsonLogger
from graphframe.serving.options import ServerOptions

_log = logging.getLogger(__name__)


def gunicorn_settings(options: ServerOptions) -> dict[str, Any]:
    """Return gunicorn's settings."""
    logger: dict[str, Any] = {"logger_class": JsonLogger} if options.log_format == "json" else {}
    return logger | {
        "bind": options.addresses,
        "root_path": options.root_path,
        "worker_class": Worker,
        "workers": 1,
        "nworkers_changed": _keep_one_worker,
        "asgi_lifespan": "on",
        "asgi_disconnect_grace_period": 0,  # a client that disconnects cancels its run at once
        "worker_connections": options.max_connections,
        "timeout": max(
            120, math.ceil(options.client_timeout) + 1
        ),  # of a blocked event loop, not of a request: reading a large model can hold the GIL
        "graceful_timeout": math.ceil(options.drain_delay + options.graceful_timeout) + ENDING_SECONDS,
        "keepalive": 10,  # longer than clients keep idle connections, so that they are never reused while closing
        "control_socket_disable": True,
        "proc_name": "graphframe",
        "loglevel": "debug" if options.log_level == "TRACE" else options.log_level.lower(),
        "forwarded_allow_ips": options.trusted_proxies,
        "when_ready": _make_when_ready(options),
        "post_fork": _share_log,
        "post_worker_init": _leave_interrupts_to_master,
        "worker_exit": _end_process,
    }


def sources_of(options: ServerOptions) -> FindSources:
    """Return the function that finds the models to serve. A config is read again in each call.

    A model to download is not opened yet.

    Raises
    ------
    ConfigFileError
        If the ``config.json`` is invalid.
    ModelFolderError
        If the folder of the model contains nothing that can be served.
    GraphConfigError
        If the graph there is invalid, or generates no images.
    GraphError
        If the files of calculators cannot be imported.
    """
    calculators = tuple(map(Path, options.calculators))

    def with_calculators(source: FolderSource | PullSource) -> ModelSource:
        if not calculators and not options.model_calculators:
            return source
        return CalculatorSource(source, calculators, options.model_calculators)

    if options.config_path is not None:
        path = Path(options.config_path)
        read_config_file(path)
        return lambda: {name: with_calculators(source) for name, source in read_config_file(path).items()}
    if options.source_model is not None:
        pull = options.pull_options.pull(options.source_model)
        source = with_calculators(PullSource(pull, options.task_options, one_node=options.pull_options.ovms_graph))
    else:
        folder = FolderSource(
            Path(options.model_path), options=options.graph_options, side_packets=options.side_packets
        )
        source = OpenedSource(with_calculators(folder))
    return lambda: {options.served_name: source}


def make_configured_app(options: ServerOptions, find_sources: FindSources) -> Application:
    """Make the application, in a worker process: OpenVINO's threads do not survive a fork.

    Raises
    ------
    gunicorn.errors.AppImportError
        If the ``config.json`` is invalid; gunicorn prints the message without a traceback, and ends.
    """
    try:
        models = [ServedModel(name, source) for name, source in find_sources().items()]
        if options.config_path is not None and not options.metrics_enable:
            path = Path(options.config_path)
            options = msgspec.structs.replace(options, metrics_enable=enables_metrics(path))
            find_sources = _warning_of_metrics(path, find_sources, options.metrics_enable)
    except ConfigFileError as error:
        raise AppImportError(str(error)) from error
    return make_app(models, options, find_sources)


def _warning_of_metrics(path: Path, find_sources: FindSources, enabled: bool) -> FindSources:
    """Return `find_sources` with a warning when the ``config.json`` enables or disables metrics later."""
    last = enabled

    def find() -> Mapping[str, ModelSource]:
        nonlocal last
        sources = find_sources()
        before, last = last, enables_metrics(path)
        if last not in (before, enabled):
            _log.warning(
                "%s: monitoring now %s metrics; restart the server to apply it", path, "enables" if last else "disables"
            )
        return sources

    return find


def gunicorn_settings_from_environment() -> dict[str, Any]:
    """Return gunicorn's settings for a configuration file; print a message and raise SystemExit for wrong options."""
    try:
        return gunicorn_settings(options_from_environment())
    except ValueError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(Arbiter.APP_LOAD_ERROR) from None


def make_app_from_environment() -> Application:
    """Make the application that ``wsgi_app`` in a gunicorn configuration names."""
    try:
        options = options_from_environment()
        find_sources = sources_of(options)
    except (ValueError, ConfigFileError, ModelFolderError, GraphError) as error:
        raise AppImportError(str(error)) from error
    return make_configured_app(options, find_sources)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the application; `run` ends with SystemExit."""

    def __init__(self, options: ServerOptions, find_sources: FindSources) -> None:
        self._options = options
        self._find_sources = find_sources
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's settings."""
        for name, value in gunicorn_settings(self._options).items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """Make the application, in the worker."""
        return make_configured_app(self._options, self._find_sources)


def more_workers(number: int) -> str:
    """Return the message that refuses several workers."""
    return (
        f"there must be 1 worker, not {number}: each would load all models, and have a queue, metrics and image URLs of"
        " its own. For more throughput start more servers, with a balancer in front (see examples/deploy)"
    )


def _keep_one_worker(arbiter: Any, number: int, before: int | None) -> None:
    """Refuse several workers, which settings, gunicorn's command or the signal TTIN ask for."""
    if number > 1 and before is None:
        raise RuntimeError(more_workers(number))  # which gunicorn prints before it ends
    if number > 1:
        arbiter.log.warning(more_workers(number))
        arbiter.num_workers = before


def _make_when_ready(options: ServerOptions) -> Callable[[Any], None]:
    def when_ready(arbiter: Any) -> None:
        addresses = [listener.sock.getsockname() for listener in arbiter.LISTENERS]
        images = unshared_images(options.image_url_folder, options.is_behind_proxy)
        for warning in (*exposures(addresses, options.api_keys is not None), *images):
            arbiter.log.warning(warning)
        _replace_signals(arbiter)

    return when_ready


def _replace_signals(arbiter: Any) -> None:
    """Let the first SIGINT finish the requests under way, as SIGTERM does; a second one cancels them.

    SIGHUP is passed on to the worker, which loads what changed beside what it serves. gunicorn itself would replace the
    worker by one whose models are not loaded yet.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, arbiter.signal)
        arbiter.signal(signal.SIGTERM, frame)

    def hang_up(number: int, frame: FrameType | None) -> None:
        arbiter.log.reopen_files()
        for worker in [*arbiter.WORKERS]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, number)

    signal.signal(signal.SIGINT, interrupt)
    if issubclass(arbiter.worker_class, Worker):  # other classes, which a user's configuration may set, end by SIGHUP
        signal.signal(signal.SIGHUP, hang_up)


def _leave_interrupts_to_master(worker: Any) -> None:
    """Ignore the SIGINT that a terminal sends to all its processes; the master ends the worker."""
    worker.loop.remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_process(arbiter: Any, worker: Any) -> None:
    """End a worker whose requests are done, without waiting for threads as Python does: downloads may take hours."""
    if worker.booted and worker.pid == os.getpid():  # the master calls this, too, for a worker that ended
        os._exit(0)


def _share_log(arbiter: Any, worker: Any) -> None:
    """Log to where gunicorn logs, without the requests to a hub, nor a second line a request beside its access log."""
    logging.root.handlers = worker.log.error_log.handlers
    logging.root.setLevel(worker.log.error_log.level)
    if worker.log.access_log_enabled:
        logging.getLogger(request_log.__name__).setLevel(logging.WARNING)
    for name in ("httpx", "httpx2"):  # NOTE: the URLs of files are signed: a log would give access to the files
        logging.getLogger(name).setLevel(logging.WARNING)
