"""Where a dataset stands: its rows, its latest run, its champion prompt."""

from __future__ import annotations

import streamlit as st

from core.metrics.metrics import by_score
from core.scoring.judge import is_judge
from core.services.champions import (
    adoptions,
    branch_of,
    champion_evaluations,
    champion_file,
    champion_reply_tokens,
    origin_in_words,
)
from core.services.next_step import DatasetStatus, drawback, headline, outcome
from core.services.runs import best_step
from core.store.records import Champion, DatasetInfo, RowCounts, RunRecord, RunStatus
from core.types import PROMPT_FIELDS
from core.wording import FIELDS, constant_in_words, right_in_words
from pages.ui import shell
from pages.ui.champion.history import show_history
from pages.ui.charts import FIGURE, accuracy_chart, chart_in_words, label_counts_chart
from pages.ui.dataset.importing.label_doubt import SCORERS
from pages.ui.dataset.text_template import show_template
from pages.ui.prompt_actions import offer_export
from pages.ui.run_start import ShownPrompt
from pages.ui.runs.head import STATUS
from pages.ui.runs.objective import objective_sentence
from pages.ui.runs.replay import replay_of
from pages.ui.wording import count, escape_md, percent, points, with_interval

BELOW = "The figures below are by the labels of the run."
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test", "": "not yet split"}


def data_card(standing: DatasetStatus) -> None:
    counts, labels = standing.counts, standing.info.labels.names
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Data", anchor=False)
        named = f"in {count(len(labels), 'label')}" if labels else "· no label is named yet"
        if scorer := standing.info.scorer:
            named, labels = f"· answers scored by {escape_md(scorer_in_words(scorer))}", ()
        st.caption(f"{count(counts.total, 'row')} {named} · {splits_in_words(counts)}")
        if labels:
            st.plotly_chart(
                label_counts_chart(counts.labels, standing.info.labels, sum(counts.splits.values())),
                key="overview_labels",
                config=FIGURE,
                alt="Rows per label, most frequent first",
            )
        st.caption(marks_in_words(counts))


def scorer_in_words(name: str) -> str:
    """“the same but for case and spaces”; a judge, and a form of one's own as it was typed."""
    if is_judge(name):
        return "a judge"
    words = SCORERS.get(name)
    return f"“{words[0].lower()}{words[1:]}”" if words else name


def splits_in_words(counts: RowCounts) -> str:
    """training 150, validation 75, test 75, excluded 3: they add up"""
    if set(counts.splits) <= {""}:
        return "held-out rows are chosen at the first run"
    parts = [f"{SPLIT_WORDS[split]} {number:,}" for split, number in counts.splits.items()]
    parts += [f"without a label {counts.unlabelled:,}"] if counts.unlabelled else []
    return ", ".join([*parts, f"excluded {counts.excluded:,}"] if counts.excluded else parts)


def marks_in_words(counts: RowCounts) -> str:
    """12 excluded, 34 with a note, 8 canonical; and, where there are any, those without a label, in doubt,
    edited by hand, reviewed"""
    parts = [f"{counts.unlabelled:,} without a label"] if counts.unlabelled else []
    parts += [
        f"{counts.excluded:,} excluded",
        f"{counts.noted:,} with a note",
        f"{counts.canonical:,} canonical",
    ]
    rest = ((counts.suspects, "in doubt"), (counts.edited, "edited by hand"), (counts.reviewed, "reviewed"))
    return " · ".join(parts + [f"{number:,} {word}" for number, word in rest if number])


def run_card(standing: DatasetStatus) -> None:
    run = (
        standing.finished
        if standing.latest and standing.latest.status is RunStatus.FINISHED
        else standing.latest
    )
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(
                f"Latest run: {escape_md(run.name)}" if run else "No run yet", anchor=False, width="content"
            )
            if run:
                word, icon, color = STATUS[run.status]
                st.badge(word, icon=icon, color=color)
        if run is None:
            st.caption("The chart of accuracy, step by step, appears here.")
        elif run.active:
            shell.fragment(_live, every=1.0)(run.id)
        else:
            _ended(run, standing.info)


def _live(run_id: str) -> None:
    """Polls the store until the run has ended, then draws the whole page once more."""
    run = shell.workspace().store.runs.get(run_id)
    if not run.active:
        shell.redraw_page()
    now = run.progress
    st.progress(now.done / now.total if now.total else 0.0, text=escape_md(now.what) or "Waiting to start")
    _trail(run)


def _ended(run: RunRecord, info: DatasetInfo) -> None:
    if run.result is not None:
        past = replay_of(run, info)
        _figures(run, f"{past.in_words} {BELOW}" if past else "")
    else:
        st.caption("It ended before its final scores were measured.")
    _trail(run)


def _figures(run: RunRecord, today: str) -> None:
    """`today`: what the labels of today make of it, where they are others than those of the run."""
    split, before, after = headline(run.result)
    said = "" if today and not drawback(run.result) else outcome(run.result)
    st.caption(escape_md(" ".join(filter(None, [said, today, objective_sentence(run)]))))
    if before is None:
        return
    graded = before.metrics.graded or after.metrics.graded
    first, best = by_score(before.metrics), by_score(after.metrics)
    gain = points(first.accuracy, best.accuracy) if run.result.best.step else None
    with st.container(horizontal=True, gap="medium"):
        part = f"{split}, mean score" if graded else split
        st.metric(f"Starting prompt, {part}", with_interval(first.accuracy, first.interval), width="content")
        st.metric(f"Best prompt, {part}", with_interval(best.accuracy, best.interval), gain, width="content")
        if graded:
            return
        st.metric(
            constant_in_words(run.settings.scorer).removeprefix("the ").capitalize(),
            percent(run.result.majority_accuracy),
            width="content",
            help=f"What always answering {constant_in_words(run.settings.scorer)} would score.",
        )


def _trail(run: RunRecord) -> None:
    figures = shell.workspace().store.steps.figures(run.id)
    if not figures:
        return
    majority = majority_of(run)
    st.plotly_chart(
        accuracy_chart(figures, majority, best=best_step(run, figures), scorer=run.settings.scorer),
        key=f"overview_trail_{run.id}",
        config=FIGURE,
        alt="Validation accuracy at each step of the latest run",
    )
    st.caption(chart_in_words(figures, majority, scorer=run.settings.scorer))


def majority_of(run: RunRecord) -> float:
    """What always giving the most frequent label would score: by the result, else by the rows that the starting
    prompt was measured on."""
    if run.result:
        return run.result.majority_accuracy
    figures = shell.workspace().store.steps.figures(run.id)
    supports = [label.support for label in figures[0].validation.per_label] if figures else []
    return max(supports, default=0) / (sum(supports) or 1)


def _score_of(champion: Champion, run: RunRecord | None) -> str:
    key = (champion.run_id, champion.adopted, run and (run.status, run.steps))
    return shell.workspace().cached("champion score", key, lambda: _score_in_words(champion))


def _score_in_words(champion: Champion) -> str:
    """57 of 104 right on the test rows; "" where its run has not read held-out rows with it, or is gone."""
    read = champion_evaluations(shell.workspace(), champion)
    for part in ("test", "validation"):
        if part in read:
            return f"{right_in_words(read[part].metrics)} on the {part} rows"
    return ""


def champion_card(standing: DatasetStatus) -> None:
    champion = standing.champion
    if champion is None:
        return
    run = next((run for run in standing.runs if run.id == champion.run_id), None)
    runs = {each.id: each for each in standing.runs}
    came = origin_in_words(champion, runs) if run else "adopted by hand"
    facts = ["Champion prompt", came, champion.model, _score_of(champion, run)]
    with st.expander(escape_md(" · ".join(filter(None, facts))), icon=":material/trophy:"):
        st.caption("History")
        show_history(adoptions(shell.workspace(), standing.info.id), runs)
        for field in PROMPT_FIELDS:
            if text := getattr(champion.prompt, field):
                st.caption(FIELDS[field])
                st.code(text, language=None, wrap_lines=True)
            if field == "user_prompt_prefix":
                show_template(standing.info.template)
        offer_export(_shown(champion, standing.info, came), key="_champion")


def _shown(champion: Champion, info: DatasetInfo, words: str) -> ShownPrompt:
    store = shell.workspace().store
    file = champion_file(store, champion, info)
    return ShownPrompt(
        info.id,
        champion.prompt,
        f"the champion, {words}",
        champion.model,
        file.labels,
        branch_of(champion),
        reply_tokens=champion_reply_tokens(store, champion),
        file_name="champion.json",
        template=file.template,
    )
