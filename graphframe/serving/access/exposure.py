"""Warnings at the start: what a server offers to more clients, or to fewer, than its operator may want."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Iterator
from typing import Any


def exposures(addresses: Iterable[Any], has_key: bool) -> Iterator[str]:
    """Yield warnings.

    Parameters
    ----------
    addresses : iterable
        The addresses of the sockets on which the server listens, as `socket.getsockname` returns them.
    has_key : bool
        Whether clients need a key.
    """
    if not has_key and any(_is_of_network(address) for address in addresses):
        yield (
            "the server listens on the network, and every client there may use it: set --api_key_file, or"
            " --rest_bind_address 127.0.0.1"
        )
    if os.geteuid() == 0:
        yield "the server runs as root, which it does not need: start it as another user"


def unshared_images(folder: str | None, is_behind_proxy: bool) -> Iterator[str]:
    """Yield a warning if a balancer may ask this server for images that another one has made.

    Parameters
    ----------
    folder : str or None
        The folder of the images of `url` answers.
    is_behind_proxy : bool
        Whether a proxy is configured, which may be a balancer; also Kubernetes.
    """
    if is_behind_proxy and folder is None:
        yield (
            "images of response_format=url are stored in memory: if a balancer has several servers, their URLs are"
            " often 404, since only one server has each image. Set --image_url_folder to one that all share"
        )


def _is_of_network(address: Any) -> bool:
    return isinstance(address, tuple) and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
