"""A benchmark's table as a file: JSON with everything, CSV with a line per pair. Rates are 0 to 1, money is
in dollars."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.data.formats.csv_text import csv_text
from core.llm.base import roles_of
from core.metrics.objective_words import objective_in_words
from core.metrics.repeats import Share
from core.services.benchmark.table import BenchmarkCell, BenchmarkTable
from core.types import CAPS

HOW = (
    "Every pair was tuned under the same settings and caps, from the same starting prompt, on the same rows. Accuracy: test rows, all "
    "seeds together. Interval: 95 %, Wilson with rows as clusters. p: exact paired sign test over rows (McNemar for one seed). Calls, "
    "tokens and money: what each pair takes by itself; replies that pairs share were asked once. Seconds: spent running, replies from "
    "the cache included."
)
GRADED = " Answers are graded: accuracy is their mean score here, and p is of a paired permutation test of the scores."


def benchmark_json(table: BenchmarkTable) -> str:
    return json.dumps(benchmark_object(table), ensure_ascii=False, indent=2) + "\n"


def benchmark_object(table: BenchmarkTable) -> dict[str, object]:
    settings = table.spec.settings
    return {
        "benchmark": table.name,
        "id": table.id,
        "created": table.created,
        "dataset": table.dataset,
        "test_rows": table.test_rows,
        "objective": objective_in_words(table.spec.objective),
        "scorer": settings.scorer or None,
        "majority_accuracy": table.majority,
        "how": HOW + (GRADED if table.graded else ""),
        "lightweights": list(table.spec.lightweights),
        "heavyweights": list(table.spec.heavyweights),
        "seeds": list(table.spec.seeds),
        "settings": {
            name: getattr(settings, name)
            for name in ("strategy", "iterations", "batch_size", "concurrency", *CAPS)
        },
        "pairs": [_pair(cell) for cell in table.cells.values()],
    }


def benchmark_csv(table: BenchmarkTable) -> str:
    """For spreadsheets: one level, empty where nothing is known."""
    about = {
        "benchmark": table.name,
        "dataset": table.dataset,
        "strategy": table.spec.settings.strategy,
    }
    cells = table.cells.values()
    roles = roles_of({role: 0 for cell in cells for role in cell.calls})
    lines = [_flat(cell, roles) | about for cell in cells]
    return csv_text([list(lines[0]), *(list(line.values()) for line in lines)])


def _pair(cell: BenchmarkCell) -> dict[str, object]:
    compared, verdict = cell.comparison, cell.verdict
    return {
        "lightweight": cell.lightweight,
        "heavyweight": cell.heavyweight,
        "state": cell.state,
        "why": list(cell.why),
        "baseline": _share(cell.baseline),
        "test": _share(cell.test),
        "gain": cell.gain,
        "objective_values": list(cell.objective_values) if cell.objective_values else None,
        "verdict": None
        if compared is None or verdict is None
        else {
            "decision": str(verdict.decision),
            "words": verdict.reason,
            "rows": compared.n,
            "fixed": len(compared.fixed),
            "broke": len(compared.broke),
            "p": compared.p,
        },
        "calls": dict(cell.calls),
        "tokens": cell.tokens,
        "cost_usd": cell.usd,
        "seconds": round(cell.seconds, 1),
        "runs": [
            {
                "run_id": run.id,
                "seed": run.seed,
                "state": run.state,
                "baseline": run.baseline,
                "accuracy": run.accuracy,
                "best_step": run.best_step,
                "why": run.why,
            }
            for run in cell.runs
        ],
    }


def _share(share: Share | None) -> dict[str, object] | None:
    if share is None:
        return None
    return {
        "accuracy": share.accuracy,
        "interval": list(share.interval),
        "rows": share.rows,
        "readings": share.readings,
        "lowest_seed": share.lowest,
        "highest_seed": share.highest,
    }


def _flat(cell: BenchmarkCell, roles: Sequence[str]) -> dict[str, object]:
    test, base, compared = cell.test, cell.baseline, cell.comparison
    return {
        "lightweight": cell.lightweight,
        "heavyweight": cell.heavyweight,
        "state": cell.state,
        "seeds_read": cell.seeds_read,
        "test_rows": test.rows if test else "",
        "baseline_accuracy": base.accuracy if base else "",
        "test_accuracy": test.accuracy if test else "",
        "interval_low": test.interval[0] if test else "",
        "interval_high": test.interval[1] if test else "",
        "gain": "" if cell.gain is None else cell.gain,
        "fixed": len(compared.fixed) if compared else "",
        "broke": len(compared.broke) if compared else "",
        "p": compared.p if compared else "",
        "verdict": cell.verdict.reason if cell.verdict else "",
        **{f"{role}_calls": cell.calls.get(role, 0) for role in roles},
        "tokens": cell.tokens,
        "cost_usd": "" if cell.usd is None else cell.usd,
        "seconds": round(cell.seconds, 1),
        "why": " ".join(cell.why),
    }
