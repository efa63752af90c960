"""The judge of a run: how far it agrees with people, where it does not, and how many answers are good that only it has
seen."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from core.metrics.judges.judge_figures import JudgeFigures, Proportion
from core.services.judges.disagreements import disagreements
from core.services.judges.report import JudgeReport, judge_report
from core.services.judges.words import headline, kappa_in_words, share_in_words
from core.store.records import DatasetInfo, RunRecord
from pages.ui import shell
from pages.ui.judges.disagreements import show_disagreements
from pages.ui.judges.exports import offer_exports
from pages.ui.judges.pass_rate import show_pass_rate
from pages.ui.sides import halves
from pages.ui.wording import escape_md, percent, shortened

AT_START = " at the start"
KAPPA = (
    "What of the agreement is beyond chance: 1 is complete, 0 what guessing by these frequencies would give."
)


def show_judge(record: RunRecord, info: DatasetInfo) -> None:
    """By the verdicts of today."""
    with shell.sentences():
        workspace = shell.workspace()
        report = judge_report(workspace, record.id)
        st.markdown("**" + escape_md(headline(report)) + "**")
        _figures(report)
        left, right = halves()
        with left:
            _confusion(report.after)
            offer_exports(report)
        with right:
            show_pass_rate(report)
        show_disagreements(report, disagreements(workspace, report), info)


def _figures(report: JudgeReport) -> None:
    """Each with that of the starting prompt below it, where that is another one."""
    before, after, good = report.before if report.step else None, report.after, escape_md(report.good)
    others = [escape_md(name) for name in after.confusion if name != report.good]
    with st.container(horizontal=True, gap="medium"):
        _share(
            "Agreement",
            before and before.agreed,
            after.agreed,
            "How often people and the judge give the same verdict.",
        )
        kappa = after.agreement.kappa
        st.metric(
            "Cohen's kappa",
            "–" if kappa is None else f"{kappa:.2f}",
            None
            if before is None or before.agreement.kappa is None
            else f"{before.agreement.kappa:.2f}{AT_START}",
            delta_color="off",
            delta_arrow="off",
            width="content",
            help=f"{KAPPA} With 95 %: {kappa_in_words(after)}.",
        )
        says = f"Of the answers that people call “{good}”, those that the judge calls so, too (true positive rate)."
        _share(f"“{good}” recognised", before and before.true_positive, after.true_positive, says)
        spares = f"Of all other answers, those that the judge does not call “{good}” (true negative rate)."
        name = f"“{others[0]}” recognised" if len(others) == 1 else "Others recognised"
        _share(name, before and before.true_negative, after.true_negative, spares)
    left_out = [f"{after.no_verdict:,} without a verdict" if after.no_verdict else ""]
    left_out.append(f"{after.failed:,} failed calls left out" if after.failed else "")
    said = ", ".join(filter(None, left_out))
    words = [_always(report.before), f"{said.capitalize()}." if said else ""]
    if any(words):
        st.caption(escape_md(" ".join(filter(None, words))))


def _always(start: JudgeFigures) -> str:
    """What explains a share of 0 or 100 % and a kappa of 0."""
    called = Counter[str]()
    for row in start.confusion.values():
        called.update(row)
    given = [name for name, answers in called.items() if answers]
    return f"The starting prompt called every answer “{given[0]}”." if len(given) == 1 else ""


def _share(name: str, before: Proportion | None, after: Proportion, about: str) -> None:
    st.metric(
        name,
        percent(after.value, 0),
        None if before is None or before.value is None else f"{percent(before.value, 0)}{AT_START}",
        delta_color="off",
        delta_arrow="off",
        width="content",
        help=f"{about} {share_in_words(after)}, with 95 %.",
    )


def _confusion(figures: JudgeFigures) -> None:
    st.subheader("Verdicts", anchor=False)
    judges = list(next(iter(figures.confusion.values()), {}))
    table = pd.DataFrame(
        {"People": [shortened(name, 40) for name in figures.confusion]}
        | {f"Judge: {name}": [row[name] for row in figures.confusion.values()] for name in judges}
    )
    st.dataframe(table, hide_index=True, height="content", alt="Verdicts of people down, of the judge across")
