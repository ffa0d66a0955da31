"""Hosts: the part of a URL that names a server and its port."""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?)(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_PRIVATE_ENDS = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test", ".svc", ".cluster.local")


def is_host(text: str) -> bool:
    """Return whether a text is a host, perhaps with a port.

    >>> is_host("a.example:8000"), is_host("[::1]:80"), is_host('x" onload="y'), is_host("a/b"), is_host("")
    (True, True, False, False, False)
    """
    return bool(_HOST.fullmatch(text))


def name_of(host: str) -> str:
    """Return a host without its port and the dot at its end, in lower case.

    >>> name_of("A.example.:8000"), name_of("[::1]:80")
    ('a.example', '[::1]')
    """
    found = _HOST.fullmatch(host)
    return found[1].lower().rstrip(".") if found else ""


def without_default_port(scheme: str, host: str) -> str:
    """Return a host as browsers write it in an origin.

    >>> without_default_port("https", "A.example:443"), without_default_port("http", "a.example:443")
    ('a.example', 'a.example:443')
    """
    return host.lower().removesuffix(f":{_DEFAULT_PORTS.get(scheme, '')}")


def anybody_may_own(name: str) -> bool:
    """Return whether a stranger can register a name, and then let it point to this server.

    >>> anybody_may_own("a.example"), anybody_may_own("localhost"), anybody_may_own("gpu-1"), anybody_may_own("[::1]")
    (True, False, False, False)
    """
    return "." in name and not name.endswith(_PRIVATE_ENDS) and not _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
