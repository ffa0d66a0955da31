"""The ASGI application: which resource answers at which path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import falcon
import falcon.asgi
import falcon.media
import msgspec

from graphframe.framework.errors import did_you_mean
from graphframe.serving.api.body_budget import BodyBudget
from graphframe.serving.errors import APIError, answer_unexpected, write_envelope
from graphframe.serving.generation.image_store import FolderStore, ImageStore, MemoryStore
from graphframe.serving.generation.places import default_places
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.drain import Drain
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.source import FindSources
from graphframe.serving.lifecycle.watcher import Watcher
from graphframe.serving.middleware.api_key import ApiKey
from graphframe.serving.middleware.cross_site import CrossSite
from graphframe.serving.middleware.draining import Draining
from graphframe.serving.middleware.lifespan import Lifespan
from graphframe.serving.middleware.origin import Origin
from graphframe.serving.middleware.paths import Paths
from graphframe.serving.middleware.request_id import RequestId
from graphframe.serving.middleware.route import NoteRoute
from graphframe.serving.observation.metrics import Metrics
from graphframe.serving.observation.observed_app import ObservedApp
from graphframe.serving.observation.request_log import log_exchange
from graphframe.serving.observation.span_export import request_spans
from graphframe.serving.options import ServerOptions
from graphframe.serving.routes.config import ConfigResource
from graphframe.serving.routes.graphs import GraphsResource
from graphframe.serving.routes.health import HealthResource
from graphframe.serving.routes.image_files import PATH, ImageFilesResource
from graphframe.serving.routes.images import ImagesResource
from graphframe.serving.routes.metrics import MetricsResource
from graphframe.serving.routes.models import ModelsResource
from graphframe.serving.routes.openapi import OpenAPIResource
from graphframe.serving.routes.page import PageResource
from graphframe.serving.routes.queue import QueueResource
from graphframe.serving.routes.router import Router

Application: TypeAlias = falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]

PREFIXES = ("/v1", "/v3", "")
"""OpenAI's, OpenVINO Model Server's, and none, for clients whose base URL is the server alone."""

_MAX_BODIES = 1024 * 1024 * 1024
"""The bytes of all requests' bodies: ten of the largest."""

TASKS = ("generations", "edits", "variations")


def make_app(
    models: Iterable[ServedModel], options: ServerOptions, find_sources: FindSources | None = None
) -> Application:
    """Make the application, which loads its models when it is started.

    Parameters
    ----------
    models : iterable of ServedModel
    options : ServerOptions
        Serving options; those that select models are ignored.
    find_sources : callable, optional
        Returns the models to serve whenever it is called; by default always the same.
    """
    named = ServedModels(models, options.aliases)
    loader = Loader(named, options.memory_budget_bytes, lazy=options.lazy_load, warm_up=options.warm_up)
    watcher = Watcher(named, loader, find_sources or (lambda: {each.name: each.source for each in named}), options)
    keys = options.api_keys
    queue = Queue(
        lambda: options.max_running or default_places(), options.max_waiting, lambda: keys.parties if keys else ()
    )
    drain = Drain(queue.fail_all)
    router = Router()
    app = ObservedApp(router)
    spans = request_spans(os.environ)
    if spans is not None:
        app.add_middleware(spans)
        app.on_end.append(spans.end)
    app.on_end.append(log_exchange)
    shared = {"options": options, "watcher": watcher, "drain": drain, "report": app.report}
    app.add_middleware([_cors(options), RequestId()])
    app.add_middleware(Origin(options.public_url, options.proxies, options.named_hosts))
    app.add_middleware([Paths(), NoteRoute(router), Draining(drain), Lifespan(watcher, shared)])
    app.add_middleware([CrossSite(options.origins, options.named_hosts), ApiKey(keys, options.public_paths)])
    app.set_error_serializer(write_envelope)
    app.add_error_handler(Exception, answer_unexpected)
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(dumps=_dumps)

    bodies = BodyBudget(_MAX_BODIES, lambda: keys.parties if keys else ())
    app.on_end.append(bodies.release)
    _route_api(app, named, queue, bodies, options)
    _route_operation(app, named, watcher, drain)
    if options.metrics_enable:
        metrics = Metrics(named, queue)
        app.on_end.append(metrics.count)
        app.add_route("/metrics", MetricsResource(metrics))
    if options.page:
        page = PageResource()
        app.add_route("/", page)
        app.add_route("/page/{name}", page, suffix="file")
    app.add_sink(_answer_unknown_path)
    return app


def _route_api(
    app: Application, models: ServedModels, queue: Queue, bodies: BodyBudget, options: ServerOptions
) -> None:
    """Add OpenAI's API, and what belongs to it."""
    store = _store(options)
    images = ImagesResource(models, queue, store, bodies, options.png_metadata, options.request_timeout)
    listing = ModelsResource(models)
    for prefix in PREFIXES:
        for task in TASKS:
            app.add_route(f"{prefix}/images/{task}", images, suffix=task)
        app.add_route(f"{prefix}/queue", QueueResource(queue))
        app.add_route(f"{prefix}/models", listing)
        app.add_route(f"{prefix}/models/{{name:path}}", listing, suffix="one")
    app.add_route(f"{PATH}/{{name}}", ImageFilesResource(store))
    app.add_route("/openapi.json", OpenAPIResource())
    app.add_route("/graphs/{name:path}", GraphsResource(models))


def _route_operation(app: Application, models: ServedModels, watcher: Watcher, drain: Drain) -> None:
    """Add the paths of OpenVINO Model Server and KServe by which a server is operated."""
    config, health = ConfigResource(models, watcher), HealthResource(models, drain)
    app.add_route("/v1/config", config)
    app.add_route("/v1/config/reload", config, suffix="reload")
    app.add_route("/v2", health)
    app.add_route("/v2/health/live", health, suffix="live")
    app.add_route("/v2/health/ready", health, suffix="ready")
    app.add_route("/v2/models/{rest:path}", health, suffix="model")


def _cors(options: ServerOptions) -> falcon.CORSMiddleware[falcon.asgi.Request, falcon.asgi.Response]:
    allowed = "*" if options.origins == ["*"] else options.origins
    credentials = allowed if options.allow_credentials else None
    return falcon.CORSMiddleware(allowed, ["x-request-id", "server-timing", "retry-after"], credentials)


def _store(options: ServerOptions) -> ImageStore:
    if options.image_url_folder:
        return FolderStore(Path(options.image_url_folder), options.image_url_seconds, options.image_url_bytes)
    return MemoryStore(options.image_url_seconds, options.image_url_bytes)


def _dumps(media: Any) -> bytes:
    return msgspec.json.encode(media)


async def _answer_unknown_path(
    req: falcon.asgi.Request,
    resp: falcon.asgi.Response | None,
    ws: falcon.asgi.WebSocket | None = None,
    **params: object,
) -> None:
    known = [
        *(f"/v1/images/{task}" for task in TASKS),
        "/v1/models",
        "/v1/config",
        "/v2/health/live",
        "/v2/health/ready",
    ]
    hint = did_you_mean(req.path, known)
    raise APIError(404, f"nothing is served at {req.path}{hint}", code="unknown_path")
