"""`evaluate`: a prompt measured on labelled texts, with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.templates import template_notice
from core.errors import Stopped, UsageError
from core.exports.report.confusion import confusion_chart, extras_of, matrix_of, most_confused, worst_of
from core.label_sets.figures import SetFigures
from core.library.display import Display, open_display
from core.library.frames import check_kind, frame, label_figures, prediction_row
from core.library.html import html_of
from core.library.interrupts import stop_on_interrupt
from core.library.labelled_texts import TextsWanted, texts_with_labels
from core.library.settings import checked_settings, prompt_from
from core.library.workspaces import opened_workspace
from core.metrics.metrics import by_score
from core.metrics.objective_words import asked_in_words, measured_in_words
from core.prompts.files import PromptFile
from core.services.evaluation.evaluate import MeasuredPrompt, measure_prompt, rows_of_split
from core.services.evaluation.scorers import answered_labels, judge_notices, set_settings, stored_scorer
from core.similarity.examples import left_out_in_words
from core.types import SPLITS, Metrics, Progress, Settings
from core.types.objectives import ACCURACY
from core.wording import cut_off_in_words, estimates_in_words, percent, with_interval
from core.workspace import Workspace

if TYPE_CHECKING:
    import pandas

FRAMES = ("predictions", "mistakes", "labels", "confusion")
_CHART_LABELS = 12


def evaluate(
    data: object,
    prompt: object,
    *,
    text: str | Sequence[str] = "",
    label: str = "",
    lightweight: str | None = None,
    split: str = "all",
    max_calls: int | None = None,
    budget_usd: float | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: bool = True,
    **settings: Any,
) -> PromptEvaluation:
    """What a prompt makes of labelled texts, which may come in every form that `tune` takes, scores in `bins` too. `prompt`: a run, a
    prompt file, or the text of a prompt. `lightweight` goes before the prompt's own model. `split`: "all", or only the
    train, validation or test rows. Ctrl-C stops and gives the figures of what was read. WhetstoneError."""
    if split not in ("all", *SPLITS):
        raise UsageError(f"split is all, {', '.join(SPLITS)}, not {split!r}.")
    given = dict(lightweight=lightweight, max_calls=max_calls, budget_usd=budget_usd)
    bins, template = settings.pop("bins", None), settings.pop("template", "")
    several = settings.pop("several", "leave_out")
    chosen = checked_settings({**given, **settings})
    display = open_display(progress)
    try:
        with opened_workspace(workspace) as opened:
            of_prompt = prompt_from(prompt, ()).template
            if chosen.get("scorer"):
                chosen["scorer"] = stored_scorer(opened, chosen["scorer"])
            answers = bool(chosen.get("scorer"))
            wanted = TextsWanted(False, answers, bins, template, of_prompt, several)
            rows = texts_with_labels(opened, data, text, label, wanted)
            free = bool(chosen.setdefault("scorer", rows.scorer))
            read = prompt_from(prompt, () if free else rows.dataset.labels.names)
            other = template_notice(read.template, rows.dataset.template)
            judge = judge_notices(opened, chosen["scorer"])
            for notice in filter(None, (*rows.notices, *read.notices, other, *judge)):
                display.say(notice)
            all_settings = Settings(**{"lightweight": read.model or Settings().lightweight} | chosen)
            labels = answered_labels(rows.dataset.labels, read.prompt)
            all_settings = set_settings(all_settings, labels)
            part = rows_of_split(rows.dataset, split, all_settings.seed, free or labels.several)
            file = PromptFile(read.prompt, read.labels, all_settings.lightweight, read.template)
            return PromptEvaluation(_measured(opened, part, file, all_settings, display), file, split)
    finally:
        display.close()


def _measured(
    workspace: Workspace, rows: Sequence[Any], file: PromptFile, settings: Settings, display: Display
) -> MeasuredPrompt:
    with stop_on_interrupt() as stop:

        def on_reply(done: int, total: int) -> None:
            display.progress(Progress("Classifying", done, total, workspace.slowed()))
            if stop.is_set():
                raise Stopped("Stopped on request.")

        return measure_prompt(workspace, rows, file, settings, on_reply)


class PromptEvaluation:
    """The figures of a prompt on some rows."""

    def __init__(self, measured: MeasuredPrompt, prompt_file: PromptFile, split: str):
        self.measured = measured
        self.prompt_file = prompt_file
        self.split = split

    @property
    def metrics(self) -> Metrics:
        """Every figure: per label, and the confusion matrix, too."""
        return self.measured.evaluation.metrics

    @property
    def accuracy(self) -> float | None:
        """0 to 1; None where every call failed."""
        return self.metrics.accuracy

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy."""
        return self.metrics.interval

    @property
    def macro_f1(self) -> float | None:
        return self.metrics.macro_f1

    @property
    def label_sets(self) -> SetFigures | None:
        """Micro-F1, macro-F1 and whole sets, of rows that may have several labels; None of others."""
        return self.measured.sets

    @property
    def cost_usd(self) -> float | None:
        """None where the price is not known."""
        costs = [spend.cost_usd for spend in self.measured.spend.values()]
        return None if None in costs else sum(cost or 0.0 for cost in costs)

    def to_frame(self, what: str = "predictions") -> pandas.DataFrame:
        """ "predictions": a row a text; "mistakes": those that are wrong. "labels": figures of each label. "confusion":
        correct labels down, predicted ones across."""
        check_kind(what, FRAMES)
        if what == "labels":
            sets = self.measured.sets
            return frame(map(label_figures, sets.per_label if sets else self.metrics.per_label))
        if what == "confusion":
            return self._confusion_frame()
        rows = map(prediction_row, self.measured.rows, self.measured.evaluation.predictions)
        return frame(row for row in rows if what == "predictions" or row["correct"] is False)

    def _confusion_frame(self) -> pandas.DataFrame:
        import pandas

        labels = list(self.prompt_file.labels)
        columns = [*labels, "(unknown label)", "(unreadable)"]
        return pandas.DataFrame(self.metrics.confusion, index=labels, columns=columns)

    def _sentences(self) -> list[str]:
        metrics, measured = self.metrics, self.measured
        kinds = {
            "unreadable": metrics.unreadable,
            "outside the list": metrics.unknown_label,
            "failed calls": metrics.failed,
        }
        odd = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items() if n)
        objective = measured.objective
        return list(
            filter(
                None,
                [
                    f"{metrics.correct:,} of {metrics.n:,} rows right" + (f"; {odd}" if odd else "") + ".",
                    f"{asked_in_words(objective)}: {measured_in_words(objective, metrics)}."
                    if objective.kind != ACCURACY and metrics.n
                    else "",
                    left_out_in_words(
                        measured.examples_left_out, len(measured.rows) + measured.examples_left_out
                    ),
                    ""
                    if measured.shortlisted is None
                    else f"The right label was on the shortlist for {measured.shortlisted:,} of {len(measured.rows):,} rows.",
                    cut_off_in_words(metrics, measured.reply_tokens),
                    measured.stopped,
                    estimates_in_words(measured.spend.values()),
                ],
            )
        )

    def __repr__(self) -> str:
        head = f"{self._head} with {self.prompt_file.model}"
        worst = [f"  {correct} predicted as {other}: {n:,}" for correct, other, n in worst_of(self._matrix())]
        return "\n".join([head, *self._sentences(), *worst])

    @property
    def _head(self) -> str:
        """Accuracy 81.2 % ± 4.1; of graded answers their mean score."""
        counted = by_score(self.metrics)
        name = "Mean score" if self.metrics.graded else "Accuracy"
        return f"{name} {with_interval(counted.accuracy, counted.interval)}"

    def _matrix(self) -> Any:
        metrics, labels = self.metrics, self.prompt_file.labels
        indexes = most_confused([metrics], labels, _CHART_LABELS)
        return matrix_of(metrics, labels, indexes, extras_of([metrics]))

    def _repr_html_(self) -> str:
        matrix = self._matrix()
        content = {
            "title": self._head,
            "sentences": self._sentences(),
            "model": self.prompt_file.model,
            "split": self.split,
            "labels": [
                (each.label, each.support, percent(each.recall), percent(each.precision))
                for each in self.metrics.per_label
            ],
            "matrix": confusion_chart(
                matrix, "Confusion matrix: correct labels down, predicted labels across"
            ),
            "worst": worst_of(matrix),
        }
        return html_of("evaluation.html", content)
