"""A benchmark's table in words, a pair to two lines."""

from __future__ import annotations

from core.services.benchmark.table import BenchmarkCell, BenchmarkTable
from core.wording import count, duration, money, percent, with_interval


def table_in_words(table: BenchmarkTable) -> str:
    """The best pair first, those without a figure last."""
    score = "; mean scores" if table.graded else ""
    floor = f"{table.constant.removeprefix('the ')} {percent(table.majority)}"
    head = f"{table.name} on {table.dataset!r}, {count(table.test_rows, 'test row')}, {floor}{score}:"
    cells = sorted(table.cells.values(), key=lambda cell: -(cell.test.accuracy if cell.test else -1.0))
    return "\n".join([head, *(line for cell in cells for line in _pair(cell))])


def _pair(cell: BenchmarkCell) -> list[str]:
    lines = [f"  {cell.lightweight} + {cell.heavyweight}: {_figure(cell)}"]
    costs = f"{money(cell.usd)}, {count(cell.tokens, 'token')}, {duration(cell.seconds)}"
    runs = ", ".join(run.id for run in cell.runs if run.id)
    lines.append(f"      {costs}; {'run' if len(cell.runs) == 1 else 'runs'} {runs}")
    return lines + [f"      {why}" for why in cell.why]


def _figure(cell: BenchmarkCell) -> str:
    if cell.test is None or cell.baseline is None:
        return cell.state
    verdict = f". {cell.verdict.reason}" if cell.verdict else ""
    return f"{percent(cell.baseline.accuracy)} -> {with_interval(cell.test.accuracy, cell.test.interval)}{verdict}"
