"""The names of those who carry out runs. A name tells a person where to look, and this machine whether its
bearer has died."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from core.store.codec import new_id

PROCESSES = Path(
    "/proc/self/ns/pid"
)  # Linux: whose process numbers these are; containers may share a host's name, but not this


def new_owner() -> str:
    """host:pid:id, for whoever carries out runs in this process."""
    return _host() + ":" + str(os.getpid()) + ":" + new_id()


def has_died(owner: str) -> bool:
    """True only if the owner was a process of this machine that is certainly gone. False for other machines,
    for names of another make, and on Windows, where asking could end the process."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if os.name != "posix" or host != _host() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)  # signal 0 only asks
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False


def _host() -> str:
    try:
        processes = f"/{PROCESSES.stat().st_ino}"
    except OSError:
        processes = ""
    return socket.gethostname() + processes
