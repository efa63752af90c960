"""The prompt as a ledger: its rules in their order, where each came from, what it did, what it costs, what
happens without it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.services import prompt_rules
from core.services.prompt_rules import Rulebook, RuleMeasurements
from core.store.records import RunRecord
from core.studies.ablation import Ablation
from core.studies.rule_ledger import PromptRule
from core.studies.simplify import Simplified
from core.types import Branch
from core.wording import sentence
from pages.ui import shell
from pages.ui.diff_view import show_changes
from pages.ui.keys import shared
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.run_start import ShownPrompt
from pages.ui.runs.ledger.paid import ask_ablation, ask_simplify, why_not
from pages.ui.runs.ledger.rule import show_rule
from pages.ui.runs.steps import LoadedStep
from pages.ui.wording import count, escape_md, money, percent, shortened

STEP, CHAMPION = "step", "champion"
WORTH = {
    "helps": "#0F8B8D",
    "helps, not proven": "#5BA3A5",
    "no difference": "#8A9499",
    "no prediction changed": "#8A9499",
    "not decided": "#B9C0C3",
    "cannot go": "#B9C0C3",
    "harms, not proven": "#D08B4C",
    "harms": "#C8641B",
}

TALL, TALLER = (
    84,
    102,
)  # pixels of a line: four lines of a rule, or five where columns for what it is worth narrow it
SHOWN, FEWER = 180, 105  # characters that these hold; below the table stands all of the rule that is chosen


def show_ledger(run: RunRecord, loaded: LoadedStep) -> None:
    """The rules of the step's prompt, or of the champion that came of this run."""
    with shell.sentences():
        book, whose = _chosen(run, loaded)
        findings = prompt_rules.measurements(shell.workspace(), book)
        _show_head(book)
        rule = _show_table(book, findings, whose)
        if rule is None:
            st.caption("Choose a rule to see the rows behind its figures.")
        else:
            show_rule(book, rule, findings.of(rule), loaded.rows)
        if findings.simplified:
            _show_simplified(book, findings.simplified)


def _chosen(run: RunRecord, loaded: LoadedStep) -> tuple[Rulebook, str]:
    """The step's prompt, or the champion where it is another one of this run."""
    workspace = shell.workspace()
    champion = workspace.store.champions.current(run.dataset_id)
    other = champion is not None and champion.run_id == run.id and champion.prompt != loaded.prompt
    names = {STEP: f"The prompt of step {loaded.step.number}", CHAMPION: "The champion"}
    if (
        other
        and st.segmented_control(
            "Whose rules",
            list(names),
            default=STEP,
            required=True,
            format_func=names.get,
            key="rules_of",
            label_visibility="collapsed",
        )
        == CHAMPION
    ):
        return prompt_rules.rules(workspace, run.id, champion.step, champion.prompt), CHAMPION
    return prompt_rules.rules(workspace, run.id, loaded.step.number, loaded.prompt), STEP


def _show_head(book: Rulebook) -> None:
    """What it comes to, and what can be asked of all of it."""
    in_rules = sum(rule.tokens for rule in book.rules)
    usd = prompt_rules.per_thousand(book, book.tokens, shared())
    costs = (
        ""
        if not usd
        else f" It costs {money(usd)} per 1,000 classifications, the texts and the replies not counted."
    )
    why = why_not(book)
    carried = f"Every call carries about {book.tokens:,} tokens of prompt, {in_rules:,} of them in rules."
    st.text(f"{count(len(book.rules), 'rule')}. {carried}{costs}")
    if shell.workspace().read_only:
        return
    with st.container(
        horizontal=True, vertical_alignment="center"
    ):  # at the left: the table's own tools appear at its right end
        if st.button(
            "Measure each rule…",
            key="ablate_all",
            icon=":material/content_cut:",
            disabled=bool(why),
            help=why
            or (
                "Leaves out each rule in turn and classifies the validation rows again. The price comes first."
            ),
        ):
            ask_ablation(book, book.rules)
        if st.button(
            "Simplify…",
            key="simplify",
            icon=":material/compress:",
            disabled=bool(why),
            help=why
            or (
                "Looks for the shortest prompt that gets as many validation rows right. The price comes first."
            ),
        ):
            ask_simplify(book)
        st.caption(
            "Measure: what is each rule worth? Simplify: which rules can go? Both use the validation rows.",
            width="content",
        )


# ---- the table


def _show_table(book: Rulebook, findings: RuleMeasurements, whose: str) -> PromptRule | None:
    """In the order of the prompt; one rule can be chosen."""
    table = ledger_table(book, [findings.of(rule) for rule in book.rules])
    height = TALLER if "Worth" in table else TALL
    state = st.dataframe(
        table,
        hide_index=True,
        row_height=height,
        height="content" if len(book.rules) <= 10 else 10 * height + 38,
        column_config=_columns("Worth" in table),
        key=f"rules {book.run.id} {book.step} {whose}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="",
        alt="The rules of the prompt: where each came from, what it did when it was tried, what it costs",
    )
    chosen = [index for index in state.selection.rows if index < len(book.rules)]
    return book.rules[chosen[0]] if chosen else None


def ledger_table(book: Rulebook, measured: Sequence[Ablation | None]) -> pd.DataFrame:
    usd = [prompt_rules.per_thousand(book, rule.tokens, shared()) for rule in book.rules]
    table = pd.DataFrame(
        {
            "Rule": [shortened(rule.text, FEWER if any(measured) else SHOWN) for rule in book.rules],
            "From": [_from(rule) for rule in book.rules],
            "Fixed": pd.array(
                [len(rule.fixed) if _counted(rule) else None for rule in book.rules], dtype="Int64"
            ),
            "New mistakes": pd.array(
                [len(rule.broke) if _counted(rule) else None for rule in book.rules], dtype="Int64"
            ),
            "Tokens": [rule.tokens for rule in book.rules],
        }
    )
    if any(usd):
        table["$ per 1,000"] = usd
    if any(measured):
        table["Worth"] = [[each.worth] if each else [] for each in measured]
        table["Without it"] = [_without(each) for each in measured]
        compared = [each.verdict.comparison if each else None for each in measured]
        table["Would break"] = pd.array(
            [len(each.broke) if each else None for each in compared], dtype="Int64"
        )
        table["Would fix"] = pd.array([len(each.fixed) if each else None for each in compared], dtype="Int64")
    return table


def _counted(rule: PromptRule) -> bool:
    return rule.tried is not None and rule.tried.comparison is not None


def _from(rule: PromptRule) -> str:
    return "Start" if rule.step == 0 else "By hand" if rule.step is None else f"Step {rule.step}"


def _without(ablation: Ablation | None) -> str:
    """81.2 % → 79.0 %"""
    if ablation is None or ablation.before is None or ablation.after is None:
        return ""
    return f"{percent(ablation.before)} → {percent(ablation.after)}"


def _columns(measured: bool) -> dict[str, object]:
    """All in sight on a screen of 1,440 pixels, the rule with what it did on one of 820; all grow."""
    column = st.column_config
    return {
        "Rule": column.TextColumn(width=170 if measured else 250),
        "From": column.TextColumn(
            width=62, help="The step that brought the rule; Start: it was in the prompt the run began with"
        ),
        "Fixed": column.NumberColumn(
            width=58, help="Rows that came right when the rule was tried, in the step that brought it"
        ),
        "New mistakes": column.NumberColumn(
            width=90, help="New mistakes when the rule was tried: rows that were right before"
        ),
        "Tokens": column.NumberColumn(
            width=62, help="About what the rule adds to every call (four bytes a token)"
        ),
        "$ per 1,000": column.NumberColumn(
            width=82, format="$%.4f", help="What that costs in 1,000 classifications"
        ),
        "Worth": column.MultiselectColumn(
            width=158,
            options=list(WORTH),
            color=list(WORTH.values()),
            help="Measured by leaving the rule out. Not proven: so few rows moved that it may be luck. Cannot go: the prompt needs it",
        ),
        "Without it": column.TextColumn(
            width=126, help="Accuracy on the validation rows with the rule → without it"
        ),
        "Would break": column.NumberColumn(
            width=86, help="Validation rows that are right only with the rule"
        ),
        "Would fix": column.NumberColumn(width=72, help="Validation rows that come right without the rule"),
    }


# ---- the shortest prompt


def _show_simplified(book: Rulebook, result: Simplified) -> None:
    st.subheader("The shortest prompt that loses nothing", anchor=False)
    if not result.removed:
        why = (
            result.verdict.reason
            if result.verdict.comparison is None
            else "without any one of them rows are lost"
        )
        st.info(escape_md(sentence("no rule can go: " + why) + _ended(result)), icon=":material/verified:")
        return
    saved = 1 - result.tokens_after / max(result.tokens_before, 1)
    usd = prompt_rules.per_thousand(book, result.tokens_before - result.tokens_after, shared())
    facts, deeds = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with facts:
        st.text(
            f"Without {len(result.removed)} of the {count(len(book.rules), 'rule')}, every call carries about "
            f"{result.tokens_after:,} tokens of prompt instead of {result.tokens_before:,}: {percent(saved)} less"
            f"{f', {money(usd)} per 1,000 classifications' if usd else ''}. Validation rows: {percent(result.before)} before, "
            f"{percent(result.after)} after; {result.verdict.reason}."
        )
    with deeds:
        show_prompt_actions(_shown(book, result), "_simplified")
    st.caption(
        escape_md(
            f"A rule went when the prompt without it got at least as many of the {count(_n(result), 'validation row')} right. "
            f"{count(result.looks, 'shorter prompt')} were compared on these same rows, so a small gain may be luck, "
            "and a rule for rare cases may have looked useless. The test rows were not read." + _ended(result)
        )
    )
    show_changes(book.prompt, result.prompt, "It is the same prompt.")


def _n(result: Simplified) -> int:
    return result.verdict.comparison.n if result.verdict.comparison else 0


def _ended(result: Simplified) -> str:
    return f" It ended early: {result.unfinished}" if result.unfinished else ""


def _shown(book: Rulebook, result: Simplified) -> ShownPrompt:
    settings, name = book.run.settings, f"step {book.step} of {book.run.name}"
    return ShownPrompt(
        book.run.dataset_id,
        result.prompt,
        f"{name}, made shorter",
        settings.lightweight,
        book.labels.names,
        Branch(book.run.id, book.step),
        locked=settings.locked,
        reply_tokens=settings.reply_tokens,
        file_name=f"prompt-step-{book.step}-short.json",
    )
