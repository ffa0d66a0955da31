"""What an operator sets, on the command line or, for gunicorn's own command, in the environment."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from graphframe.repository.default_model import DEFAULT_MODEL


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``graphframe serve``, by the names they have there."""

    model_path: str = str(DEFAULT_MODEL)
    model_name: str | None = None
    rest_port: int = 8000
    rest_bind_address: str = "0.0.0.0"
    max_running: int = 16
    max_waiting: int = 100
    image_url_seconds: int = 3600
    image_url_bytes: int = 256 * 1024 * 1024
    image_url_folder: str | None = None
    png_metadata: bool = True
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls) -> ServerOptions:
        """Read ``GRAPHFRAME_MODEL_PATH`` for `model_path`, and so on.

        Raises
        ------
        ValueError
            If one cannot be read.
        """
        variables = {name: f"GRAPHFRAME_{name.upper()}" for name in cls.__struct_fields__}
        given = {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(f"the environment's GRAPHFRAME_... (in capitals): {error}") from None

    @property
    def served_name(self) -> str:
        """What clients call the model: by default the name of its folder."""
        return self.model_name or Path(self.model_path).resolve().name

    @property
    def hosts(self) -> list[str]:
        """The bind addresses, one by one."""
        return [host.strip() for host in self.rest_bind_address.split(",")]

    @property
    def addresses(self) -> list[str]:
        """Where to listen, as ``HOST:PORT``."""
        return [f"[{host}]:{self.rest_port}" if ":" in host else f"{host}:{self.rest_port}" for host in self.hosts]
