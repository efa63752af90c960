"""Which prompt: the champion, the starting prompt, that of any step of any run of the dataset, one from a
file, or one tried before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import PromptError
from core.prompts.files import from_json
from core.prompts.starting_prompt import starting_prompt
from core.services.champions import champion_reply_tokens
from core.services.next_step import best_run
from core.services.playground import prompt_of_key
from core.store.records import Champion, DatasetInfo, RunRecord, RunStatus
from core.types import Prompt
from core.types.runs import REPLY_TOKENS
from pages.ui.run_plan import label_set_of
from pages.ui.run_start import OPENED, ShownPrompt
from pages.ui.runs.steps import BEST, BEST_NAME, load_step, step_in_words
from pages.ui.shell import sentences, workspace

CHAMPION, STARTING, FILE = "champion", "starting", "file"
TRIED = "tried "  # before the key of a prompt of the history
SECOND, BETTER = " B", "a better prompt was there"
CHOICES = ("whose_prompt", "whose_prompt" + SECOND)
LIMIT_MB = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """`model` is the lightweight model that the prompt was made for, "" where there is none; `labels` are
    those that it may answer; `reply_tokens` is how long its replies may be, as in its run; `name` is how it
    was chosen; `cascade` is the key of the champion's, where one answers with it."""

    prompt: Prompt
    model: str
    labels: tuple[str, ...]
    reply_tokens: int = REPLY_TOKENS
    name: str = ""
    cascade: str = ""


def runs_with_steps(dataset: DatasetInfo) -> list[RunRecord]:
    """The one that Overview recommends first, then finished ones; of benchmarks only those that are in use, or all
    where there are no others."""
    runs = [run for run in workspace().store.runs.all(dataset.id) if run.steps]
    champion = workspace().store.champions.current(dataset.id)
    best = _best_of(dataset, runs)
    used = {champion.run_id if champion else best, *map(st.session_state.get, CHOICES)}
    runs = [run for run in runs if not run.benchmark or run.id in used] or runs
    return sorted(runs, key=lambda run: (run.id != best, run.status is not RunStatus.FINISHED))


def _best_of(dataset: DatasetInfo, runs: Sequence[RunRecord]) -> str:
    """The id of the run to recommend, "" where there is none; looked for again when a run ends."""
    ends = dataset.id, tuple((run.id, run.status) for run in runs)
    best = workspace().cached("best run", ends, lambda: best_run(workspace().store, dataset.id))
    return best.id if best else ""


def choose_prompt(dataset: DatasetInfo, slot: str = "") -> Chosen | None:
    """Two choices at most: whose prompt, and for a run which step. `slot` tells several choices on one page
    apart: the second is the starting prompt at first, where there is a better one to stand beside. None while
    a file is still to be chosen, or cannot be read."""
    champion = workspace().store.champions.current(dataset.id)
    runs = {run.id: run for run in runs_with_steps(dataset)}
    options = [*([CHAMPION] if champion else []), *runs, STARTING, FILE]
    key = "whose_prompt" + slot
    if len(options) > 2:
        _begin_with_better(slot, key, options[0])
    chosen = st.session_state.get(key)
    tried = (
        prompt_of_key(workspace(), dataset.id, chosen.removeprefix(TRIED))
        if isinstance(chosen, str) and chosen.startswith(TRIED)
        else None
    )
    if tried is not None:
        options.append(chosen)
    opened: ShownPrompt | None = st.session_state.get(OPENED)
    if opened is not None and opened.dataset_id == dataset.id:
        options.insert(0, OPENED)
    if (
        chosen is not None and chosen not in options
    ):  # set, not taken away: the browser would go on showing the old one
        st.session_state[key] = options[0]
    whose = st.selectbox(
        "Prompt",
        options,
        key=key,
        persist_state="session",
        format_func=lambda option: _name(option, champion, runs, opened),
    )
    labels = label_set_of(dataset)
    names = labels.names
    if whose in runs:
        return _of_run(workspace().store.runs.get(whose), names, slot)
    if whose == FILE:
        return _of_file(slot)
    name = _name(whose, champion, runs, opened)
    if whose == CHAMPION and champion:
        tokens = champion_reply_tokens(workspace().store, champion)
        return Chosen(champion.prompt, champion.model, names, tokens, name, champion.cascade)
    if whose == OPENED and opened is not None:
        return Chosen(opened.prompt, opened.model, opened.labels or names, opened.reply_tokens, name)
    if tried is not None and whose == chosen:
        return Chosen(tried.prompt, tried.model or "", tried.labels, name=name)
    purpose = next((run.settings.purpose for run in runs.values()), "")
    return Chosen(starting_prompt(labels, purpose), _usual_model(champion, runs), names, name=name)


def _usual_model(champion: Champion | None, runs: Mapping[str, RunRecord]) -> str:
    """Of the prompts that the starting prompt is compared with."""
    return champion.model if champion else next((run.settings.lightweight for run in runs.values()), "")


def _begin_with_better(slot: str, key: str, best: str) -> None:
    """At first, and when there was only the starting prompt before."""
    if slot == SECOND:
        st.session_state.setdefault(key, STARTING)
    elif not st.session_state.get(BETTER) and st.session_state.get(key) == STARTING:
        st.session_state[key] = best
    st.session_state[BETTER] = True


def _name(
    option: str, champion: Champion | None, runs: Mapping[str, RunRecord], opened: ShownPrompt | None
) -> str:
    if option == CHAMPION and champion:
        run = runs.get(champion.run_id)
        return "Champion" + (f" ({run.name}, step {champion.step})" if run else "")
    if option.startswith(TRIED):
        return "A prompt tried before"
    if option == OPENED and opened is not None:
        return opened.words[0].upper() + opened.words[1:]
    return {STARTING: "Starting prompt", FILE: "A prompt file…"}.get(option) or runs[option].name


def _of_run(run: RunRecord, labels: tuple[str, ...], slot: str) -> Chosen:
    """Its best prompt, or that of any step that was measured."""
    figures = workspace().store.steps.figures(run.id)
    by_number = {step.number: step for step in figures if step.validation is not None}
    names = {number: step_in_words(step) for number, step in by_number.items()} | {BEST: BEST_NAME}
    choice = st.selectbox(
        "Step",
        [BEST, *reversed(by_number)],
        key="playground_step_" + run.id + slot,
        persist_state="session",
        format_func=names.get,
    )
    settings = run.settings
    prompt, step = load_step(run, figures, choice).prompt, "best" if choice == BEST else f"step {choice}"
    return Chosen(prompt, settings.lightweight, labels, settings.reply_tokens, f"{run.name}, {step}")


def _of_file(slot: str) -> Chosen | None:
    """What was read last stays, as the uploader itself forgets its file when the page is left."""
    key = "prompt_file" + slot
    raw = st.file_uploader("Prompt file (JSON)", type=["json"], max_upload_size=LIMIT_MB, key=key)
    if raw is not None:
        st.session_state[key + " read"] = raw.name, raw.getvalue()
    if key + " read" not in st.session_state:
        st.caption("As it is downloaded from the Runs page, or written by `python -m core tune --out`.")
        return None
    name, content = st.session_state[key + " read"]
    if raw is None:
        st.text(name)
    with sentences():
        try:
            file = from_json(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise PromptError("The prompt file is not UTF-8 text: save it as UTF-8.") from None
        return Chosen(file.prompt, file.model or "", file.labels, name=name)
    return None
