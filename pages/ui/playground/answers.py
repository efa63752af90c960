"""What came back: one text as a card per side, several as a table whose rows open as cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.confidence.cascade import AnsweredBy
from core.services.cascade.words import cascade_in_words
from core.services.neighbour_index import SOURCE_TITLES
from core.services.playground import PromptedModel
from core.services.serving.classification import Classification
from core.store.records import RowQuery
from core.types import Outcome
from pages.ui.answers import IN_TABLE, NO_LABEL, show_label
from pages.ui.mistakes import label_column
from pages.ui.playground.feedback import Judged, ask_feedback
from pages.ui.playground.sides import Chair
from pages.ui.row_panel.state import RowContext, open_row
from pages.ui.shell import workspace
from pages.ui.wording import count, duration, escape_md, money

NOT_ANSWERED = "Better not answered: it is too unsure."
CUT_OFF = " “What if…” has how long they may be; or the prompt asks for a shorter reason."


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one side, under its name."""

    name: str
    labels: tuple[str, ...]
    answers: tuple[Classification, ...]


def answers_of(
    chairs: Sequence[Chair],
    sides: Sequence[PromptedModel],
    answered: Sequence[tuple[PromptedModel, tuple[Classification, ...]]],
) -> tuple[list[Column], list[str]]:
    """What is there of each side as it is now, and the letters of those that were not asked. Of two alike each has
    answers of its own."""
    columns, waiting, left = list[Column](), list[str](), list(answered)
    for chair, side in zip(chairs, sides, strict=True):
        place = next((place for place, (asked, _) in enumerate(left) if asked == side), None)
        if place is None:
            waiting.append(chair.letter)
        else:
            columns.append(Column(chair.name, side.labels, left.pop(place)[1]))
    return columns, waiting


def show_columns(columns: Sequence[Column], dataset_id: str) -> None:
    """One text: a card per side. Several: a table."""
    if len(columns[0].answers) == 1:
        _show_cards(columns, 0, dataset_id)
        return
    state = st.dataframe(
        answers_table(columns),
        hide_index=True,
        row_height=62 if len(columns) == 1 else 36,
        alt="Texts with their labels",
        key="answers",
        on_select="rerun",
        selection_mode="single-row",
        column_config=_config(columns),
    )
    _say_all(columns)
    chosen = [index for index in state.selection.rows if index < len(columns[0].answers)]
    if chosen:
        st.text(columns[0].answers[chosen[0]].text)
        _show_cards(columns, chosen[0], dataset_id)
    else:
        st.caption(
            "Choose a row to see the reason and the examples shown with it, and to say whether it is right."
        )


def _show_cards(columns: Sequence[Column], index: int, dataset_id: str) -> None:
    if len(columns) == 1:
        show_card(columns[0].answers[index], columns[0].labels, dataset_id)
        return
    grid = st.grid(len(columns), min_column_width=230, gap=("small", "medium"), border=True)
    for column in columns:
        with grid.cell():
            st.caption(escape_md(column.name))
            show_card(column.answers[index], column.labels, dataset_id)


def show_card(answer: Classification, labels: tuple[str, ...], dataset_id: str, at: str = "") -> None:
    """Label and reason, what it took, the place for feedback, neighbours, the raw reply."""
    if answer.outcome is Outcome.FAILED:
        st.error(escape_md(answer.error or "The call failed."), icon=":material/cloud_off:")
        return
    local, sureness = answer.answered_by == AnsweredBy.LOCAL, " ".join(cascade_in_words(answer))
    if answer.outcome is Outcome.LABEL:
        show_label(answer.label, labels)
    elif answer.outcome is Outcome.ABSTAINED:
        st.warning(escape_md(sureness or NOT_ANSWERED), icon=":material/pan_tool:")
    else:
        reply = " It says: " + escape_md(answer.said) if answer.said else ""
        cut_off = answer.outcome is Outcome.UNREADABLE and answer.error
        words = escape_md(answer.error) + CUT_OFF if cut_off else NO_LABEL[answer.outcome] + reply
        st.warning(words, icon=":material/content_cut:" if cut_off else ":material/help:")
    if answer.reason and not local:
        st.text(answer.reason)
    if sureness and answer.outcome is not Outcome.ABSTAINED:
        st.caption(escape_md(sureness))
    if not local:
        st.caption(escape_md(took_in_words(answer)))
    ask_feedback(
        Judged(dataset_id, answer.prediction_id, answer.label, labels, at=at, several=answer.several)
    )
    _open_row(answer, dataset_id, at)
    if answer.examples:
        with st.expander(
            f"{count(len(answer.examples), 'similar row')} shown with it", icon=":material/group_work:"
        ):
            show_neighbours(answer, labels)
            if answer.examples_from is not None:
                st.caption(SOURCE_TITLES[answer.examples_from])
    if answer.reply or not (answer.again or local):
        with st.expander("Raw reply", icon=":material/notes:"):
            st.code(answer.reply or "(empty)", language=None, wrap_lines=True)


def _open_row(answer: Classification, dataset_id: str, at: str) -> None:
    """Where the text is that of a row."""
    found = workspace().store.rows.page(dataset_id, RowQuery(search=answer.text)).rows
    row = next((row for row in found if row.text == answer.text), None)
    if row is not None:
        st.button(
            "Open the row with this text",
            icon=":material/open_in_full:",
            key=f"row {answer.prediction_id}{at}",
            type="tertiary",
            on_click=open_row,
            args=(dataset_id, row.id, (), RowContext("Row of the dataset")),
        )


def show_neighbours(answer: Classification, labels: Sequence[str]) -> None:
    """Most similar first; the prompt has them the other way round."""
    neighbours = answer.examples[::-1]
    st.dataframe(
        pd.DataFrame(
            {
                "Similarity": [each.similarity for each in neighbours],
                "Label": [[each.label] for each in neighbours],
                "Text": [each.text for each in neighbours],
            }
        ),
        hide_index=True,
        alt="Rows that were shown, with their similarity",
        height="content" if len(neighbours) < 9 else 320,
        column_config={
            "Similarity": st.column_config.ProgressColumn(
                format="%.2f", min_value=0.0, max_value=1.0, width=110
            ),
            "Label": label_column("Label", labels, 120),
            "Text": st.column_config.TextColumn(width=260),
        },
    )


def took_in_words(answer: Classification) -> str:
    """offline:reader · 181 tokens in, 25 out · 0.4 s · $0.0001, or that it came from the cache."""
    if answer.again:
        return f"{answer.model} · answered before"
    tokens = f"{answer.model} · {answer.usage.input:,} tokens in, {answer.usage.output:,} out"
    tokens += " (estimated)" if answer.usage.estimated else ""
    if answer.cached:
        return tokens + " · from the cache, nothing paid"
    seconds = answer.seconds
    length = "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
    return " · ".join([tokens, length, money(answer.cost_usd)])


def answers_table(columns: Sequence[Column]) -> pd.DataFrame:
    columns_by_name: dict[str, list] = {"Text": [answer.text for answer in columns[0].answers]}
    for column in columns:
        name = _title(column) if len(columns) == 1 else column.name
        columns_by_name[name] = [[answer.label or IN_TABLE[answer.outcome]] for answer in column.answers]
    if len(columns) == 1:
        columns_by_name["Reason"] = [
            answer.reason or answer.error or answer.said for answer in columns[0].answers
        ]
    return pd.DataFrame(columns_by_name)


def _title(column: Column) -> str:
    return "Label" if column.labels else "Answer"


def _config(columns: Sequence[Column]) -> dict[str, object]:
    if len(columns) == 1:
        return {
            "Text": st.column_config.TextColumn(width=180),
            _title(columns[0]): label_column(_title(columns[0]), columns[0].labels, 110),
            "Reason": st.column_config.TextColumn(width=220),
        }
    return {"Text": st.column_config.TextColumn(width=320)} | {
        column.name: label_column(column.name, column.labels, 170) for column in columns
    }


def _say_all(columns: Sequence[Column]) -> None:
    """How often sides differ, and per side what it took."""
    outcomes = [[(answer.outcome, answer.label) for answer in column.answers] for column in columns]
    if len(columns) > 1:
        differ = sum(len(set(each)) > 1 for each in zip(*outcomes, strict=True))
        st.caption(f"{differ:,} of {count(len(outcomes[0]), 'text')} predicted differently.")
    for column in columns:
        answers = column.answers
        paid, failed = (
            [each for each in answers if not each.cached],
            [each for each in answers if each.outcome is Outcome.FAILED],
        )
        known = all(each.cost_usd is not None for each in paid)
        parts = [count(len(answers), "text"), f"{len(answers) - len(paid):,} from the cache"]
        parts.append(money(sum(each.cost_usd for each in paid) if known else None))
        parts += [f"{len(failed):,} failed"] if failed else []
        local = sum(each.answered_by == AnsweredBy.LOCAL for each in answers)
        parts += [f"{local:,} by the local model"] if local else []
        unsure = sum(each.outcome is Outcome.ABSTAINED for each in answers)
        parts += [f"{unsure:,} better not answered"] if unsure else []
        st.caption(escape_md((f"{column.name}: " if len(columns) > 1 else "") + " · ".join(parts)))
