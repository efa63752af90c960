"""A prompt to read, and what can be done with it wherever one is shown: adopt it, start a run from it, try it, take it
away."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.errors import WhetstoneError
from core.exports.markdown import shortlist_in_words
from core.prompts.files import PromptFile
from core.services.exports.formats import PROMPT_FORMATS, PromptFormat, prompt_in_format
from core.services.exports.shown import export_of_prompt
from core.types import PROMPT_FIELDS, Prompt, TextTemplate
from core.wording import FIELDS
from pages.ui.champion.adoption import Adoptable, offer_adoption
from pages.ui.champion.history import offer_way_back
from pages.ui.dataset.text_template import show_template
from pages.ui.models import known_models
from pages.ui.run_start import ShownPrompt, open_in_playground, start_from
from pages.ui.shell import workspace
from pages.ui.wording import escape_md


def show_prompt_actions(shown: ShownPrompt, key: str = "", playground: bool = True) -> None:
    """In a row. `key` tells several on one page apart. What changes something is left out where nothing may be
    changed, or the dataset of the prompt is gone. `playground`: whether the page is another one."""
    info = next((each for each in workspace().store.datasets.all() if each.id == shown.dataset_id), None)
    here, template = info is not None, shown.template or (info.template if info else None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if here and not workspace().read_only:
            _offer_adopting(shown, key)
            if st.button(
                "Start a run from it",
                icon=":material/play_circle:",
                key="run_from" + key,
                help="New run then begins with this prompt.",
            ):
                start_from(shown)
        if (
            here
            and playground
            and st.button("Open in Playground", icon=":material/science:", key="open_playground" + key)
        ):
            open_in_playground(shown)
        offer_export(replace(shown, template=template), key)


def offer_export(shown: ShownPrompt, key: str = "") -> None:
    if st.button("Export", icon=":material/output:", key="export" + key):
        _show_export(shown)


def _offer_adopting(shown: ShownPrompt, key: str) -> None:
    champion = workspace().store.champions.current(shown.dataset_id)
    if champion is not None and (champion.prompt, champion.model) == (shown.prompt, shown.model):
        offer_way_back(shown.dataset_id, key)
        return
    wanted = Adoptable(shown.dataset_id, shown.prompt, shown.model, shown.branch, shown.words, key)
    offer_adoption(wanted, warning=shown.doubt)


def show_prompt(prompt: Prompt, template: TextTemplate | None = None) -> None:
    """Its fields as they are sent, empty ones named; between them the template, where the text is made of several
    columns."""
    for field in PROMPT_FIELDS:
        text = getattr(prompt, field)
        if text:
            st.caption(FIELDS[field])
            st.code(text, language=None, wrap_lines=True)
        if field == "user_prompt_prefix":
            show_template(template)
    empty = [FIELDS[field].lower() for field in PROMPT_FIELDS if not getattr(prompt, field)]
    if empty:
        st.caption("Empty: " + ", ".join(empty) + ".")
    if prompt.shortlist:
        st.caption(shortlist_in_words(prompt))
    if prompt.few_shot.examples and (prompt.few_shot.k or not prompt.shortlist):
        st.caption("Examples shown with it")
        st.dataframe(
            {
                "Text": [shot.text for shot in prompt.few_shot.examples],
                "Label": [shot.label for shot in prompt.few_shot.examples],
            },
            alt="Examples of the prompt",
        )


# ---- to be used elsewhere

NOT_ON_PAGE = ("python", "llm-rubric")  # both SDKs in one; of a run's judge alone
MOST_SHOWN = 20_000  # characters; the download has all


@st.dialog("Use this prompt elsewhere", width="large")
def _show_export(shown: ShownPrompt) -> None:
    """A format, the model that it names, what is in it, the download."""
    file = PromptFile(shown.prompt, shown.labels, shown.model, shown.template)
    wanted = export_of_prompt(
        workspace(), shown.dataset_id, file, shown.words, shown.branch, shown.reply_tokens
    )
    titles = {
        name: f"{each.title}: {each.use}" for name, each in PROMPT_FORMATS.items() if name not in NOT_ON_PAGE
    }
    with st.container(horizontal=True):
        fixed = shown.prompt.few_shot.strategy != "similar" and not shown.prompt.shortlist
        first = list(titles).index(
            "text" if fixed else "md"
        )  # a plain text holds no prompt that differs from text to text
        name = st.selectbox(
            "Format", list(titles), first, format_func=titles.__getitem__, key="export_format"
        )
        format = PROMPT_FORMATS[name]
        if format.asks is not None:
            wanted = replace(wanted, model=_choose_model(format, name, wanted.model))
    if name == "curl":
        wanted = replace(wanted, rows=wanted.rows[:1])
    try:
        text = prompt_in_format(wanted, name)
    except WhetstoneError as error:
        st.info(str(error))
        return
    if format.asks is not None and wanted.model != shown.model and shown.model:
        st.caption(
            escape_md(f"Tuned for {shown.model}: how well it does with another model is not measured.")
        )
    for notice in wanted.notices:
        st.caption(notice)
    st.code(text[:MOST_SHOWN], language=None, height=420, wrap_lines=format.asks is None)
    if len(text) > MOST_SHOWN:
        st.caption("This is the beginning. The download has all of it.")
    st.download_button(
        "Download",
        text,
        shown.file_name.removesuffix(".json") + "." + format.ending,
        key="download_export",
        icon=":material/download:",
        on_click="ignore",
        type="primary",
    )


def _choose_model(format: PromptFormat, name: str, own: str) -> str:
    """Which of those that the format can name: the prompt's own first."""
    able = [model for model in known_models("lightweight", (own,)) if format.asks and format.asks(model)]
    return st.selectbox("Model", able, key="export_model_" + name)
