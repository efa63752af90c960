"""A scorer that is a Python function of the user's: `score(example, reply) -> 0..1`, in a file of the workspace.

A file that is named on the command line or by a program is copied there under a name that holds a hash of its
content, so that a run that goes on scores as it began. Nothing else runs a file: no page and no request names one.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.private_files import private_folder
from core.scoring.scorer import Scorer

_NAMED = re.compile(r"(?P<path>.+\.py):(?P<function>[^\W\d]\w*)", re.DOTALL)
_HASHED = re.compile(r".*-([0-9a-f]{12})\.py")


def is_function(name: str) -> bool:
    """Whether a scorer's name is that of a function in a file, FILE.py:FUNCTION."""
    return _NAMED.fullmatch(name) is not None


def keep_file(typed: str, folder: Path) -> str:
    """The name under which the function is found in `folder`, into which its file is copied; one that lies there
    already, and is meant by its bare name, stays as it is. UsageError, OSError."""
    path, function = _parts(typed)
    own = folder / path.name
    if not path.exists() and str(path) == path.name and own.exists():
        return f"{path.name}:{function}"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}: write --scorer FILE.py:FUNCTION.") from None
    name = path.name if _HASHED.fullmatch(path.name) else f"{path.stem}-{_hash(content)}.py"
    if not (folder / name).exists():
        private_folder(folder)
        (folder / name).write_bytes(content)
    return f"{name}:{function}"


def function_scorer(name: str, folder: Path) -> Scorer:
    """The scorer of that name in `folder`. UsageError for a file that is not there, was changed since, or fails, and
    for a function that it lacks."""
    path, function = _parts(name)
    if str(path) != path.name:
        raise UsageError(
            f"The scorer {name} names a folder: only files of the workspace's folder scorers are run."
        )
    given = _loaded(folder / path.name, name)
    score = getattr(given, function, None)
    if not callable(score):
        raise UsageError(f"{path} has no function {function}: write def {function}(example, reply).")
    return Scorer(name, score, graded=True)


def _parts(name: str) -> tuple[Path, str]:
    named = _NAMED.fullmatch(name)
    if named is None:
        raise UsageError(f"{name!r} names no function of a Python file: write FILE.py:FUNCTION.")
    return Path(named["path"]), named["function"]


def _loaded(path: Path, name: str) -> Any:
    try:
        content = path.read_bytes()
    except OSError:
        raise UsageError(
            f"The scorer {name} needs the file {path}, which cannot be read: put it there again."
        ) from None
    hashed = _HASHED.fullmatch(path.name)
    if hashed and hashed[1] != _hash(content):
        raise UsageError(
            f"The file {path} was changed since the scorer was named: name your own file to start a new run with it."
        )
    module_name = f"whetstone_scorer_{_hash(content)}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    load, module = spec.loader.exec_module, module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look their module up there
    try:
        _without_bytecode(lambda: load(module))
    except Exception as error:
        del sys.modules[module_name]
        raise UsageError(f"The file {path} fails ({type(error).__name__}: {error}): correct it.") from error
    return module


def _without_bytecode(load: Callable[[], None]) -> None:
    """Leaves no compiled copy beside the file."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        load()
    finally:
        sys.dont_write_bytecode = before


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
