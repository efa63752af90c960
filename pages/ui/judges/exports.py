"""A judge to take away: as a plain text for any tool, or for promptfoo."""

from __future__ import annotations

import streamlit as st

from core.exports.plain_text import to_plain_text
from core.exports.report.run import prompt_of_step
from core.exports.request_template import check_fixed
from core.services.exports.shown import rubric_of_judge
from core.services.judges.report import JudgeReport
from pages.ui import shell


def offer_exports(report: JudgeReport) -> None:
    """Both forms hold one fixed prompt: of another one it is said why not."""
    prompt, workspace = prompt_of_step(report.run, report.step), shell.workspace()
    st.subheader("Use it elsewhere", anchor=False)
    with shell.sentences():
        check_fixed(prompt)
        with st.container(horizontal=True):
            st.download_button(
                "Plain prompt",
                to_plain_text(prompt, report.run.dataset.template),
                "judge.txt",
                "text/plain",
                key="download_plain",
                icon=":material/download:",
                on_click="ignore",
                help="All of it as one text, with a place such as {{text}} where question and answer go",
            )
            st.download_button(
                "promptfoo's llm-rubric",
                lambda: rubric_of_judge(workspace, report).encode(),
                "rubric.yaml",
                "application/yaml",
                key="download_rubric",
                icon=":material/download:",
                on_click="ignore",
                help="A configuration of promptfoo that grades answers with this prompt; its tests are the validation rows",
            )
