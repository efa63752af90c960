"""What a new run begins with: a prompt made from the labels, one's own, the champion, a step of a run, or one that
was taken along from another page; and the lines of it that no edit may touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.data.prompt_files import read_prompt
from core.prompts.files import prompt_key
from core.prompts.render import render
from core.prompts.rules import field_lines
from core.prompts.starting_prompt import starting_prompt
from core.prompts.templates import ReadPrompt, label_notices
from core.services.branches import BranchStart, branch_start, locked_in
from core.services.versions.versions import version_chosen
from core.store.records import DatasetInfo
from core.types import Branch, Prompt, TextTemplate
from pages.ui.answers import show_messages
from pages.ui.new_run.form import choose_purpose
from pages.ui.prompt_actions import show_prompt
from pages.ui.run_plan import label_set_of
from pages.ui.run_start import STARTING, TAKEN, ShownPrompt, start_on
from pages.ui.runs.steps import BEST_NAME, step_in_words
from pages.ui.shell import sentences, workspace
from pages.ui.wording import escape_md, shortened

LABELS, OWN, CHAMPION, STEP, ALONG = "labels", "own", "champion", "step", "along"
NAMES = {
    LABELS: "From the labels",
    OWN: "Your own",
    CHAMPION: "The champion",
    STEP: "A step of a run",
    ALONG: "Taken along",
}
FOLLOWED = "run whose version is chosen"
OWN_TEXT, OWN_FILE, OWN_PROBLEM = "own_prompt", "own_prompt_file", "own prompt cannot be read"
HINT = "Sort tickets into bug and question.\n\nTicket: {{text}}"
FORMS = (
    "Text with {{text}} or {text} where the text to classify goes; a chat as JSON; promptfoo's prompts as JSON or YAML; or a "
    "prompt file of ours. Without a placeholder the text becomes the system prompt."
)
LOCKED = "No edit of the run touches these lines: a safety sentence, say, or the form of the answer, which comes first in the list."


@dataclass(frozen=True, slots=True)
class ChosenStart:
    """`changes` are for the settings; `ready`: there is a prompt to begin with."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    ready: bool = True


@dataclass(frozen=True, slots=True)
class _Begin:
    """`start` of None: made from the labels when the run is carried out."""

    prompt: Prompt
    start: Prompt | None
    branch: Branch | None = None
    locked: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def choose_start(dataset: DatasetInfo) -> ChosenStart:
    """The choice, a preview, the locked lines; where answers are scored, what is wanted."""
    champion = workspace().store.champions.current(dataset.id) is not None
    runs = any(run.steps for run in workspace().store.runs.all(dataset.id))
    taken: ShownPrompt | None = st.session_state.get(TAKEN)
    along = taken is not None and taken.dataset_id == dataset.id
    offered = {CHAMPION: champion, STEP: runs, ALONG: along}
    names = NAMES | ({LABELS: "From what is wanted"} if dataset.scorer else {})
    options = [option for option in NAMES if offered.get(option, True)]
    if st.session_state.get(STARTING) not in options:  # no default of the widget: other pages set it, too
        st.session_state[STARTING] = LABELS
    with st.container(border=True):
        chosen = st.segmented_control(
            "Starting prompt",
            options,
            required=True,
            format_func=(names | {ALONG: _capital(shortened(taken.words, 48))} if taken else names).get,
            key=STARTING,
            persist_state="session",
        )
        purpose = choose_purpose(dataset.scorer) if dataset.scorer else ""
        begin = _begin(chosen, dataset, purpose)
        if begin is None:
            return ChosenStart(ready=False)
        for notice in begin.notices:
            st.caption(":material/info: " + escape_md(notice))
        for notice in label_notices(begin.prompt, label_set_of(dataset).names):
            st.warning(escape_md(notice), icon=":material/label_off:")
        with st.expander("The prompt, and lines that must stay", expanded=chosen != LABELS):
            _preview(begin.prompt, dataset.template)
            locked = _choose_locked(begin)
    changes = {"start": begin.start, "branch": begin.branch, "locked": locked}
    return ChosenStart(changes | ({"purpose": purpose} if dataset.scorer else {}))


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _begin(chosen: str, dataset: DatasetInfo, purpose: str) -> _Begin | None:
    if chosen == OWN:
        read = _own(label_set_of(dataset).names)
        return read and _Begin(read.prompt, read.prompt, notices=read.notices)
    if chosen == STEP:
        branched = _step(dataset)
        return branched and _Begin(branched.prompt, branched.prompt, branched.branch, branched.locked)
    if chosen == ALONG:
        return _along()
    champion = workspace().store.champions.current(dataset.id) if chosen == CHAMPION else None
    if champion is not None:
        run = next(
            (each for each in workspace().store.runs.all(dataset.id) if each.id == champion.run_id), None
        )
        branch = Branch(champion.run_id, champion.step) if champion.run_id else None
        locked = locked_in(champion.prompt, run.settings.locked) if run else ()
        return _Begin(champion.prompt, champion.prompt, branch, locked)
    return _Begin(starting_prompt(label_set_of(dataset), purpose), None)


# ---- one's own


def _own(labels: tuple[str, ...]) -> ReadPrompt | None:
    text = st.text_area(
        "Paste your prompt", key=OWN_TEXT, persist_state="session", height=160, placeholder=HINT, help=FORMS
    )
    st.file_uploader(
        "Or upload a file: its text then stands above",
        type=["txt", "md", "json", "yaml", "yml"],
        max_upload_size=5,
        key=OWN_FILE,
        on_change=_take_file,
    )
    if OWN_PROBLEM in st.session_state:
        st.error(st.session_state.pop(OWN_PROBLEM), icon=":material/error:")
    if not text.strip():
        st.caption(escape_md(FORMS))
        return None
    with sentences():
        return read_prompt(text, labels)
    return None


def _take_file() -> None:
    """For `on_change`: the text of the file into the field, where it can be read and changed."""
    file = st.session_state.get(OWN_FILE)
    if file is None:
        return
    try:
        st.session_state[OWN_TEXT] = file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        st.session_state[OWN_PROBLEM] = "The file is not UTF-8 text: save it as UTF-8."


# ---- a step, or what was taken along


def _step(dataset: DatasetInfo) -> BranchStart | None:
    store = workspace().store
    begun = [run for run in store.runs.all(dataset.id) if run.steps]
    begun.sort(key=lambda run: bool(run.benchmark))  # one's own first: the newest of them is offered
    runs = {run.id: run for run in begun}
    boxes = st.grid(2, min_column_width=150)
    run_id = boxes.selectbox("Run", list(runs), format_func=lambda each: runs[each].name, key="start_run")
    _follow_version(run_id, dataset)
    steps = {step.number: step_in_words(step) for step in store.steps.figures(run_id)}
    number = boxes.selectbox(
        "Step",
        [None, *reversed(steps)],
        format_func=lambda each: steps.get(each, BEST_NAME),
        key="start_step_" + run_id,
    )
    with sentences():
        return branch_start(workspace(), run_id, number)
    return None


def _follow_version(run_id: str, dataset: DatasetInfo) -> None:
    """Once, when the run is chosen: what branches off a run that went back to a version does so, too."""
    followed = st.session_state.get(FOLLOWED) == run_id
    st.session_state[FOLLOWED] = run_id
    version = None if followed else version_chosen(workspace(), run_id)
    if version is not None and version != dataset.then:
        start_on(version)
        st.rerun()


def _along() -> _Begin:
    taken: ShownPrompt = st.session_state[TAKEN]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/start: It begins with " + escape_md(taken.words) + ".")
        st.button("Begin as usual", key="usual_start", type="tertiary", on_click=_leave)
    return _Begin(taken.prompt, taken.prompt, taken.branch, locked_in(taken.prompt, taken.locked))


def _leave() -> None:
    st.session_state.pop(TAKEN, None)
    st.session_state[STARTING] = LABELS


# ---- preview and locks


def _preview(prompt: Prompt, template: TextTemplate | None) -> None:
    view = st.segmented_control(
        "View",
        ["By field", "As it is sent"],
        default="By field",
        required=True,
        key="start_view",
        label_visibility="collapsed",
    )
    if view == "By field":
        show_prompt(prompt, template)
    else:
        show_messages(render(prompt, "(the text to classify)"))


def _choose_locked(begin: _Begin) -> tuple[str, ...]:
    lines = field_lines(begin.prompt)
    lines = tuple(sorted(lines, key=lambda line: "<label>" not in line.casefold()))
    return tuple(
        st.multiselect(
            "Locked lines",
            lines,
            default=list(begin.locked),
            key="locked " + prompt_key(begin.prompt),
            persist_state="session",
            placeholder="None: every line may be edited",
            help=LOCKED,
        )
    )
