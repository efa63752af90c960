"""The names of those who carry out runs. A name tells a person where to look, and this machine whether its
bearer has died."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from core.store.codec import new_id

# Linux. Machines made from one image may share a host's name and the number of their processes' room, containers of one
# machine the boot; all three together are of one room of one machine.
PROCESSES = Path("/proc/self/ns/pid")  # the room that process numbers are of
BOOT = Path("/proc/sys/kernel/random/boot_id")


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
    name = socket.gethostname()
    try:
        return f"{name}/{PROCESSES.stat().st_ino}/{BOOT.read_text().strip()[:8]}"
    except OSError:
        return name
