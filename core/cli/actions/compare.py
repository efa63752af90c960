"""`compare`: the verdict on two runs, in words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.cli.inputs.names import run_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.record_output import check_record_file, write_records
from core.cli.shell import program
from core.data.splits import HELD_OUT
from core.errors import UsageError
from core.metrics.flips import Flip, RightSide, flips, tally
from core.metrics.metrics import by_score
from core.services.compare.basis import ComparedRun, ComparisonBasis, ground, settings_that_differ
from core.services.compare.words import headline, verdict
from core.services.run_report import compared_run
from core.wording import count, read_as, shortened, with_interval

LETTERS = ("A", "B")
MOST_LISTED = 10
FLIP_FIELDS = ("row_id", "text", "label", "answer_a", "answer_b", "right", "reason_a", "reason_b")
SIDES = {
    RightSide.BOTH: "both",
    RightSide.FIRST: "A",
    RightSide.SECOND: "B",
    RightSide.NEITHER: "neither",
}


def compare_two(invocation: Invocation, typed: Sequence[tuple[str, int | None]], out: Path | None) -> Output:
    invocation.check_out(out)
    check_record_file(out)
    with invocation.workspace() as workspace:
        sides = [
            compared_run(workspace, run_named(workspace, name).id, letter, step)
            for letter, (name, step) in zip(LETTERS, typed, strict=True)
        ]
    _check(sides)
    on = ground(sides)
    answers = on.answers["validation"]
    differing = flips(on.rows, *answers)
    data = _fields(sides, on) | {
        "flips": [_flip(each) for each in differing],
        "out": str(out) if out else None,
    }
    words = "\n".join(_lines(sides, on, differing, out))
    if out:
        scores = tuple(_scores(differing[0])) if differing else ()
        write_records(out, (*FLIP_FIELDS, *scores), [_flip(each) for each in differing])
        return Output(data, words, silent=str(out) == "-")
    return Output(data, words)


def _check(sides: Sequence[ComparedRun]) -> None:
    first, second = sides
    if first.record.dataset_id != second.record.dataset_id:
        raise UsageError(
            f"Run {first.record.id} is of {first.record.dataset_name!r} and run {second.record.id} of "
            f"{second.record.dataset_name!r}: compare runs of one dataset."
        )
    if (first.record.id, first.step) == (second.record.id, second.step):
        raise UsageError(
            "That is one run at one step twice: name another run, or another step with --step-a or --step-b."
        )


# ---- as JSON


def _fields(sides: Sequence[ComparedRun], on: ComparisonBasis) -> dict[str, object]:
    return {
        "runs": [
            {
                "run_id": each.record.id,
                "name": each.record.name,
                "step": each.step,
                "dataset": each.record.dataset_name,
            }
            for each in sides
        ],
        "headline": headline(sides, on, on.claim),
        "claim": on.claim,
        **{part: _part(on, part) for part in HELD_OUT},
        "tally": {SIDES[side]: number for side, number in tally(on.rows, *on.answers["validation"]).items()},
        "settings_that_differ": {name: list(values) for name, values in settings_that_differ(sides)},
        "notices": list(on.notices),
    }


def _part(on: ComparisonBasis, part: str) -> dict[str, object] | None:
    """None where one of both has not read it."""
    compared = on.compared(part, 0, 1)
    if compared is None:
        return None
    figures = [on.figures(part, index) for index in range(2)]
    scores = [by_score(each) if each and on.graded else None for each in figures]
    mean = {
        "mean_score": [each.accuracy if each else None for each in scores],
        "score_interval": [list(each.interval) if each and each.interval else None for each in scores],
    }
    return {
        "n": compared.n,
        "fixed": list(compared.fixed),
        "broke": list(compared.broke),
        "p": compared.p,
        "difference": compared.difference,
        "verdict": verdict(compared),
        "accuracy": [each.accuracy if each else None for each in figures],
        "interval": [list(each.interval) if each and each.interval else None for each in figures],
        **(mean if on.graded else {}),
    }


def _flip(flip: Flip) -> Mapping[str, object]:
    return {
        "row_id": flip.example.id,
        "text": flip.example.text,
        "label": flip.example.label,
        "answer_a": read_as(flip.first),
        "answer_b": read_as(flip.second),
        "right": SIDES[flip.right],
        "reason_a": flip.first.reason,
        "reason_b": flip.second.reason,
    } | _scores(flip)


def _scores(flip: Flip) -> dict[str, object]:
    """Of answers that a scorer has read, 0 to 1."""
    if flip.first.score is None and flip.second.score is None:
        return {}
    return {"score_a": flip.first.score, "score_b": flip.second.score}


# ---- in words


def _lines(
    sides: Sequence[ComparedRun], on: ComparisonBasis, differing: Sequence[Flip], out: Path | None
) -> list[str]:
    lines = [
        f"{letter}: {each.record.name}, step {each.step} (run {each.record.id}, {each.record.settings.lightweight})"
        for letter, each in zip(LETTERS, sides, strict=True)
    ]
    lines.append(headline(sides, on, on.claim))
    for part in HELD_OUT:
        compared = on.compared(part, 0, 1)
        if compared is not None and compared.n:
            read, mean = [on.shown(part, index) for index in range(2)], ", mean score" if on.graded else ""
            shares = " -> ".join(
                with_interval(each.accuracy, each.interval) if each else "–" for each in read
            )
            lines.append(f"{part}{mean}: {shares}. {verdict(compared)}")
    lines += on.notices
    lines += [f"{name}: {' | '.join(values)}" for name, values in settings_that_differ(sides)]
    if differing:
        lines += ["", f"{count(len(differing), 'validation row')} answered differently:", *_rows(differing)]
    return [*lines, f"Written to {out}" if out else f"Next: {program()} {_following(sides, on)}"]


def _following(sides: Sequence[ComparedRun], on: ComparisonBasis) -> str:
    compared = on.compared(on.claim, 0, 1)
    ahead = sides[int(compared is not None and compared.balance > 0)]
    return f"adopt {ahead.record.id} --step {ahead.step}"


def _rows(differing: Sequence[Flip]) -> list[str]:
    lines = [
        f"  {each.example.label}: A {read_as(each.first)}, B {read_as(each.second)}  {shortened(each.example.text, 70)}"
        for each in differing[:MOST_LISTED]
    ]
    more = len(differing) - MOST_LISTED
    return lines + ([f"  … {count(more, 'more row')}"] if more > 0 else [])
