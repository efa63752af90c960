"""The headline: what the run came to, in words, with its figures. No more is claimed than the rows allow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.exports.report.run import (
    UNFINISHED,
    ReportRun,
    accepted_steps,
    best_number,
    is_graded_run,
    reading_of,
)
from core.metrics.comparison import EVIDENCE, reason_in_words, rows_for_evidence, two_digits
from core.metrics.metrics import by_score
from core.metrics.objective_words import measured_in_words, objective_in_words
from core.tuning.acceptance import left_out_at_start
from core.types import Decision, Metrics, Result, Verdict
from core.types.objectives import ACCURACY
from core.wording import (
    ENDED,
    SPLITS,
    count,
    cut_off_in_words,
    percent,
    points,
    right_in_words,
    sentence,
    with_interval,
)

GOOD, BAD, EVEN, OPEN = "good", "bad", "even", "open"
NOT_CALLED = "but not called an improvement"
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


def headline_of(run: ReportRun) -> Headline:
    split = headline_split(run)
    figures = tuple(_figures(run, split))
    if run.result is None:
        headline = _unfinished(run, figures)
    elif run.result.test is None:
        headline = _unproven(run, run.result, figures)
    else:
        headline = _proven(run, run.result, run.result.test, figures)
    return replace(headline, sentences=(*headline.sentences, *_cut_off(run, split), *_left_out(run)))


def doubt_in_words(run: ReportRun, step: int) -> str:
    """What is not proven of the prompt of a step, in a sentence, for whoever is about to use it; empty where it is, and
    of the starting prompt."""
    headline = headline_of(run)
    if not step or (step == best_number(run) and headline.tone == GOOD):
        return ""
    if step != best_number(run):
        return "Not measured on the test rows: only the run's best prompt is."
    if headline.tone == OPEN or run.result is None or run.result.test is None:
        return headline.short
    return sentence(f"{headline.title}: {reason_in_words(run.result.test)}")


def _cut_off(run: ReportRun, split: str) -> tuple[str, ...]:
    """Why figures may be low whatever the rules say."""
    read = reading_of(run, best_number(run), split)
    words = cut_off_in_words(read.metrics, run.settings.reply_tokens) if read is not None else ""
    return (f"{words} before they named a label, and count as wrong.",) if words else ()


def _left_out(run: ReportRun) -> tuple[str, ...]:
    """Rows whose answers the starting prompt holds, as the first step says it."""
    words = left_out_at_start(run.steps[0].verdict.reason) if run.steps else ""
    return (words,) if words else ()


def headline_split(run: ReportRun) -> str:
    """The part that the headline is about: the test rows where both prompts were read on them, else the
    validation rows."""
    best = best_number(run)
    return "test" if reading_of(run, 0, "test") and reading_of(run, best, "test") else "validation"


def ended_in_words(run: ReportRun) -> str:
    return sentence(run.error or ENDED.get(run.stop_reason, run.stop_reason))


def _figures(run: ReportRun, split: str) -> list[Figure]:
    best = best_number(run)
    before, after = reading_of(run, 0, split), reading_of(run, best, split)
    graded, figures = is_graded_run(run), []
    if before is not None:
        rows = f"mean score of {before.metrics.n:,}" if graded else _of(before.metrics)
        figures.append(Figure("Starting prompt", _value(before.metrics), f"{rows} {SPLITS[split]} rows"))
    if after is not None and best > 0:
        gain = (
            points(*(by_score(each.metrics).accuracy for each in (before, after)))
            if before is not None
            else None
        )
        figures.append(
            Figure(f"Best prompt, of step {best}", _value(after.metrics), _typographic(gain) if gain else "")
        )
    if graded and before is not None and after is not None:
        rows = f"{before.metrics.correct:,} → {after.metrics.correct:,} of {after.metrics.n:,}"
        return [*figures, Figure("With the full score", rows, "rows that are right altogether")]
    objective = run.result.objective if run.result is not None else None
    if objective is not None and objective.kind != ACCURACY and before is not None and after is not None:
        start, end = (measured_in_words(objective, each.metrics) for each in (before, after))
        name = objective_in_words(objective)
        figures.append(Figure(f"{name[0].upper()}{name[1:]}", end, f"{start} with the starting prompt"))
    return figures


def _value(metrics: Metrics) -> str:
    counted = by_score(metrics)
    return with_interval(counted.accuracy, counted.interval)


def _of(metrics: Metrics) -> str:
    return f"{metrics.correct:,} of {metrics.n:,}"


def _typographic(gain: str) -> str:
    return gain.replace("-", "\N{MINUS SIGN}")


def _proven(run: ReportRun, result: Result, verdict: Verdict, figures: tuple[Figure, ...]) -> Headline:
    ended = ended_in_words(run)
    rows = count(verdict.comparison.n if verdict.comparison else 0, "test row")
    if len(run.steps) < 2:
        return Headline(
            EVEN,
            "Only the starting prompt was measured",
            f"The starting prompt has a mean score of {_first(figures)} on the test rows."
            if is_graded_run(run)
            else f"The starting prompt gets {_first(figures)} of the test rows right.",
            ("No step was done, so there is nothing to compare.", ended),
            figures,
        )
    if result.best.step == 0:
        tried = f"The starting prompt is still the best: {_none_of(run)} did better on the validation rows."
        return Headline(EVEN, "No improvement found", tried, (tried, ended), figures)
    evidence = f"On {rows} that no step had seen: {reason_in_words(verdict)}."
    read = [reading_of(run, number, "test") for number in (0, best_number(run))]
    right = right_in_words(*(each.metrics if each is not None else None for each in read))
    short = sentence(f"{right or ' → '.join(figure.value for figure in figures)} on the test rows")
    if verdict.decision is Decision.ACCEPTED:
        return Headline(GOOD, "Better than the starting prompt", short, (evidence, ended), figures)
    if verdict.decision is Decision.REJECTED:
        advice = "It fits the validation rows that picked it, but not new ones: keep the starting prompt."
        return Headline(
            BAD,
            "Worse than the starting prompt on the test rows",
            short,
            (evidence, advice, ended),
            figures,
        )
    proven = verdict.comparison is not None and verdict.comparison.p < EVIDENCE
    if proven:  # and the reason says what speaks against it
        title = "More test rows right, " + NOT_CALLED
        title = "A higher score on the test rows, " + NOT_CALLED if is_graded_run(run) else title
        return Headline(EVEN, title, short, (evidence, ended), figures)
    return Headline(
        EVEN,
        "Improvement not proven on the test rows",
        short,
        (evidence, _more_rows(result, verdict), ended),
        figures,
    )


def _more_rows(result: Result, verdict: Verdict) -> str:
    """How many would show whether it is luck, and what to do for it."""
    compared, sizes = verdict.comparison, result.split_sizes
    needed = rows_for_evidence(compared) if compared else None
    if compared is None or needed is None:
        return "More labelled rows and another run would show whether it is luck."
    instead = f"about {needed:,} test rows instead of {compared.n:,}"
    if sizes.get("test", 0) != compared.n:  # a cap left some of them unread
        return f"If further rows go the same way, {instead} would show that it is not luck."
    more = two_digits((needed - compared.n) * sum(sizes.values()) / compared.n)
    return (
        f"If further rows go the same way, {more:,} more labelled rows ({instead}) would show that it is not luck: "
        "add them to the dataset, then start another run."
    )


def _unproven(run: ReportRun, result: Result, figures: tuple[Figure, ...]) -> Headline:
    read = bool(result.split_sizes.get("test"))
    why = "The test rows were not read" if read else "There are no test rows"
    short = why + ", so nothing is proven yet."
    chosen = "These are validation scores, slightly optimistic: these rows picked the prompt."
    more = (chosen,) if result.best.step > 0 else ()
    if result.best.step == 0 and len(run.steps) > 1:
        more = (
            f"{sentence(_none_of(run))[:-1]} did better than the starting prompt on the validation rows.",
        )
    resume = (
        ("Resumed, it goes on where it was and reads the test rows at its end.",)
        if run.status != "finished" and read
        else ()
    )
    title = (
        "No improvement found so far"
        if result.best.step == 0
        else "Better on the validation rows, not proven"
    )
    return Headline(
        OPEN, STATES.get(run.status, title), short, (short, *more, ended_in_words(run), *resume), figures
    )


def _unfinished(run: ReportRun, figures: tuple[Figure, ...]) -> Headline:
    title = STATES.get(run.status, "This run has no result")
    accepted = len(accepted_steps(run))
    if not accepted:
        short = (
            "Nothing has been measured yet."
            if run.status in UNFINISHED
            else "It ended before anything was measured."
        )
    else:
        short = "The test rows have not been read, so nothing is proven yet."
    so_far = (
        (
            f"These are the validation scores of {_steps(run)} so far, slightly optimistic: these rows pick the prompt.",
        )
        if accepted
        else ()
    )
    ended = () if run.status in UNFINISHED else (ended_in_words(run),)
    return Headline(OPEN, title, short, (*ended, short, *so_far), figures)


def _steps(run: ReportRun) -> str:
    done = max(len(run.steps) - 1, 0)
    return count(done, "step") if done else "the starting prompt"


def _none_of(run: ReportRun) -> str:
    tried = len(run.steps) - 1
    return "its one step never" if tried == 1 else f"none of {tried:,} steps"


def _first(figures: tuple[Figure, ...]) -> str:
    return figures[0].value if figures else percent(None)
