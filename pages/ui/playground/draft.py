"""A prompt changed on the spot: its fields to type in, what differs, and its score on the validation rows,
priced first."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.costs.call_price import CallPrice
from core.costs.price_words import price_in_words
from core.errors import WhetstoneError
from core.metrics.comparison import comparison_in_words
from core.prompts.files import prompt_key
from core.services.evaluation import draft_score
from core.services.playground import PromptedModel, RequestOptions
from core.similarity.shortlist import with_few_shot
from core.store.records import DatasetInfo
from core.types import PROMPT_FIELDS, Prompt
from core.wording import FIELDS
from pages.ui import shell
from pages.ui.diff_view import show_changes
from pages.ui.keys import shared, typed_keys
from pages.ui.paid_action import PaidAction, session_results
from pages.ui.playground.examples import edit_examples, reset_examples
from pages.ui.playground.sides import Chair
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.run_start import ShownPrompt
from pages.ui.wording import count, escape_md, with_interval

RESULTS = "drafts scored"
HEIGHTS = {"system_prompt": 220, "user_prompt_prefix": 80, "user_prompt_suffix": 110, "bot_reply_prefix": 68}


def edit_prompt(chair: Chair, dataset: DatasetInfo, switches: RequestOptions) -> Prompt:
    """The draft as typed: what the fields hold now."""
    base = chair.chosen.prompt
    with st.container(border=True, key="draft" + chair.slot):
        st.markdown(f"**Draft of {escape_md(chair.name)}**")
        halves = st.grid(2, min_column_width=300, gap=("small", "large"))
        with halves.cell():
            draft = replace(
                base, **{field: _field(chair, field, getattr(base, field)) for field in PROMPT_FIELDS}
            )
            examples = edit_examples(base, dataset, chair.chosen.labels, _key(chair, "examples"))
            draft = with_few_shot(draft, examples)
        with halves.cell():
            st.caption("Changes from the original prompt")
            show_changes(base, draft, "Nothing yet.")
            with st.container(horizontal=True):
                st.button(
                    "Start over",
                    icon=":material/undo:",
                    key="start_over" + chair.slot,
                    disabled=draft == base,
                    on_click=_start_over,
                    args=(chair,),
                )
            shown = ShownPrompt(
                dataset.id,
                draft,
                "a draft",
                chair.model,
                chair.chosen.labels,
                reply_tokens=chair.chosen.reply_tokens,
                file_name="draft.json",
            )
            show_prompt_actions(shown, "_draft" + chair.slot, playground=False)
            _offer_score(chair, dataset, chair.side(draft, switches), switches.structured)
    return draft


def _key(chair: Chair, field: str) -> str:
    return f"draft{chair.slot} {prompt_key(chair.chosen.prompt)} {field}"


def _field(chair: Chair, field: str, before: str) -> str:
    key = _key(chair, field)
    if key not in st.session_state:
        st.session_state[key] = before
    return st.text_area(FIELDS[field], height=HEIGHTS[field], key=key, persist_state="session")


def _start_over(chair: Chair) -> None:
    for field in PROMPT_FIELDS:
        st.session_state[_key(chair, field)] = getattr(chair.chosen.prompt, field)
    reset_examples(chair.chosen.prompt, _key(chair, "examples"))


def _offer_score(chair: Chair, dataset: DatasetInfo, draft: PromptedModel, structured: bool) -> None:
    """The price, the button, and what came of it for this very draft, model and rows."""
    results: dict[object, draft_score.DraftScore] = session_results(RESULTS)
    current = shell.workspace().store.champions.current(dataset.id)
    key = (
        dataset.id,
        dataset.version,
        draft,
        structured,
        current and (current.prompt, current.model),
    )
    try:
        match, prices = shell.workspace().cached(
            "match" + chair.slot,
            key,
            lambda: _priced(dataset.id, draft),
        )
    except WhetstoneError as problem:
        st.caption(escape_md(str(problem)))
        return
    other = "the champion" if match.champion else "the starting prompt"
    priced = " ".join(
        (f"{part.model}: " if len(prices) > 1 else "") + price_in_words(part) for part in prices
    )
    action = PaidAction(
        "Score this draft on validation",
        "score" + chair.slot,
        icon=":material/straighten:",
        opening="Reading the rows …",
        counted="{what}: {done:,} of {total:,} calls",
    )
    if action.button(not chair.ready):
        score = action.carry_out(
            lambda on_progress: draft_score.score(
                shell.workspace(), match, structured, typed_keys(), on_progress
            )
        )
        if score is not None:
            results[key] = score
    st.caption(escape_md(f"{count(len(match.rows), 'row')}, against {other} on the same rows. " + priced))
    if match.left_out:
        st.caption(escape_md(match.left_out + "."))
    if key in results:
        _show(results[key], other)


def _priced(dataset_id: str, draft: PromptedModel) -> tuple[draft_score.Match, tuple[CallPrice, ...]]:
    match = draft_score.match(shell.workspace(), dataset_id, draft)
    return match, draft_score.price(match, shared())


def _show(score: draft_score.DraftScore, other: str) -> None:
    own, against = score.draft.metrics, score.other.metrics
    with st.container(horizontal=True, gap="large"):
        for name, figures in (("Draft", own), (other[0].upper() + other[1:], against)):
            with st.container(width="content", gap=None):
                st.caption(escape_md(name))
                st.markdown(
                    "**"
                    + escape_md(
                        with_interval(figures.accuracy, figures.interval) if figures.n else "not scored"
                    )
                    + "**"
                )
    st.text(f"Against {other}: {comparison_in_words(score.comparison)}.")
    failed = own.failed + against.failed
    if failed:
        st.caption(f"{count(failed, 'failed call')} counted nowhere.")
