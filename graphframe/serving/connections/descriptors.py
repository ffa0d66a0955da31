"""The limit of open files, of which each connection is one."""

from __future__ import annotations

import logging
import resource

_OTHERS = 100
"""Files that are kept for models, logs and downloads."""

_log = logging.getLogger(__name__)


def allowed_connections(wanted: int) -> int:
    """Raise the soft limit of open files as far as needed and possible, and return how many connections it allows.

    Parameters
    ----------
    wanted : int
        The largest number of connections.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHERS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = soft - min(_OTHERS, soft // 2)
    _log.warning(
        "%d connections are allowed instead of %d: the limit of open files is %d; raise it to %d (ulimit -n)",
        allowed,
        wanted,
        soft,
        needed,
    )
    return allowed
