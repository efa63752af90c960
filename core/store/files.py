"""Writing a file all or nothing, and the two files of rules that a user may have in the workspace: models.toml
and limits.toml."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.errors import Conflict, StoreError
from core.llm.catalogue.limits import NAME as LIMITS
from core.llm.catalogue.limits import Given, limits_text, load_limits
from core.llm.catalogue.profiles import load_profiles, read_profiles

MODELS = "models.toml"
_STREAMS = {"/dev/stdout": "/dev/fd/1", "/dev/stderr": "/dev/fd/2"}
_OPEN_STREAM = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})")
_NO_NEW_FILE = (errno.EACCES, errno.EPERM, errno.EROFS)


def models_text(folder: Path) -> str:
    """The user's models.toml as it stands; empty where there is none. Raises StoreError."""
    path = folder / MODELS
    try:
        return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    except OSError as problem:
        raise StoreError(f"{path} cannot be read ({problem.strerror}): check its permissions.") from None


def save_models(folder: Path, text: str, opened: str) -> None:
    """Checks and writes models.toml; a blank text takes it away. `opened` is what it held when editing began.

    Raises UsageError naming what is wrong in the text, Conflict when the file has changed since,
    StoreError."""
    read_profiles(text)
    if models_text(folder) != opened:
        raise Conflict(
            f"{MODELS} was changed since you opened it: reload the page to see it, then make your change again."
        )
    _put(folder / MODELS, text if text.strip() else None)


def save_limit(folder: Path, model: str, limits: Mapping[str, float]) -> None:
    """Sets the limits of one model ("" for all others), the other entries stay; none takes its entry away.
    UsageError, StoreError."""
    endpoints = load_profiles(folder).endpoints
    given: Given = {**load_limits(folder, endpoints), model: dict(limits)}
    given = {name: entry for name, entry in given.items() if entry}
    _put(folder / LIMITS, limits_text(given, endpoints) if given else None)


def _put(path: Path, text: str | None) -> None:
    if text is not None:
        write_text(path, text)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise StoreError(_unwritable(path, problem)) from None


def write_text(path: Path, text: str) -> None:
    """UTF-8 with the line ends as they are. As `write_file`."""
    write_file(path, text.encode("utf-8", "surrogatepass"))


def write_file(path: Path, content: bytes) -> None:
    """A regular file all or nothing: a reader never sees half of it, and a link to it stays one. What is no
    regular file, a device, pipe or socket, is written into; `-` is standard output. StoreError in one
    sentence where that fails."""
    try:
        _write(path, content)
    except OSError as problem:
        raise StoreError(_unwritable(path, problem)) from None


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """As `write_file`, of a regular file that comes bit by bit."""
    try:
        _replace(_target(path), chunks)
    except OSError as problem:
        raise StoreError(_unwritable(path, problem)) from None


def check_target(path: Path) -> None:
    """Whether `write_file` may succeed, before anything is spent on what is to be written; makes the folder.
    StoreError."""
    try:
        if str(path) == "-" or _descriptor(path) is not None or _is_special(path):
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _check_changeable(target)
        else:
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except OSError as problem:
        raise StoreError(_unwritable(path, problem)) from None


def _write(path: Path, content: bytes) -> None:
    descriptor = _descriptor(path)
    if str(path) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif descriptor is not None:
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(content)
    elif _is_special(path):
        _write_into(path, content)
    else:
        _replace(_target(path), [content])


def _target(path: Path) -> Path:
    """Where links lead to."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():  # they lead round in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def _descriptor(path: Path) -> int | None:
    """Of a name that means a stream which is already open. Opened by name, a file that the shell has
    redirected it to would be written from its start."""
    name = _STREAMS.get(str(path), str(path))
    return int(match[1]) if (match := _OPEN_STREAM.fullmatch(name)) and os.path.exists(path) else None


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _write_into(path: Path, content: bytes) -> None:
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(path))
            stream.sendall(content)
    else:
        with path.open("wb") as file:
            file.write(content)


def _replace(target: Path, chunks: Iterable[bytes]) -> None:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o666 & ~_umask()
    if target.exists():
        _check_changeable(target)
        mode = stat.S_IMODE(target.stat().st_mode)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    except OSError as problem:
        if problem.errno not in _NO_NEW_FILE or not target.exists():
            raise
        _write_over(target, chunks)  # the folder takes no new file, but this one may be changed
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())  # some disks say only here that they are full
        os.chmod(temporary, mode)
        _move(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _move(temporary: str, target: Path) -> None:
    try:
        os.replace(temporary, target)
    except OSError as problem:
        if problem.errno != errno.EBUSY:
            raise
        shutil.copyfile(temporary, target)  # a file that is mounted by itself, as into a container


def _write_over(target: Path, chunks: Iterable[bytes]) -> None:
    with target.open("wb") as file:
        file.writelines(chunks)


def _check_changeable(target: Path) -> None:
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _unwritable(path: Path, problem: OSError) -> str:
    name = "Standard output" if str(path) == "-" else str(path)
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{name} cannot be written, because the disk or the quota is full: make room, or write it elsewhere."
    if problem.errno == errno.EISDIR:
        return f"{name} is a folder: name a file in it."
    reason = problem.strerror or str(problem)
    return f"{name} cannot be written ({reason}): check its permissions, or write it elsewhere."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
