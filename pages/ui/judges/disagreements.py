"""Answers on which judge and people differ, by who is probably wrong; each opens, or all are decided in Review."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.label_errors.suspects import Suspect
from core.services.judges.disagreements import Cause, Disagreement
from core.services.judges.report import JudgeReport
from core.services.judges.words import CAUSES, PARTS
from core.store.records import DatasetInfo
from pages.ui.address import turn_to
from pages.ui.mistakes import label_column
from pages.ui.navigation import go
from pages.ui.review.queue import open_rows
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.wording import count, shortened

WHOLE = 140  # characters that a cell shows without being cut; the row has it all
HELD_OUT = (
    "These are {rows}, which the heavyweight model never reads: a critique here teaches nothing, one on training rows does. "
    "Changing a verdict here changes the figures. Go by the rubric and not by the judge: where only its disagreements are "
    "relabelled, it looks better than it is."
)
NEXT = {
    Cause.JUDGE: "People are probably right here, so the judge is to get better: tune on. Where you side with the judge, review them.",
    Cause.PERSON: "The verdict is more likely wrong than the judge: decide each of them. Figures follow at once.",
    Cause.RUBRIC: "Similar answers have both verdicts: say in a definition which of them it is.",
    Cause.REPLY: "The judge's replies name no verdict: look at the reply format in the playground.",
}


def show_disagreements(report: JudgeReport, found: Sequence[Disagreement], info: DatasetInfo) -> None:
    st.subheader("Disagreements", anchor=False)
    if not found:
        st.caption("Judge and people agree on every answer that it was measured on.")
        return
    st.caption(HELD_OUT.format(rows=PARTS[report.part]))
    groups = {cause: [each for each in found if each.cause is cause] for cause in CAUSES}
    names = [str(cause) for cause in CAUSES if groups[cause]]
    chosen = st.segmented_control(
        "Who is probably wrong",
        names,
        default=names[0],
        required=True,
        key="cause",
        label_visibility="collapsed",
        format_func=lambda name: f"{CAUSES[Cause(name)]} ({len(groups[Cause(name)]):,})",
    )
    cause = Cause(chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(NEXT[cause], width="stretch")
        if st.button("Review these", key="review_disagreements", icon=":material/rule:"):
            ids = [each.row.id for each in groups[cause]]
            findings = map(_finding, groups[cause])
            open_rows(info, ids, CAUSES[cause].lower(), findings, report.run.run_id)
            turn_to("review", "cards")
            go("review")
    _table(report, cause, groups[cause])
    st.caption(f"{count(len(groups[cause]), 'answer')}. Click a row to open it.")


def _finding(each: Disagreement) -> Suspect:
    """For the card in Review: the judge's verdict, suggested unless it is the judge who is probably wrong, and why."""
    said = each.prediction.label or "no verdict"
    why = f"The judge says {said}" + (f": {each.prediction.reason}" if each.prediction.reason else "")
    suggested = each.row.label if each.cause is Cause.JUDGE else each.prediction.label or each.row.label
    return Suspect(each.row.id, "", suggested, 0.0, (why, *each.evidence))


def _table(report: JudgeReport, cause: Cause, group: Sequence[Disagreement]) -> None:
    names = report.dataset.labels.names
    evidence = {each.row.id: ". ".join(each.evidence) for each in group}
    lines = pd.DataFrame(
        {
            "People": [[each.row.label] for each in group],
            "Judge": [[each.prediction.label] if each.prediction.label else [] for each in group],
            "Answer": [shortened(each.row.text, WHOLE) for each in group],
            "Judge's reason": [shortened(each.prediction.reason, 85) for each in group],
            "Critique": [shortened(each.row.note, 75) for each in group],
            "Evidence": [shortened(text, WHOLE) for text in evidence.values()],
        }
    )
    wide = st.column_config.TextColumn
    show_row_table(
        RowTable(
            report.dataset.id,
            tuple(evidence),
            alt="Answers on which judge and people differ",
            context=RowContext(CAUSES[cause], report.run.run_id, facts=evidence),
            row_height=102,
        ),
        lines if lines["Critique"].any() else lines.drop(columns="Critique"),
        {
            "People": label_column("People", names, 70),
            "Judge": label_column("Judge", names, 70),
            "Answer": wide(width=215),
            "Judge's reason": wide(width=125),
            "Critique": wide(width=105),
            "Evidence": wide(width=215),
        },
        key=f"disagreements {report.run.run_id} {cause}",
    )
