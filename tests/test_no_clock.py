"""No test passes or fails by how long something took: on a busy machine the others would decide. Work is
counted (tests/work.py), waiting goes by the clock that jumps (tests/core/llm/scripted.py), and speed is
measured in tests/bench. What ends a hopeless wait is no measurement: `while ...: assert monotonic() < deadline`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
MEASURING = ("bench", "real", "soak")  # no tests: they say how long things take
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time"}
CLOCKS |= {name + "_ns" for name in CLOCKS}


def test_no_test_measures_the_time_that_something_took():
    modules = [path for path in TESTS.rglob("*.py") if path.relative_to(TESTS).parts[0] not in MEASURING]
    measured = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(modules)
        for line in measurements(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(modules) > 100 and measured == []


@pytest.mark.parametrize(
    "lines",
    [
        "began = time.perf_counter()\nwork()\nassert time.perf_counter() - began < 1",
        "began = monotonic()\nwork()\ntook = monotonic() - began",
        "began = time.time()\nwork()\nended = time.time()\nassert ended - began < 1",
        "limit = time.monotonic() + 1\nwork()\nassert time.monotonic() < limit",
    ],
)
def test_a_measurement_is_recognised(lines: str):
    assert len(list(measurements(ast.parse(lines)))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        "limit = time.monotonic() + 60\nwhile not done():\n    assert time.monotonic() < limit",
        "now = time.monotonic()\nwhile window[0] <= now - 1:\n    window.popleft()",
        "header = formatdate(time.time() + 90)",
    ],
)
def test_a_deadline_and_a_date_are_none(lines: str):
    assert list(measurements(ast.parse(lines))) == []


def measurements(tree: ast.Module) -> Iterator[int]:
    """Lines with a difference between two readings of a clock, or with an assertion on the clock that stands
    in no waiting loop."""
    readings = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_reading(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    waits = {each for loop in ast.walk(tree) if isinstance(loop, ast.While) for each in ast.walk(loop)}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            if any(is_reading(side, readings) for side in (node.left, node.right)) and not is_number(
                node.right
            ):
                yield node.lineno
        elif isinstance(node, ast.Compare) and node not in waits:
            if any(is_reading(side) for side in (node.left, *node.comparators)):
                yield node.lineno


def is_reading(node: ast.expr, names: Set[str] = frozenset()) -> bool:
    """`time.monotonic()` or the like, or a name that holds such a reading."""
    if isinstance(node, ast.Name):
        return node.id in names
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return (
            isinstance(called.value, ast.Name)
            and called.value.id == "time"
            and called.attr in {*CLOCKS, "time"}
        )
    return isinstance(called, ast.Name) and called.id in CLOCKS


def is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)
