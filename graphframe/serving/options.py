"""The options of a server, from the command line or, for gunicorn's own command, from the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec

from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.serving.middleware.paths import prefix_of


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``graphframe serve``, by the same names."""

    model_path: str = str(DEFAULT_MODEL)
    model_name: str | None = None
    config_path: str | None = None
    task_options: TaskOptions | None = None
    file_system_poll_wait_seconds: int = 1
    lazy_load: bool = False
    idle_unload: float | None = None
    memory_budget: str | None = None
    warm_up: bool = True
    model_alias: str = ""
    rest_port: int = 8000
    rest_bind_address: str = "0.0.0.0"
    root_path: str = ""
    max_running: int = 16
    max_waiting: int = 100
    image_url_seconds: int = 3600
    image_url_bytes: int = 256 * 1024 * 1024
    image_url_folder: str | None = None
    png_metadata: bool = True
    page: bool = True
    metrics_enable: bool = False
    api_key_file: str | None = None
    allowed_origins: str = "*"
    allow_credentials: bool = False
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"

    def __post_init__(self) -> None:
        """Validate, and create `image_url_folder`; raise ValueError if that fails."""
        _ = self.aliases, self.api_key, self.memory_budget_bytes
        if self.root_path and not prefix_of(self.root_path):
            raise ValueError(f'root_path must be a path such as /sd, not "{self.root_path}"')
        if self.allow_credentials and self.allowed_origins == "*":
            raise ValueError("allow_credentials needs allowed_origins other than *: browsers refuse the combination")
        if self.image_url_folder is not None:
            try:
                Path(self.image_url_folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                message = f"image_url_folder {self.image_url_folder} cannot be created: {error.strerror}"
                raise ValueError(message) from None

    @classmethod
    def from_environment(cls) -> ServerOptions:
        """Read `model_path` from ``GRAPHFRAME_MODEL_PATH``, and so on.

        Raises
        ------
        ValueError
            If one is invalid.
        """
        given = _from_environment(cls)
        if task_options := _from_environment(TaskOptions):
            given["task_options"] = TaskOptions(**task_options)
        return cls(**given)

    @property
    def served_name(self) -> str:
        """The name of the model for clients; by default that of its folder."""
        return self.model_name or Path(self.model_path).resolve().name

    @property
    def api_key(self) -> str | None:
        """The first line of `api_key_file` or, without one, the environment's ``API_KEY``.

        Raises
        ------
        ValueError
            If the file cannot be read, or its first line is empty.
        """
        if self.api_key_file is None:
            return os.environ.get("API_KEY") or None
        try:
            with open(self.api_key_file, encoding="utf-8") as file:
                key = file.readline().rstrip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ValueError(f"api_key_file {self.api_key_file} cannot be read: {reason}") from None
        if not key:
            raise ValueError(f"api_key_file {self.api_key_file} has an empty first line; write the key there")
        return key

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
        match = re.fullmatch(r"(\d+(?:\.\d+)?) *([KMGT]?)(?:iB|B)?", self.memory_budget.strip(), re.IGNORECASE)
        if not match:
            raise ValueError(f"memory_budget must be a number of bytes such as 800M or 16G, not {self.memory_budget}")
        return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))

    @property
    def hosts(self) -> list[str]:
        """The addresses of `rest_bind_address`."""
        return [host.strip() for host in self.rest_bind_address.split(",")]

    @property
    def addresses(self) -> list[str]:
        """The addresses to listen on, each as ``HOST:PORT``."""
        return [f"[{host}]:{self.rest_port}" if ":" in host else f"{host}:{self.rest_port}" for host in self.hosts]


def _from_environment(cls: type) -> dict[str, Any]:
    """Return the values of those fields of a class that variables of the environment set."""
    given = {}
    for name, type_ in get_type_hints(cls).items():
        variable = f"GRAPHFRAME_{name.upper()}"
        if variable in os.environ:
            try:
                given[name] = msgspec.convert(os.environ[variable], type_, strict=False)
            except msgspec.ValidationError as error:
                raise ValueError(f"the environment variable {variable} is not valid: {error}") from None
    return given
