"""What costs calls in the ledger: each rule left out, the shortest prompt looked for. The price is seen
before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.costs.price_words import price_in_words
from core.services import prompt_rules
from core.services.prompt_rules import Rulebook
from core.studies.rule_ledger import PromptRule
from core.tuning.session import OnProgress
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.keys import shared, typed_keys
from pages.ui.paid_action import PaidAction
from pages.ui.wording import count

FEWER = (100, 300)


def why_not(book: Rulebook) -> str:
    """Why nothing can be measured here, in a sentence; else empty."""
    if locked := no_spending():
        return locked
    if book.run.dataset_id not in {info.id for info in shell.workspace().store.datasets.all()}:
        return "Its dataset has been deleted."
    return "" if book.rows else "The run has no validation rows to measure rules on."


@st.dialog(
    "What is each rule worth?", width="medium", on_dismiss="rerun"
)  # which ends the script of whatever runs in it
def ask_ablation(book: Rulebook, rules: Sequence[PromptRule]) -> None:
    what = "The rule is" if len(rules) == 1 else f"Each of the {len(rules)} rules is"
    st.caption(
        f"{what} left out alone, and the validation rows are classified again without it. Rows that go wrong are what it is there for; "
        "rows that come right are what it spoils. Nothing is changed, and the test rows stay sealed."
    )
    most = _how_many(book)
    with shell.sentences():
        part = prompt_rules.price_of_ablation(book, rules, shared(), most)
        if not part.calls:
            st.info(
                "The prompt cannot do without it, so there is nothing to measure.", icon=":material/info:"
            )
            return
        st.text(price_in_words(part))
        name = "Measure it" if len(rules) == 1 else f"Measure {count(len(rules), 'rule')}"
        _begin(
            name,
            "ablate_now",
            "What has been measured is kept.",
            lambda on_progress: _ablate(book, rules, most, on_progress),
        )


@st.dialog("The shortest prompt that loses nothing", width="medium", on_dismiss="rerun")
def ask_simplify(book: Rulebook) -> None:
    st.caption(
        "Rules are left out one after the other, the most harmful and longest first, as long as the shorter prompt gets at least as many "
        "validation rows right. You see what went and what it saves, and decide whether to adopt it. The test rows stay sealed."
    )
    most = _how_many(book)
    with shell.sentences():
        part = prompt_rules.price_of_simplifying(book, shared(), most)
        if not part.calls:
            st.info("The prompt cannot do without any of its rules.", icon=":material/info:")
            return
        st.text("At most " + price_in_words(part))
        again = "Started again, it continues where it was: replies are kept."
        _begin("Simplify", "simplify_now", again, lambda on_progress: _simplify(book, most, on_progress))


def _how_many(book: Rulebook) -> int | None:
    """Of the validation rows; None for all of them. Asked only where there are many."""
    options = [most for most in FEWER if most < 0.8 * len(book.rows)] + [None]
    if len(options) == 1:
        return None
    return st.segmented_control(
        "Validation rows to use",
        options,
        default=options[-2],
        required=True,
        key="ledger_rows",
        format_func=lambda most: f"all {len(book.rows):,}" if most is None else f"{most:,}",
        help="Fewer rows cost less and prove less. It is the same choice of rows every time, each label with its share.",
    )


def _begin(name: str, key: str, ending: str, work: Callable[[OnProgress], str]) -> None:
    action = PaidAction(
        name, key, type="primary", counted="{what}. {done:,} of {total:,} calls", ending=ending
    )
    done = action.carry_out(work) if action.button() else None
    if done is not None:
        shell.say(done)
        st.rerun()


def _ablate(book: Rulebook, rules: Sequence[PromptRule], most: int | None, on_progress: OnProgress) -> str:
    findings = prompt_rules.ablated(shell.workspace(), book, rules, typed_keys(), most, on_progress)
    measured = sum(findings.of(rule) is not None for rule in rules)
    return f"{count(measured, 'rule')} measured."


def _simplify(book: Rulebook, most: int | None, on_progress: OnProgress) -> str:
    shorter = prompt_rules.simplified(shell.workspace(), book, typed_keys(), most, on_progress)
    return f"{count(len(shorter.removed), 'rule')} can go." if shorter.removed else "No rule can go."
