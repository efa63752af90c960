"""What a run came to, as people say it: so many of a hundred right before and after, which mistakes went and
came, and whether that is luck."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.report.headline import headline_split
from core.exports.report.run import ReportRun, best_number, constant_of, majority_of, reading_of
from core.metrics.comparison import luck_in_words, mistakes_in_words, moved_rows_in_words
from core.metrics.metrics import by_score
from core.metrics.objective_words import measured_in_words, objective_in_words
from core.scoring.label_sets import is_set_scorer
from core.types import Comparison, Metrics
from core.types.objectives import ACCURACY, AUTOMATIC, SCORE
from core.wording import SPLITS, percent, right_in_words, sentence

START = "Starting prompt"
UNSEEN_ROWS = " that no step had seen"
PICKING_ROWS = ", which picked the prompt"


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A prompt's right answers, or its mean score where answers are graded: the `share`, 0 to 1, and in words."""

    title: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Score:
    """`bars`: the starting prompt, and the best one where there is another; none where nothing was measured.
    `change` is their figures in a line, `moves` the mistakes that went and came, `luck` whether it may be luck;
    the last two are empty where nothing was compared. `majority` is a share, 0 to 1, of what `constant` names; of graded
    answers it is not known, and in words it is empty."""

    bars: tuple[ScoreBar, ...]
    change: str
    moves: str
    luck: str
    rows: str
    majority: float
    majority_in_words: str
    objective: str
    constant: str


def score_of(run: ReportRun) -> Score:
    """On the test rows where both prompts were read on them, else on the validation rows."""
    split, best = headline_split(run), best_number(run)
    before, after = (reading_of(run, number, split) for number in (0, best))
    first, last = (each.metrics if each is not None and each.metrics.n else None for each in (before, after))
    graded = any(each.graded for each in (first, last) if each)
    bars = [_bar(START, first, graded)] if first else []
    bars += [_bar(f"Best prompt, step {best}", last, graded)] if best and last else []
    change = right_in_words(first, last if best else None)
    share = majority_of(run)
    compared = run.result.test.comparison if run.result and run.result.test and best else None
    return Score(
        tuple(bars),
        change[:1].upper() + change[1:],
        _moves(compared) if compared and compared.n else "",
        _luck(run, best, compared),
        f"{first.n if first else 0:,} {SPLITS[split]} rows"
        + (UNSEEN_ROWS if split == "test" else PICKING_ROWS if best else ""),
        share,
        "" if graded else _majority(share, first, last if best else None),
        _objective(run, first, last if best else None),
        constant_of(run),
    )


def _moves(compared: Comparison) -> str:
    words = moved_rows_in_words if compared.graded else mistakes_in_words
    return words(len(compared.fixed), len(compared.broke))


def _bar(title: str, metrics: Metrics, graded: bool) -> ScoreBar:
    share = by_score(metrics).accuracy or 0.0
    value = f"mean score {percent(share)}" if graded else f"{metrics.correct:,} of {metrics.n:,}"
    return ScoreBar(title, value, share)


def _majority(share: float, before: Metrics | None, after: Metrics | None) -> str:
    """With whom it beats, as nobody expects that of a label that is always the same."""
    if before is None:
        return percent(share)
    right = round(share * before.n)
    beats = [
        each is not None and each.n == before.n and each.correct < right for each in (before, after or before)
    ]
    than = ", more than either prompt" if after and all(beats) else ", more than the starting prompt"
    return f"{right:,} of {before.n:,} right" + (than if beats[0] else "")


def _luck(run: ReportRun, best: int, compared: Comparison | None) -> str:
    if compared is not None and compared.n:
        return sentence(luck_in_words(compared))[:-1]
    if run.result is None or not best:
        return ""
    return "Not proven: these rows picked the prompt, and no test rows were read"


def _objective(run: ReportRun, before: Metrics | None, after: Metrics | None) -> str:
    """What counted, with its figures where they are others than the bars'."""
    objective = run.result.objective if run.result is not None else None
    if objective is None or objective.kind in (ACCURACY, AUTOMATIC):
        return "accuracy, the share of rows that are right"
    figures = [measured_in_words(objective, each) for each in (before, after) if each is not None]
    name = objective_in_words(objective)
    if objective.kind == SCORE:
        name += (
            " (F1 of each row's labels)"
            if is_set_scorer(run.settings.scorer)
            else " (each answer from 0 to 1)"
        )
    return f"{name}: {' → '.join(figures)}"
