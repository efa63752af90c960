"""The levels of core: imports point to the same level or down, and level 1 is pure.

Every import counts, wherever it stands: inside functions (lazy ones) and under `if TYPE_CHECKING`, too. A
type of a higher level in a signature is knowledge of that level just as well; where a lower level needs such
a type it declares a Protocol of its own, as core/tuning/session.py does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
LEVELS = {
    "core.types": 1,
    "core.errors": 1,
    "core.samples": 1,
    "core.version": 1,
    "core.sqlite_files": 1,
    "core.private_files": 1,
    "core.request_data": 1,
    "core.similarity": 2,
    "core.prompts": 2,
    "core.wording": 2,
    "core.label_sets": 2,
    "core.data": 3,
    "core.metrics": 3,
    "core.scoring": 3,
    "core.offline": 3,
    "core.llm": 4,
    "core.label_errors": 4,
    "core.confidence": 4,
    "core.tuning": 5,
    "core.exports": 5,
    "core.store": 6,
    "core.costs": 6,
    "core.jobs": 7,
    "core.studies": 7,
    "core.workspace": 8,
    "core.services": 9,
    "core.distributed": 9,
    "core.classifier": 9,
    "core.library": 10,
    "core.public": 10,
    "core.cli": 10,
    "core.http": 10,
    "core.__main__": 10,
    "core.__init__": 10,
}
SCREEN = ("streamlit", "pages", "streamlit_app", "server", "tests")
PURE_PARTS = (
    "core.types",
    "core.errors",
    "core.prompts",
    "core.wording",
    "core.data",
    "core.metrics",
    "core.similarity",
)
# I/O, clock, processes and whatever else makes a function answer differently tomorrow.
IMPURE = (
    "os",
    "pathlib",
    "shutil",
    "tempfile",
    "glob",
    "time",
    "datetime",
    "socket",
    "requests",
    "http",
    "urllib",
    "httpx2",
    "aiohttp",
    "sqlite3",
    "sqlalchemy",
    "diskcache",
    "subprocess",
    "multiprocessing",
    "threading",
    "asyncio",
    "secrets",
    "uuid",
    "logging",
    "sys",
)
IMPURE_CALLS = ("open", "print", "input", "exec", "eval", "__import__")


def source_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def module_name(path: Path) -> str:
    """core/data/importing/columns.py is core.data.importing.columns, a package is named by its __init__: core.data.__init__."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def level_of(module: str) -> int:
    """Of a module or of anything inside it. KeyError for a part of core that has no level yet."""
    if module in ("core", "core.__init__"):
        return LEVELS["core.__init__"]
    return LEVELS[".".join(module.split(".")[:2])]


def imports_of(tree: ast.AST, module: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, as far as names tell: `from core import types` is core.types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")[: -node.level]
                base = ".".join([*package, base] if base else package)
            yield from (
                (node.lineno, base if base != "core" else "core." + alias.name) for alias in node.names
            )
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _called(function: ast.expr) -> str:
    return (
        function.id
        if isinstance(function, ast.Name)
        else function.attr
        if isinstance(function, ast.Attribute)
        else ""
    )


def upward_imports(text: str, module: str) -> list[str]:
    """What is wrong with a file's imports, in sentences."""
    mine, wrong = level_of(module), []
    for line, target in imports_of(ast.parse(text), module):
        if target.split(".")[0] in SCREEN:
            wrong.append(f"{module}:{line} imports {target}: core knows no screen")
        elif target.split(".")[0] == "core" and target != "core.__version__" and level_of(target) > mine:
            wrong.append(f"{module}:{line} (level {mine}) imports {target} (level {level_of(target)})")
    return wrong


def impurities(text: str, module: str) -> list[str]:
    """What a level-1 file does that a pure function cannot."""
    tree, wrong = ast.parse(text), []
    for line, target in imports_of(tree, module):
        if target.split(".")[0] in IMPURE:
            wrong.append(f"{module}:{line} imports {target}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            wrong.append(f"{module}:{node.lineno} calls {node.func.id}()")
        if isinstance(node, ast.Attribute) and (_is_global_random(node) or _is_global_numpy_random(node)):
            wrong.append(f"{module}:{node.lineno} uses the global random.{node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            wrong += [
                f"{module}:{node.lineno} uses the global random.{alias.name}"
                for alias in node.names
                if alias.name != "Random"
            ]
    return wrong


def _is_global_random(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "random" and node.attr != "Random"


def _is_global_numpy_random(node: ast.Attribute) -> bool:
    inner = node.value
    return (
        isinstance(inner, ast.Attribute)
        and inner.attr == "random"
        and isinstance(inner.value, ast.Name)
        and inner.value.id in ("np", "numpy")
        and node.attr not in ("Generator", "default_rng")
    )


# ---- circles

FACE = ("core", "core.public")  # the public face loads what is behind it when it is asked for


def import_graph(texts: Mapping[str, str]) -> dict[str, set[str]]:
    """Module -> modules that it imports, wherever the import stands. A package goes by its own name."""
    names = {module.removesuffix(".__init__"): text for module, text in texts.items()}
    graph: dict[str, set[str]] = {module: set() for module in names}
    for module, text in names.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                targets = [each if each in names else node.module for each in inner.values()]
            else:
                continue
            graph[module].update(each for each in targets if each in names and (module, each) != FACE)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which imports, in the end, itself."""

    def reach(start: str) -> set[str]:
        reached: set[str] = set()
        todo = list(graph[start])
        while todo:
            module = todo.pop()
            if module not in reached:
                reached.add(module)
                todo += graph[module]
        return reached

    reached = {module: reach(module) for module in graph}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other])) for module in graph
    }
    return [list(group) for group in sorted(groups) if group]


def test_no_modules_import_each_other_in_a_circle():
    files = [path for folder in (CORE, ROOT / "pages") for path in source_files(folder)]
    assert (
        circles(import_graph({module_name(path): path.read_text(encoding="utf-8") for path in files})) == []
    )


@pytest.mark.parametrize(
    "back", ["from a.one import x", "def f():\n    from a import one", "import a.one", "from a import one"]
)
def test_a_circle_would_be_found(back: str):
    texts = {
        "a.__init__": "",
        "a.one": "from a.two import y",
        "a.two": "from a.three import z",
        "a.three": back,
    }
    assert circles(import_graph(texts)) == [["a.one", "a.three", "a.two"]]
    assert circles(import_graph(texts | {"a.three": "import os"})) == []


# ---- levels


@pytest.mark.parametrize("path", source_files(CORE), ids=module_name)
def test_imports_point_to_the_same_level_or_down(path: Path):
    assert upward_imports(path.read_text(encoding="utf-8"), module_name(path)) == []


PURE = [path for path in source_files(CORE) if ".".join(module_name(path).split(".")[:2]) in PURE_PARTS]


@pytest.mark.parametrize("path", PURE, ids=module_name)
def test_words_and_pure_functions_do_no_io_and_know_no_clock_and_no_global_chance(path: Path):
    assert impurities(path.read_text(encoding="utf-8"), module_name(path)) == []


def test_types_and_errors_hold_nouns_only():
    for path in (*source_files(CORE / "types"), CORE / "errors.py"):
        targets = {
            target for _, target in imports_of(ast.parse(path.read_text(encoding="utf-8")), module_name(path))
        }
        outside = {target for target in targets if not target.startswith("core.types")}
        assert outside <= {"__future__", "collections.abc", "dataclasses", "enum"}, (
            "everything else is knowledge"
        )


def test_every_part_of_core_has_a_level():
    parts = {".".join(module_name(path).split(".")[:2]) for path in source_files(CORE)}
    assert parts <= set(LEVELS), "give new parts a level in LEVELS"
    assert {"core.data", "core.llm", "core.tuning", "core.store", "core.cli"} <= parts


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core.types", "from core.errors import x\nfrom core.data.importing.columns import Table"),
        ("core.data.importing.columns", "from core.llm.base import Model"),
        ("core.data.importing.columns", "def f():\n    from core.store.store import Store"),
        (
            "core.data.importing.columns",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.tuning.tune import tune",
        ),
        ("core.data.importing.columns", "from ...llm import base"),
        ("core.data.importing.columns", "from core import workspace"),
        ("core.llm.open_model", "import importlib\nimportlib.import_module('core.tuning.tune')"),
        ("core.tuning.tune", "import core.store.store"),
        ("core.store.store", "from core.workspace import Workspace"),
        ("core.workspace", "import streamlit as st"),
        ("core.cli.main", "from pages.ui import shell"),
    ],
)
def test_a_wrong_import_would_be_found(module: str, line: str):
    assert len(upward_imports(line, module)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from pathlib import Path",
        "def f():\n    import time",
        "import datetime as d",
        "import urllib.request",
        "open('x')",
        "import random\nrandom.shuffle([1])",
        "from random import choice",
        "import numpy as np\nnp.random.rand(3)",
        "print('x')",
    ],
)
def test_an_impurity_would_be_found(line: str):
    assert impurities(line, "core.data.importing.columns")


def test_a_generator_that_is_given_is_pure():
    text = (
        "import random\n\ndef f(rng: random.Random):\n    return random.Random('a').random() + rng.random()"
    )
    assert impurities(text, "core.data.importing.columns") == []
