"""A run as its caller holds it: the best prompt, the verdict in words, the figures, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.classifier import Classifier
from core.confidence.trial import CascadeWish
from core.data.templates import text_of_fields
from core.errors import UsageError
from core.exports.dataset import NO_TEXT
from core.exports.report.accuracy import accuracy_chart
from core.exports.report.headline import Headline, headline_of, headline_split
from core.exports.report.page import report
from core.exports.report.run import (
    ReportRun,
    best_number,
    first_prompt,
    is_graded_run,
    prompt_of_step,
    reading_of,
)
from core.label_sets.figures import SetComparison, run_set_figures
from core.library.cascade import RunCascade, cascade_of_run
from core.library.classifications import Classifications
from core.library.frames import check_kind, frame, run_figures, run_predictions, step_row
from core.library.html import html_of
from core.library.workspaces import Home, opened_workspace
from core.metrics.metrics import by_score
from core.prompts.files import PromptFile, to_json
from core.services.classify import Service
from core.services.serving.classification import Classification
from core.store.files import write_text
from core.types import Metrics, Outcome, Prompt, Result, Step, TextTemplate
from core.wording import estimates_in_words, with_interval
from core.workspace import Workspace

if TYPE_CHECKING:
    import pandas

FRAMES = ("steps", "predictions", "mistakes", "figures")


class Run:
    """`workspace` is where it is stored: a folder, or a workspace that is open. `notices` say what was odd about
    the data."""

    def __init__(self, stored: ReportRun, dataset_id: str, workspace: Home, notices: tuple[str, ...] = ()):
        self.workspace = workspace
        self.dataset_id = dataset_id
        self.notices = notices
        self._stored = stored

    # ---- what came of it

    @property
    def id(self) -> str:
        return self._stored.run_id

    @property
    def status(self) -> str:
        """ "finished", "stopped" or "failed"."""
        return self._stored.status

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._stored.steps)

    @property
    def result(self) -> Result | None:
        """Both prompts with everything that was measured; None where the run has no end yet."""
        return self._stored.result

    @property
    def labels(self) -> tuple[str, ...]:
        return self.prompt.several or self._stored.dataset.labels.names

    @property
    def model(self) -> str:
        """The lightweight one, for which the prompt was tuned."""
        return self._stored.settings.lightweight

    @property
    def prompt(self) -> Prompt:
        """The best one."""
        return prompt_of_step(self._stored, best_number(self._stored))

    @property
    def start(self) -> Prompt:
        """The prompt that the run began with."""
        return first_prompt(self._stored)

    @property
    def prompt_file(self) -> PromptFile:
        return PromptFile(self.prompt, self.labels, self.model, self._stored.dataset.template)

    @property
    def improved(self) -> bool:
        """Whether the best prompt is proven better than the starting one, on test rows that no step had seen."""
        return self._headline.tone == "good"

    @property
    def verdict(self) -> str:
        """In words, with the figures."""
        return f"{self._headline.title}. {self._headline.short}"

    @property
    def accuracy(self) -> float | None:
        """Of the best prompt, 0 to 1, on the test rows if they were read, else on the validation rows."""
        metrics = self._metrics
        return metrics.accuracy if metrics else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy."""
        metrics = self._metrics
        return metrics.interval if metrics else None

    @property
    def label_sets(self) -> dict[str, SetComparison]:
        """By part ("validation", "test"), micro-F1, macro-F1 and whole sets of both prompts, of rows that may have
        several labels; empty for others."""
        result = self.result
        return run_set_figures(self._stored.dataset.examples, result) if result else {}

    @property
    def cost_usd(self) -> float | None:
        """Of both models; None where a price is not known."""
        costs = [spend.cost_usd for spend in self._stored.spend.values()]
        return None if None in costs else sum(cost or 0.0 for cost in costs)

    def to_frame(self, what: str = "steps") -> pandas.DataFrame:
        """ "steps": a row a step. "predictions": the held-out rows as the best prompt reads them; "mistakes": those it
        gets wrong. "figures": start and best prompt on each part."""
        check_kind(what, FRAMES)
        if what == "steps":
            return frame(map(step_row, self.steps))
        if what == "figures":
            return frame(run_figures(self._stored))
        rows = run_predictions(self._stored)
        return frame(row for row in rows if what == "predictions" or row["correct"] is False)

    # ---- what to do with it

    def save(self, path: str | Path) -> Path:
        """Writes the best prompt as a prompt file, which `evaluate`, `Classifier.from_file` and `whetstone classify`
        take."""
        return _written(path, to_json(self.prompt_file))

    def report(self, path: str | Path) -> Path:
        """Writes the whole story as one HTML file that needs no network."""
        return _written(path, report(self._stored))

    def predict(self, texts: str | Iterable[str | Mapping[str, str] | None]) -> Classifications:
        """What the best prompt makes of new texts, or of dicts of the fields that it takes; nothing is stored. A call
        that failed, and a text that is blank or missing, is an outcome. ModelRefused for a wrong key."""
        given = [texts] if isinstance(texts, str | Mapping) else texts
        many = [_text(each, self._stored.dataset.template) for each in given]
        with opened_workspace(self.workspace) as workspace:
            classifier = self.classifier(workspace, keeps=False)
            classified = iter(classifier.classify_many([text for text in many if text.strip()]))
            return Classifications(
                [next(classified) if text.strip() else _not_asked(text, self.model) for text in many]
            )

    def cascade(
        self,
        *,
        target: float | None = None,
        samples: int = 0,
        logprobs: bool = False,
        local: bool = True,
        progress: bool = True,
    ) -> RunCascade:
        """Where a local model could answer instead of the best prompt, and which answers are better left out: measured on
        the rows that the run has read. `target`: how many of the given answers must be right, 0 to 1 (None: as many as
        with the prompt alone). `samples`: further replies a text, which are paid; `logprobs`: the model's own probability of its
        label instead, from one call a row, where the server gives it. Without either nothing is asked. WhetstoneError."""
        wish = CascadeWish(target, samples, local=local, logprobs=logprobs)
        return cascade_of_run(self, wish, progress)

    def classifier(self, workspace: Workspace, keeps: bool = True) -> Classifier:
        """For a program that goes on: its predictions are stored, unless it `keeps` none, so that feedback can come."""
        tokens = self._stored.settings.reply_tokens
        service = Service(workspace, self.dataset_id, keeps=keeps, reply_tokens=tokens)
        return Classifier(service, self.prompt_file)

    # ---- how it shows itself

    @cached_property
    def _headline(self) -> Headline:
        return headline_of(self._stored)

    @property
    def _metrics(self) -> Metrics | None:
        reading = reading_of(self._stored, best_number(self._stored), headline_split(self._stored))
        return reading.metrics if reading else None

    def __repr__(self) -> str:
        head = self._headline
        figures = [
            f"  {each.title}: {each.value}" + (f" ({each.more})" if each.more else "")
            for each in head.figures
        ]
        spent = estimates_in_words(self._stored.spend.values())
        advice = "" if self.status == "finished" else f"resume({self.id!r}) goes on with it."
        lines = [f"Run {self.id} of {self._stored.dataset.name!r}: {head.title}.", *figures, *head.sentences]
        return "\n".join(filter(None, [*lines, spent, advice]))

    def _repr_html_(self) -> str:
        return run_html(self._stored)


def run_html(run: ReportRun, live: bool = False) -> str:
    """As a notebook shows it; `live` while it goes on, without an end."""
    axis, plot = accuracy_chart(run)
    content = {
        "run": run,
        "headline": headline_of(run),
        "counted": "Mean score" if is_graded_run(run) else "Accuracy",
        "axis": axis,
        "plot": plot,
        "steps": [(step.number, *step_summary(step)) for step in run.steps],
        "prompt": prompt_of_step(run, best_number(run)),
        "live": live,
    }
    return html_of("run.html", content)


def step_summary(step: Step) -> tuple[str, str, str]:
    """Accuracy on the validation rows, or the mean score; the decision, the reason."""
    metrics = by_score(step.validation.metrics) if step.validation else None
    accuracy = with_interval(metrics.accuracy, metrics.interval) if metrics else "–"
    return accuracy, str(step.verdict.decision), step.verdict.reason


def _written(path: str | Path, text: str) -> Path:
    target = Path(path).expanduser()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, text)
    except OSError as problem:
        raise UsageError(
            f"{target} cannot be written ({problem.strerror or problem}): choose another path."
        ) from None
    return target


def _text(value: object, template: TextTemplate | None) -> str:
    """A text that can be sent: half a character becomes a replacement character."""
    if value is None or value != value:  # what pandas has where there is nothing
        return ""
    value = text_of_fields(template, value) if isinstance(value, Mapping) else value
    if not isinstance(value, str):
        raise UsageError(f"predict takes texts, not {type(value).__name__}: give a list of str.")
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _not_asked(text: str, model: str) -> Classification:
    return Classification("", text, Outcome.FAILED, "", "", "", model, error=NO_TEXT, cost_usd=0.0)
