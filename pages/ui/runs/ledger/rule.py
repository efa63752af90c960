"""One rule of the ledger: its whole text, what is known of it in sentences, and the rows behind the
figures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.metrics.comparison import comparison_in_words, mistakes_in_words
from core.services.prompt_rules import Rulebook
from core.studies.ablation import Ablation
from core.studies.rule_ledger import PromptRule
from core.types import Comparison, Decision, Example
from pages.ui import shell
from pages.ui.address import turn_to
from pages.ui.mistakes import label_column
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.runs.ledger.paid import ask_ablation, why_not
from pages.ui.wording import count, percent

WHAT = {
    "written for": "#8A9499",
    "fixed when tried": "#0F8B8D",
    "new when tried": "#C8641B",
    "new without it": "#C8641B",
    "fixed without it": "#0F8B8D",
}


def show_rule(
    book: Rulebook, rule: PromptRule, ablation: Ablation | None, rows: Mapping[str, Example]
) -> None:
    with st.container(border=True):
        st.code(rule.text, language=None, wrap_lines=True)
        facts, table = st.columns([2, 3], gap="medium")
        with facts:
            for sentence in facts_of(rule, ablation):
                st.text(sentence)
            _show_buttons(book, rule, ablation)
        with table:
            _show_rows(book, rule, ablation, rows)


def facts_of(rule: PromptRule, ablation: Ablation | None) -> list[str]:
    """What is known of the rule, in sentences."""
    came = (
        f"From the {rule.origin}"
        if rule.step == 0
        else f"Written {rule.origin}"
        if rule.step is None
        else f"From {rule.origin}"
    )
    facts = [
        came
        + (f", written for {count(len(rule.rows), 'mistake')} that the step was shown." if rule.rows else ".")
    ]
    if rule.tried:
        facts.append(_tried(rule))
    if ablation is None:
        facts.append("What happens without it has not been measured.")
    elif ablation.verdict.comparison is None:
        facts.append(ablation.verdict.reason)
    else:
        facts.append(_without(ablation, ablation.verdict.comparison))
    return facts


def _tried(rule: PromptRule) -> str:
    refused = ", and was refused" if rule.tried.decision is Decision.REJECTED else ""
    if rule.tried.comparison is None:
        return f"When it was tried: {rule.tried.reason}{refused}."
    whole = (
        f"Tried together with {count(rule.together - 1, 'other line')}"
        if rule.together > 1
        else "When it was tried"
    )
    moved = mistakes_in_words(len(rule.fixed), len(rule.broke))
    return f"{whole}: {moved}, on {count(rule.tried.comparison.n, 'row')}{refused}."


def _without(ablation: Ablation, compared: Comparison) -> str:
    """Without it: 81.2 % → 79.0 % on 120 validation rows …"""
    change = f"Without it: {percent(ablation.before)} → {percent(ablation.after)} on {count(compared.n, 'validation row')}"
    if not compared.fixed and not compared.broke:
        return change + ". No prediction changed: none of these rows depends on it."
    return f"{change}: {comparison_in_words(compared)}."


def _show_buttons(book: Rulebook, rule: PromptRule, ablation: Ablation | None) -> None:
    with st.container(horizontal=True):
        if rule.step is not None:
            st.button(
                f"Open step {rule.step}",
                key="open_step",
                icon=":material/arrow_upward:",
                on_click=_open_step,
                args=(rule.step,),
                help="The step that brought it: its reflection, its edits, its verdict",
            )
        if not shell.workspace().read_only and (ablation is None or ablation.verdict.comparison is None):
            why = why_not(book)
            if st.button(
                "Measure it…",
                key="ablate_one",
                icon=":material/content_cut:",
                disabled=bool(why),
                help=why or ("Classifies the validation rows without this rule. The price comes first."),
            ):
                ask_ablation(book, (rule,))


def _open_step(number: int) -> None:
    turn_to("step", number)
    turn_to("view", "steps")


def _show_rows(
    book: Rulebook, rule: PromptRule, ablation: Ablation | None, rows: Mapping[str, Example]
) -> None:
    compared = ablation.verdict.comparison if ablation else None
    roles = {
        "new without it": compared.broke if compared else (),
        "fixed without it": compared.fixed if compared else (),
        "new when tried": rule.broke,
        "fixed when tried": rule.fixed,
        "written for": rule.rows,
    }
    together: dict[str, list[str]] = {}
    for role, ids in roles.items():
        for identity in ids:
            if identity in rows:
                together.setdefault(identity, []).append(role)
    if not together:
        st.caption("No rows are known that this rule was written for, fixed or got wrong.")
        return
    table = pd.DataFrame(
        {
            "What": list(together.values()),
            "Text": [rows[identity].text for identity in together],
            "Correct": [[rows[identity].label] for identity in together],
        }
    )
    show_row_table(
        RowTable(
            book.run.dataset_id,
            tuple(together),
            alt="The rows behind the figures of the chosen rule",
            context=RowContext(
                f"Rows of a rule, {book.run.name}",
                book.run.id,
                facts={identity: "" + ", ".join(named) for identity, named in together.items()},
                then=rows,
            ),
        ),
        table,
        {
            "What": st.column_config.MultiselectColumn(
                width=190, options=list(WHAT), color=list(WHAT.values())
            ),
            "Text": st.column_config.TextColumn(width=340),
            "Correct": label_column("Correct", book.labels.names, 110),
        },
        key=f"rows of rule {book.run.id} {book.step} {rule.text}",
    )
