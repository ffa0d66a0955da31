"""The options of a server."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from graphframe.byte_size import parse_bytes
from graphframe.packet_values import name_and_value
from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull_options import PullOptions
from graphframe.serving.access.api_keys import ApiKeys
from graphframe.serving.access.host import is_host
from graphframe.serving.access.networks import Networks
from graphframe.serving.middleware.paths import prefix_of, single_slashes

_ALL_HOSTS = ("0.0.0.0", "[::]")

_LEAST = {"max_connections": 1, "client_timeout": 1, "drain_delay": 0, "graceful_timeout": 0}


def _bytes(name: str, text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError:
        raise ValueError(f"{name} must be a number of bytes such as 800M or 16G, not {text}") from None


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``graphframe serve``, by the same names."""

    model_path: str = str(DEFAULT_MODEL)
    model_name: str | None = None
    config_path: str | None = None
    source_model: str | None = None
    pull_options: PullOptions = PullOptions()
    task: Literal["image_generation"] | None = None
    task_options: TaskOptions = TaskOptions()
    calculators: tuple[str, ...] = ()
    side_packet: tuple[str, ...] = ()
    model_calculators: bool = False
    file_system_poll_wait_seconds: int = 1
    lazy_load: bool = False
    idle_unload: float | None = None
    memory_budget: str | None = None
    cache_size: str = "20G"
    warm_up: bool = True
    speed: Literal["exact", "balanced"] = "exact"
    model_alias: str = ""
    rest_port: int = 8000
    rest_bind_address: str = "0.0.0.0"
    root_path: str = ""
    max_running: int | None = None
    max_waiting: int = 100
    max_connections: int = 1000
    client_timeout: float = 30.0
    drain_delay: float = 0.0
    graceful_timeout: float = 600.0
    image_url_seconds: int = 3600
    image_url_bytes: int = 256 * 1024 * 1024
    image_url_folder: str | None = None
    png_metadata: bool = True
    page: bool = True
    metrics_enable: bool = False
    request_timeout: float | None = None
    api_key_file: str | None = None
    public_routes: str = ""
    allowed_origins: str = "*"
    allow_credentials: bool = False
    allowed_hosts: str = ""
    forwarded_allow_ips: str = ""
    public_url: str = ""
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"

    def __post_init__(self) -> None:
        """Validate, and create and try `image_url_folder`; raise ValueError if that fails."""
        _ = self.aliases, self.side_packets, self.api_keys, self.memory_budget_bytes, self.proxies
        _bytes("cache_size", self.cache_size)
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name):g}")
        if self.request_timeout is not None and not self.request_timeout > 0:
            raise ValueError(f"request_timeout must be a number of seconds above 0, not {self.request_timeout:g}")
        public = urlsplit(self.public_url)
        if self.public_url and not (
            public.scheme in ("http", "https")
            and is_host(public.netloc)
            and (public.path in ("", "/") or prefix_of(public.path))
            and not public.query + public.fragment
        ):
            raise ValueError(f'public_url must be a URL such as https://images.example.com/sd, not "{self.public_url}"')
        if self.public_url and self.root_path:
            raise ValueError("root_path cannot be combined with public_url, which has a path of its own")
        if self.root_path and not prefix_of(self.root_path):
            raise ValueError(f'root_path must be a path such as /sd, not "{self.root_path}"')
        if self.allow_credentials and self.allowed_origins == "*":
            raise ValueError("allow_credentials needs allowed_origins other than *: browsers refuse the combination")
        if self.image_url_folder is not None:
            problem = "created"
            try:
                Path(self.image_url_folder).mkdir(parents=True, exist_ok=True)
                problem = "written to"
                with NamedTemporaryFile(dir=self.image_url_folder):
                    pass
            except OSError as error:
                message = f"image_url_folder {self.image_url_folder} cannot be {problem}: {error.strerror}"
                raise ValueError(message) from None

    @property
    def side_packets(self) -> tuple[tuple[str, str], ...]:
        """The names and values of `side_packet`.

        Raises
        ------
        ValueError
            If one has another form.
        """
        try:
            return tuple(map(name_and_value, self.side_packet))
        except ValueError as error:
            raise ValueError(f"side_packet: {error}") from error

    @property
    def graph_options(self) -> TaskOptions | None:
        """The options from which the graph of `model_path` is made, if any are given."""
        return self.task_options if self.task or self.task_options.given() else None

    @property
    def served_name(self) -> str:
        """The name of the model for clients; by default `source_model`, or the name of its folder."""
        return self.model_name or self.source_model or Path(self.model_path).resolve().name

    @property
    def api_keys(self) -> ApiKeys | None:
        """The keys in `api_key_file` or, without one, the environment's ``API_KEY``; None without either.

        Raises
        ------
        ValueError
            If the file cannot be read, or has a wrong line.
        """
        if self.api_key_file is not None:
            return ApiKeys(Path(self.api_key_file))
        key = os.environb.get(b"API_KEY")
        return ApiKeys(None, key) if key else None

    @property
    def origins(self) -> list[str]:
        """The origins of `allowed_origins`."""
        return [origin.strip().rstrip("/") for origin in self.allowed_origins.split(",") if origin.strip()]

    @property
    def named_hosts(self) -> list[str]:
        """The names of `allowed_hosts`."""
        return [host.strip() for host in self.allowed_hosts.split(",") if host.strip()]

    @property
    def trusted_proxies(self) -> str:
        """`forwarded_allow_ips`, or the environment's ``FORWARDED_ALLOW_IPS`` as in gunicorn, or this machine."""
        return self.forwarded_allow_ips or os.environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1,::1"

    @property
    def proxies(self) -> Networks:
        """The networks of `trusted_proxies`.

        Raises
        ------
        ValueError
            If one is invalid.
        """
        try:
            return Networks(self.trusted_proxies)
        except ValueError as error:
            raise ValueError(f"forwarded_allow_ips must be addresses and networks, or *: {error}") from None

    @property
    def public_paths(self) -> list[str]:
        """The paths of `public_routes`, each with one slash at its beginning and none at its end."""
        return [single_slashes(path.strip()) for path in self.public_routes.split(",") if path.strip()]

    @property
    def is_behind_proxy(self) -> bool:
        """Whether a proxy or its URL is named, or this is a pod of Kubernetes."""
        named = self.public_url or self.forwarded_allow_ips or os.environ.get("FORWARDED_ALLOW_IPS")
        return bool(named or os.environ.get("KUBERNETES_SERVICE_HOST"))

    @property
    def aliases(self) -> dict[str, str]:
        """Further names of models, from ``NAME=MODEL,...``.

        Raises
        ------
        ValueError
            If `model_alias` has another form.
        """
        pairs = [part.strip().partition("=") for part in self.model_alias.split(",") if part.strip()]
        for name, _, model in pairs:
            if not name or not model:
                raise ValueError(f'model_alias must be NAME=MODEL pairs, separated by commas, not "{self.model_alias}"')
        return {name: model for name, _, model in pairs}

    @property
    def memory_budget_bytes(self) -> int | None:
        """`memory_budget` as a number; the units in 512M, 8G and 8GiB are powers of 1024.

        Raises
        ------
        ValueError
            If `memory_budget` has another form.
        """
        if self.memory_budget is None:
            return None
        return _bytes("memory_budget", self.memory_budget)

    @property
    def hosts(self) -> list[str]:
        """The addresses of `rest_bind_address`."""
        return [host.strip() for host in self.rest_bind_address.split(",")]

    @property
    def addresses(self) -> list[str]:
        """The addresses to listen on, each as ``HOST:PORT``."""
        return [f"[{host}]:{self.rest_port}" if ":" in host else f"{host}:{self.rest_port}" for host in self.hosts]

    @property
    def page_url(self) -> str | None:
        """The URL of the page for a browser on this machine; None without the page."""
        host, _, port = self.addresses[0].rpartition(":")
        return f"http://{'localhost' if host in _ALL_HOSTS else host}:{port}/" if self.page else None
