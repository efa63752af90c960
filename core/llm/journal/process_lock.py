"""Locks that the system lets go of when their process dies, however it dies."""

from __future__ import annotations

import sys


def take_lock(handle: int) -> bool:
    """Locks the open file; the lock goes with the handle. False where somebody else holds it."""
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
