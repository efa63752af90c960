"""A judge to take away: as a plain text for any tool, or for promptfoo."""

from __future__ import annotations

import streamlit as st

from core.exports.plain_text import to_plain_text
from core.exports.report.run import prompt_of_step
from core.services.judges.report import JudgeReport


def offer_exports(report: JudgeReport) -> None:
    prompt, run = prompt_of_step(report.run, report.step), report.run.run_id
    st.subheader("Use it elsewhere", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        if prompt.few_shot.strategy != "similar":
            st.download_button(
                "Download the plain prompt",
                to_plain_text(prompt, report.run.dataset.template),
                "judge.txt",
                "text/plain",
                key="download_plain",
                icon=":material/download:",
                on_click="ignore",
                help="All of it as one text, with a place such as {{text}} where question and answer go",
            )
        st.caption("With promptfoo, as its llm-rubric:", width="content")
        st.code(f"python -m core export {run} --format llm-rubric --out rubric.yaml", language=None)
