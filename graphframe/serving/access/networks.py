"""Networks of proxies."""

from __future__ import annotations

import ipaddress


class Networks:
    """Addresses and networks such as 10.0.0.0/8, separated by commas; ``*`` means all.

    Raises
    ------
    ValueError
        If one is neither.
    """

    def __init__(self, text: str) -> None:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        self._all = "*" in parts
        self._networks = [ipaddress.ip_network(part) for part in parts if part != "*"]

    def has(self, address: str) -> bool:
        """Return whether an address is in one of them."""
        if self._all:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self._networks)
