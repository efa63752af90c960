"""What was found in a table: which column is what, how the rows will look, and the button that stores
them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.data.fields import EXTRAS, ColumnMap, Field, stable_id
from core.data.importing.columns import guess_columns, other_labels
from core.data.importing.judged_answers import guess_good_verdict, may_be_verdicts
from core.data.importing.label_columns import by_label_column
from core.data.importing.usable_rows import usable_rows
from core.data.table import Table
from core.data.templates import with_fields_of
from core.errors import DataError
from core.services.evaluation.scorers import answer_notices, checked_scorer
from core.store.records import DatasetInfo
from core.types import Dataset
from core.wording import listed
from pages.ui import shell
from pages.ui.dataset.importing.draft import (
    Incoming,
    Looked,
    check_tunable,
    doubt_of,
    remembered,
    rows_of,
    stored,
)
from pages.ui.dataset.importing.label_doubt import choose_meaning, scorer_key, show_doubt
from pages.ui.dataset.importing.odd_rows import ask_ways, chosen_ways
from pages.ui.dataset.importing.preview import preview_rows
from pages.ui.dataset.importing.report import look_over, offer_spellings, show_findings
from pages.ui.dataset.importing.template import ask_template
from pages.ui.dataset.importing.update import choose_target, joins_scored, offer_update
from pages.ui.dataset_status import scorer_in_words
from pages.ui.judges.good_label import ask_good
from pages.ui.wording import count, escape_md, shortened

MORE = "map_more_"  # begins the key of the widget for more label columns


def map_columns(table: Table, key: str, more: Callable[[], None]) -> ColumnMap:
    """The guess, for the user to correct; a shape that is known says itself which column is what. `more`
    draws further settings of the file. Raises DataError for a template that forgets a column."""
    place, unclear = st.empty(), ""
    try:
        guess = guess_columns(table, _fields_of_dataset(table))
    except DataError as problem:
        guess, unclear = _guess_text(table), str(problem)
    with st.container(horizontal=True, vertical_alignment="center" if table.known else "bottom"):
        if table.known:
            st.markdown(
                escape_md(f"The text is {listed(guess.text)}, the label “{guess.label}”: nothing to choose."),
                width="content",
            )
            with st.popover("Columns", icon=":material/view_column:"):
                columns = _choose(table, guess, key, more)
        else:
            text, label = _text_and_label(table, guess, key)
            with st.popover("Other columns", icon=":material/view_column:"):
                columns = _others(table, replace(guess, text=text, label=label), key, more)
    if unclear and not (columns.text and columns.label):
        place.warning(escape_md(unclear), icon=":material/help:")
    elif columns.label == guess.label and (others := other_labels(table, columns)):
        st.caption(
            f":material/help: Which column is the label is a guess: it might also be {escape_md(listed(others, 3))}."
        )
    return ask_template(table, columns, key)


def _fields_of_dataset(table: Table) -> ColumnMap:
    """The fields and the template of the dataset that is open, where the file has them all: it may be an update."""
    info = shell.dataset()
    has_all = info and info.template and set(info.template.fields) <= set(table.columns)
    return with_fields_of(ColumnMap(), table, info.template) if info and has_all else ColumnMap()


def _guess_text(table: Table) -> ColumnMap:
    try:
        return guess_columns(table, ColumnMap(unlabelled=True))
    except DataError:
        return ColumnMap()


def _choose(table: Table, guess: ColumnMap, key: str, more: Callable[[], None]) -> ColumnMap:
    text, label = _text_and_label(table, guess, key)
    return _others(table, replace(guess, text=text, label=label), key, more)


def _text_and_label(table: Table, guess: ColumnMap, key: str) -> tuple[tuple[str, ...], str]:
    columns = list(table.columns)
    text = st.multiselect(
        "Text",
        columns,
        default=list(guess.text),
        key=f"map_text_{key}",
        persist_state="session",
        width=360,
        help="Several columns are joined by a template, which you can change.",
    )
    chosen = st.session_state.get(f"map_label_{key}") or guess.label
    scored = joins_scored(key) or st.session_state.get(scorer_key(f"{key}_{chosen}"))
    label = st.selectbox(
        "Answer" if scored else "Label",
        columns,
        index=columns.index(guess.label) if guess.label else None,
        key=f"map_label_{key}",
        persist_state="session",
        width=240,
        placeholder="Choose a column",
    )
    return tuple(text), label or ""


def _others(table: Table, guess: ColumnMap, key: str, more: Callable[[], None]) -> ColumnMap:
    taken = {guess.label, *guess.text, *st.session_state.get(MORE + key, [])}
    guess = guess.apart_from(taken)
    chosen = {}
    for field in EXTRAS:
        options = ["", *(name for name in table.columns if name not in taken)]
        usual = guess.of(field)
        chosen[field.column] = _choose_column(field, options, usual if usual in options else "", key)
        taken.add(chosen[field.column])
    st.multiselect(
        "More label columns",
        [name for name in table.columns if name not in (guess.label, *guess.text)],
        key=MORE + key,
        persist_state="session",
        placeholder="none",
        help="Each becomes a dataset of its own, with the same texts and the same rows set aside.",
    )
    more()
    return replace(guess, **chosen)


def _choose_column(field: Field, options: list[str], guess: str, key: str) -> str:
    return st.selectbox(
        f"{field.title} ({field.meaning})" if field.meaning else field.title,
        options,
        index=options.index(guess),
        key=f"map_{field.column}_{key}",
        persist_state="session",
        help=field.help,
        format_func=lambda name: name or "none",
    )


def import_rows(incoming: Incoming) -> None:
    """Shows the rows as they would be stored, with everything that is odd about them, and stores them: as a
    new dataset, or as an update of the one there is. Nothing is shown until it is known where the labels are, or
    that there are none. Raises DataError."""
    incoming = replace(incoming, columns=chosen_ways(incoming.table, incoming.columns, incoming.key))
    if not incoming.columns.label and not incoming.columns.unlabelled:
        return
    asked, offer = st.container(), st.container()
    target = choose_target(incoming)
    with asked:
        meant = _scored_as(target, incoming) or choose_meaning(incoming)
    if meant is None:
        return
    head = st.container(horizontal=True, vertical_alignment="bottom")
    incoming = meant
    looked = _read(incoming)
    with offer:
        ask_ways(incoming.table, incoming.columns, looked.left_out, incoming.key)
        if not incoming.scorer:
            looked = offer_spellings(looked, target, incoming.key)
        report = look_over(looked)
    if target:
        offer_update(target, looked, incoming, head)
    else:
        check_tunable(looked, incoming.columns)
        with offer:
            _check_answers(looked, incoming)
            show_doubt(doubt_of(looked, incoming.columns))
            looked = _with_verdicts(looked, incoming)
        with head:
            _offer_new(looked, incoming)
    show_findings(report, looked.dataset, incoming.key, whole=not (target or incoming.scorer))
    notices = (*incoming.table.notices, *looked.notices)
    if notices:
        st.caption(f":material/info: {escape_md(' '.join(notices))}")
    preview_rows(
        looked, incoming, "The first rows of the file" if target else "The first rows, as they will be stored"
    )


def _scored_as(target: DatasetInfo | None, incoming: Incoming) -> Incoming | None:
    """Rows that join a dataset whose answers are scored are scored as its own are; None for all others."""
    if target is None or not target.scorer:
        return None
    columns = replace(incoming.columns, answers=True, bins=None, several="leave_out")
    return replace(incoming, columns=columns, scorer=target.scorer)


def _read(incoming: Incoming) -> Looked:
    """The rows; where none is left, the ways to keep some are offered beside the refusal. DataError."""
    try:
        return rows_of(incoming)
    except DataError:
        left_out = usable_rows(incoming.table, incoming.columns, [])[1]
        ask_ways(incoming.table, incoming.columns, left_out, incoming.key)
        raise


def _offer_new(looked: Looked, incoming: Incoming) -> None:
    dataset = looked.dataset
    name = st.text_input(
        "Name",
        value=shortened(incoming.name, 80),
        key=f"name_{incoming.key}",
        max_chars=120,
        width=360,
        persist_state="session",
    )
    pressed = st.button(
        f"Import {count(len(dataset.examples), 'row')}",
        type="primary",
        icon=":material/download_done:",
        key=f"import_{incoming.key}",
    )
    if pressed:
        with st.spinner("Storing the rows…"):
            dataset_id, sentence = _store(looked, incoming, name)
        stored(dataset_id, sentence)


def _check_answers(looked: Looked, incoming: Incoming) -> None:
    """Says what the scorer reads of answers that it was perhaps not meant for. DataError for one that it cannot score
    against."""
    if not incoming.scorer:
        return
    workspace, rows, scorer = shell.workspace(), looked.dataset.examples, incoming.scorer

    def look() -> tuple[str, ...]:
        checked_scorer(workspace, scorer, rows, scorer_in_words(scorer))
        return answer_notices(workspace, scorer, rows)

    for remark in remembered("answers", (looked.identity, scorer), look):
        st.warning(escape_md(remark), icon=":material/help:")


def _with_verdicts(looked: Looked, incoming: Incoming) -> Looked:
    """With the label that says an answer is good, which is asked where labels may be verdicts on answers."""
    labels = looked.dataset.labels
    if incoming.scorer or labels.several or not may_be_verdicts(incoming.columns, labels.names):
        return looked
    key = f"good_{incoming.key}_{stable_id(repr(labels.names))}"
    good = ask_good(labels.names, guess_good_verdict(labels.names), key)
    return replace(looked, dataset=_as_verdicts(looked.dataset, good))


def _store(looked: Looked, incoming: Incoming, name: str) -> tuple[str, str]:
    """The id of the dataset, or of the first where there are several label columns, and what to say."""
    workspace, origin = shell.workspace(), ", ".join(filter(None, (incoming.origin, looked.bins)))
    scorer = incoming.scorer
    labels = (incoming.columns.label, *st.session_state.get(MORE + incoming.key, []))
    if len(labels) == 1:
        named = replace(looked.dataset, name=name)
        return workspace.store.datasets.add(named, origin, scorer), _imported_in_words(looked, scorer)
    names = (name, not incoming.columns.unlabelled)
    first, *others = by_label_column(incoming.table, incoming.columns, labels, incoming.origin, names)
    made = [replace(first, dataset=_as_verdicts(first.dataset, looked.dataset.labels.good)), *others]
    ids = [workspace.store.datasets.add(result.dataset, origin, scorer) for result in made]
    rows = count(len(looked.dataset.examples), "row")
    return ids[0], f"Imported {rows} as {count(len(ids), 'dataset')}, one for each label column."


def _as_verdicts(dataset: Dataset, good: str) -> Dataset:
    known = good if good in dataset.labels.names else ""
    return replace(dataset, labels=replace(dataset.labels, good=known))


def _imported_in_words(looked: Looked, scorer: str) -> str:
    rows, labels = looked.dataset.examples, () if scorer else looked.dataset.labels.names
    words = f"Imported {count(len(rows), 'row')}" + (f" in {count(len(labels), 'label')}" if labels else "")
    if not looked.unlabelled:
        return words + "."
    which = "all" if looked.unlabelled == len(rows) else f"{looked.unlabelled:,}"
    return f"{words}, {which} of them without a label: label them on Review."
