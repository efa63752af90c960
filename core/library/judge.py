"""`judge`: how far the judge that a run has tuned agrees with people, and how many answers are good that only it has seen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.templates import text_of_fields
from core.errors import Stopped
from core.exports.report.run import prompt_of_step
from core.library.display import open_display
from core.library.frames import frame
from core.library.interrupts import stop_on_interrupt
from core.library.run import Run
from core.library.workspaces import Home, home_of, opened_workspace
from core.metrics.judges.judge_figures import JudgeFigures
from core.metrics.judges.pass_rate import PassRate
from core.prompts.files import PromptFile
from core.services.judges.disagreements import Disagreement, disagreements
from core.services.judges.record import record_of_judge
from core.services.judges.report import JudgeReport, judge_report
from core.services.judges.unjudged import judge_answers, judge_settings, unjudged_rows
from core.services.judges.words import causes_in_words, headline, kappa_in_words
from core.services.serving.classification import Input
from core.types import Example, Progress
from core.workspace import Workspace

if TYPE_CHECKING:
    import pandas


def judge(run: Run | str, good: str = "", *, workspace: Workspace | str | Path | None = None) -> Judge:
    """The judge of a run whose labels are verdicts, or of the run with this id, by people's verdicts of today. `good`: the
    verdict that says an answer is good; without it the one marked in the dataset. Nothing is asked. WhetstoneError."""
    run_id, home = (run, workspace) if isinstance(run, str) else (run.id, run.workspace)
    with opened_workspace(home) as opened:
        report = judge_report(opened, run_id, good)
        return Judge(report, disagreements(opened, report), home_of(home, opened))


class Judge:
    """`workspace` is where its run is stored."""

    def __init__(self, report: JudgeReport, found: tuple[Disagreement, ...], workspace: Home):
        self.report = report
        self.disagreements = found
        self.workspace = workspace

    @property
    def before(self) -> JudgeFigures:
        """With the prompt that the run began with."""
        return self.report.before

    @property
    def after(self) -> JudgeFigures:
        """With its best prompt."""
        return self.report.after

    @property
    def agreement(self) -> float | None:
        """Of the best prompt, 0 to 1, on the test rows if they were read, else on the validation rows."""
        return self.after.agreed.value

    @property
    def kappa(self) -> float | None:
        return self.after.agreement.kappa

    @property
    def prompt_file(self) -> PromptFile:
        """The best prompt with what a scorer has to know of it: in a file of its own, `scorer="judge:FILE.json"`."""
        run, report = self.report.run, self.report
        labels, prompt = run.dataset.labels.names, prompt_of_step(run, report.step)
        return PromptFile(
            prompt, labels, run.settings.lightweight, run.dataset.template, record_of_judge(report)
        )

    def to_frame(self) -> pandas.DataFrame:
        """The disagreements, a row each."""
        return frame(
            {
                "id": each.row.id,
                "text": each.row.text,
                "people": each.row.label,
                "judge": each.prediction.label or None,
                "reason": each.prediction.reason,
                "critique": each.row.note,
                "cause": str(each.cause),
                "evidence": ". ".join(each.evidence),
            }
            for each in self.disagreements
        )

    def pass_rate(
        self,
        answers: Iterable[Input] | None = None,
        *,
        max_calls: int | None = None,
        budget_usd: float | None = None,
        progress: bool = True,
    ) -> PassRate:
        """How many of these answers are good, corrected for the judge's errors; without `answers` of the rows of its
        dataset that have no verdict. WhetstoneError."""
        settings = judge_settings(self.report, max_calls=max_calls, budget_usd=budget_usd)
        rows = unjudged_rows(self.report) if answers is None else self._rows(answers)
        display = open_display(progress)
        try:
            with opened_workspace(self.workspace) as opened, stop_on_interrupt() as stop:

                def on_reply(done: int, total: int) -> None:
                    display.progress(Progress("Judging", done, total, opened.slowed()))
                    if stop.is_set():
                        raise Stopped("Stopped on request.")

                judged = judge_answers(opened, self.report, rows, settings, on_reply)
                if judged.stopped:
                    display.say(judged.stopped)
                return judged.rate
        finally:
            display.close()

    def _rows(self, answers: Iterable[Input]) -> tuple[Example, ...]:
        """A text, or the fields that its text is made of, each."""
        template = self.report.run.dataset.template
        texts = [each if isinstance(each, str) else text_of_fields(template, each) for each in answers]
        return tuple(Example(str(number), text, "") for number, text in enumerate(texts, 1))

    def __repr__(self) -> str:
        kappas = f"Cohen's kappa {kappa_in_words(self.before)} -> {kappa_in_words(self.after)}"
        return "\n".join([headline(self.report), kappas, causes_in_words(self.disagreements)])
