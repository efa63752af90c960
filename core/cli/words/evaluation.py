"""An evaluation in words: figures with intervals, a table by label, and what is most confused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.cli.output import LONGER, failures_in_words
from core.llm.base import JUDGE
from core.metrics.confusion import cell_in_words, cells_of, mistakes_by_size
from core.metrics.objective_words import asked_in_words, figure_of, measured_in_words, objective_in_words
from core.similarity.examples import left_out_in_words
from core.types import LabelMetrics, Metrics, Objective, Spend
from core.types.objectives import ACCURACY
from core.wording import (
    count,
    cut_off_in_words,
    estimates_in_words,
    money,
    percent,
    quoted,
    shortened,
    with_interval,
)

if TYPE_CHECKING:
    from core.label_sets.figures import SetFigures
    from core.scoring.constant import Constant
    from core.services.evaluation.evaluate import MeasuredPrompt

MOST_CONFUSED = 3
WIDEST_LABEL = 32


def evaluation_in_words(part: str, measured: MeasuredPrompt) -> str:
    metrics, objective = measured.evaluation.metrics, measured.objective
    examples_left_out = measured.examples_left_out
    lines = [_head(part, metrics)]
    if objective.kind != ACCURACY and metrics.n:
        lines.append(f"{asked_in_words(objective)}: {measured_in_words(objective, metrics)}")
    if measured.shortlisted is not None:
        rows = count(len(measured.rows), "row")
        lines.append(f"shortlist of labels: the right one was on it for {measured.shortlisted:,} of {rows}")
    lines.append(failures_in_words(measured.evaluation.predictions))
    lines.append(left_out_in_words(examples_left_out, len(measured.rows) + examples_left_out))
    if cut_off := cut_off_in_words(metrics, measured.reply_tokens):
        lines.append(f"{cut_off}: {LONGER}")
    costs = [_cost(measured.spend), estimates_in_words(measured.spend.values())]
    if measured.constant is not None:
        lines.append(_constant(measured.constant))
    if measured.judge is not None:
        lines.append(f"scored by a judge. {measured.judge.agreement}")
    if measured.sets is not None:
        lines.append(sets_in_words(measured.sets))
    per_label = measured.sets.per_label if measured.sets else metrics.per_label
    table = _by_label(per_label) if metrics.n and per_label else []
    worst = _lowest(measured) if measured.scored else _confused(measured)
    blocks = [lines, table, worst, costs]
    return "\n\n".join("\n".join(filter(None, block)) for block in blocks if block)


def sets_in_words(figures: SetFigures) -> str:
    return (
        f"macro-F1 {percent(figures.macro_f1)}, micro-F1 {percent(figures.micro_f1)}; "
        f"a row is right where all its labels are: {percent(figures.exact)}"
    )


def failed_under(floor: float | None, metrics: Metrics, typed: Objective | None) -> str:
    """A sentence where the figure is below the floor, or there is none; else ""."""
    if floor is None:
        return ""
    objective = typed or Objective()
    value, name = figure_of(objective, metrics), objective_in_words(objective)
    if value is None:
        return f"No row could be scored, so {name} is not {percent(floor)} or more (--fail-under)."
    if value >= floor:
        return ""
    return f"{name[0].upper()}{name[1:]} is {percent(value)}, below {percent(floor)} (--fail-under)."


def _head(part: str, metrics: Metrics) -> str:
    accuracy = "no row could be scored"
    if metrics.accuracy is not None:
        accuracy = f"accuracy {with_interval(metrics.accuracy, metrics.interval)}"
        if metrics.interval:
            accuracy += " ({:.1f} to {:.1f})".format(*(100 * end for end in metrics.interval))
    return f"{part}: {accuracy} on {count(metrics.n, 'row')}, {count(metrics.failed, 'failed call')}"


def _by_label(per_label: Sequence[LabelMetrics]) -> list[str]:
    names = [shortened(row.label, WIDEST_LABEL) for row in per_label]
    width = max(len("label"), *map(len, names))
    lines = [f"{'label':<{width}}  {'rows':>6}  {'precision':>9}  {'recall':>7}  {'F1':>7}"]
    for name, row in zip(names, per_label, strict=True):
        figures = f"{percent(row.precision):>9}  {percent(row.recall):>7}  {percent(row.f1):>7}"
        lines.append(f"{name:<{width}}  {row.support:>6,}  {figures}")
    return lines


def _confused(measured: MeasuredPrompt) -> list[str]:
    """The largest cells off the diagonal, each with a text."""
    labels, metrics = measured.labels, measured.evaluation.metrics
    texts = {row.id: row.text for row in measured.rows}
    cells = cells_of(measured.rows, measured.evaluation.predictions, labels)
    lines = []
    for cell, number in mistakes_by_size(metrics.confusion)[:MOST_CONFUSED]:
        example = next((texts[identity] for identity, each in cells.items() if each == cell), "")
        lines.append(
            f"  {number:,} of {sum(metrics.confusion[cell.row]):,} {cell_in_words(cell, labels)}, such as"
        )
        lines.append(f"      {quoted(example, 90)}")
    return ["most confused:", *lines] if lines else []


def _constant(constant: Constant) -> str:
    answer = quoted(constant.answer, WIDEST_LABEL)
    return f"always answering {answer} would have a mean score of {percent(constant.score)}"


def _lowest(measured: MeasuredPrompt) -> list[str]:
    """The free answers with the lowest scores, each with its text and what would have been right."""
    rows = zip(measured.rows, measured.evaluation.predictions, strict=True)
    wrong = [(each.score, row, each) for row, each in rows if each.score is not None and each.score < 1]
    lines = []
    for score, row, each in sorted(wrong, key=lambda one: one[0])[:MOST_CONFUSED]:
        given = quoted(each.said) if each.said else "no answer"
        lines.append(f"  {score:.2f}: {given}, and {quoted(row.label)} is right, such as")
        lines.append(f"      {quoted(row.text, 90)}")
    return ["lowest scores:", *lines] if lines else []


def _cost(spend: Mapping[str, Spend]) -> str:
    used = {role: spend[role] for role in ("lightweight", JUDGE) if role in spend} or {"": Spend()}
    parts = [
        ("judge " if role == JUDGE else "")
        + f"{money(each.cost_usd)} ({count(each.api, 'call')}, {each.cached:,} from the cache)"
        for role, each in used.items()
    ]
    return "cost: " + ", ".join(parts)
