"""The headline: what the run came to, in words, with its figures. No more is claimed than the rows allow."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.report.run import UNFINISHED, Told, best_number, kept_steps, reading_of
from core.types import Decision, Metrics, Result
from core.wording import ENDED, SPLITS, count, percent, points, sentence, with_interval

GOOD, BAD, EVEN, OPEN = "good", "bad", "even", "open"
STATES = {
    "stopped": "Stopped before its end",
    "interrupted": "Interrupted before its end",
    "failed": "This run failed",
    "queued": "This run has not begun",
    "running": "This run is under way",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` such as "81.2 % ± 4.1", `more` what stands below it."""

    title: str
    value: str
    more: str


@dataclass(frozen=True, slots=True)
class Headline:
    """`tone` is "good", "bad", "even" or "open" (nothing can be claimed). `short` says it all in one line."""

    tone: str
    title: str
    short: str
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]


def headline_of(told: Told) -> Headline:
    split = headline_split(told)
    figures = tuple(_figures(told, split))
    if told.result is None:
        return _unfinished(told, figures)
    if told.result.test is None:
        return _unproven(told, told.result, figures)
    return _proven(told, told.result, figures)


def headline_split(told: Told) -> str:
    """The part that the headline is about: the test rows where both prompts were read on them, else the
    validation rows."""
    best = best_number(told)
    return "test" if reading_of(told, 0, "test") and reading_of(told, best, "test") else "validation"


def ended_in_words(told: Told) -> str:
    return sentence(told.error or ENDED.get(told.stop_reason, told.stop_reason))


def _figures(told: Told, split: str) -> list[Figure]:
    best = best_number(told)
    before, after = reading_of(told, 0, split), reading_of(told, best, split)
    found = []
    if before is not None:
        found.append(
            Figure("Starting prompt", _value(before.metrics), f"{_of(before.metrics)} {SPLITS[split]} rows")
        )
    if after is not None and best > 0:
        gain = points(before.metrics.accuracy, after.metrics.accuracy) if before is not None else None
        found.append(
            Figure(f"Best prompt, of step {best}", _value(after.metrics), _typographic(gain) if gain else "")
        )
    return found


def _value(metrics: Metrics) -> str:
    return with_interval(metrics.accuracy, metrics.interval)


def _of(metrics: Metrics) -> str:
    return f"{metrics.correct:,} of {metrics.n:,}"


def _typographic(gain: str) -> str:
    return gain.replace("-", "\N{MINUS SIGN}")


def _proven(told: Told, result: Result, figures: tuple[Figure, ...]) -> Headline:
    verdict, ended = result.test, ended_in_words(told)
    rows = count(verdict.comparison.n if verdict.comparison else 0, "test row")
    if len(told.steps) < 2:
        return Headline(
            EVEN,
            "Only the starting prompt was read",
            f"The starting prompt reads {_first(figures)} of the test rows rightly.",
            ("No step was done, so there is nothing to compare.", ended),
            figures,
        )
    if result.best.step == 0:
        tried = f"The starting prompt stands: no step of {len(told.steps) - 1:,} did better on the validation rows."
        return Headline(EVEN, "No improvement found", tried, (tried, ended), figures)
    said = f"On {rows} that no step had seen: {verdict.reason}."
    both = " → ".join(figure.value for figure in figures)
    if verdict.decision is Decision.ACCEPTED:
        return Headline(GOOD, "Better than the starting prompt", f"{both} on {rows}.", (said, ended), figures)
    if verdict.decision is Decision.REJECTED:
        advice = (
            "The prompt fits the validation rows that chose it, and not new ones: keep the starting prompt."
        )
        return Headline(
            BAD,
            "Worse than the starting prompt on the test rows",
            f"{both} on {rows}.",
            (said, advice, ended),
            figures,
        )
    luck = "So small a difference may be luck: more test rows would tell."
    return Headline(
        EVEN,
        "No evidence of an improvement on the test rows",
        f"{both} on {rows}.",
        (said, luck, ended),
        figures,
    )


def _unproven(told: Told, result: Result, figures: tuple[Figure, ...]) -> Headline:
    read = bool(result.split_sizes.get("test"))
    why = "The test rows were not read" if read else "There are no test rows"
    short = why + ", so there is no claim."
    chosen = "The figures are those of the validation rows, which chose the prompt: on new rows it will do less well."
    more = (chosen,) if result.best.step > 0 else ()
    if result.best.step == 0 and len(told.steps) > 1:
        more = (
            f"No step of {len(told.steps) - 1:,} did better than the starting prompt on the validation rows.",
        )
    resume = (
        ("Resumed, it goes on where it was and reads the test rows at its end.",)
        if told.status != "finished" and read
        else ()
    )
    title = (
        "No improvement found so far"
        if result.best.step == 0
        else "Better on the validation rows, not proven"
    )
    return Headline(
        OPEN, STATES.get(told.status, title), short, (short, *more, ended_in_words(told), *resume), figures
    )


def _unfinished(told: Told, figures: tuple[Figure, ...]) -> Headline:
    title = STATES.get(told.status, "This run has no result")
    kept = len(kept_steps(told))
    if not kept:
        short = (
            "Nothing has been measured yet."
            if told.status in UNFINISHED
            else "It ended before anything was measured."
        )
    else:
        short = "The test rows have not been read, so there is no claim."
    so_far = (
        (
            f"The figures are those of {_steps(told)} so far, on the validation rows, which choose among prompts.",
        )
        if kept
        else ()
    )
    ended = () if told.status in UNFINISHED else (ended_in_words(told),)
    return Headline(OPEN, title, short, (*ended, short, *so_far), figures)


def _steps(told: Told) -> str:
    done = max(len(told.steps) - 1, 0)
    return count(done, "step") if done else "the starting prompt"


def _first(figures: tuple[Figure, ...]) -> str:
    return figures[0].value if figures else percent(None)
