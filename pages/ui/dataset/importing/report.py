"""What is odd about rows before they are stored: counts first, the rows on demand, and labels that may be one
offered as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.data.fields import stable_id
from core.data.importing.report import Report, new_spellings, row_report, spellings, unite_labels
from core.label_sets.sets import single_labels
from core.store.records import DatasetInfo
from core.types import Dataset
from pages.ui.dataset.importing.draft import Looked, remembered
from pages.ui.dataset.importing.report_tables import contradictions, long_texts, near, rare_labels, repeats
from pages.ui.wording import count, escape_md, shortened

AT_FIRST = 4  # groups of spellings; more are a click away
LONGEST_LABEL = 40


# ---- labels that may be one


def offer_spellings(looked: Looked, target: DatasetInfo | None, key: str) -> Looked:
    """The rows with the labels united that the user leaves ticked. They are at first: labels that differ in
    case or space alone no reply could tell apart. In an update the dataset's own labels lead, and stay apart
    if they are."""
    counts = Counter(single_labels(looked.dataset))
    groups = new_spellings(counts, target.labels.names) if target else spellings(counts)
    if not groups:
        return looked
    with st.container(border=True, gap="xsmall", key="spellings"):
        st.markdown(
            f"**{'A label that is' if len(groups) == 1 else 'Labels that are'} written in several ways.** Store as one?"
        )
        chosen = [group for group in groups[:AT_FIRST] if _ticked(group, counts, key)]
        if len(groups) > AT_FIRST:
            with st.expander(f"{count(len(groups) - AT_FIRST, 'more label')} of this kind"):
                chosen += [group for group in groups[AT_FIRST:] if _ticked(group, counts, key)]
    if not chosen:
        return looked
    identity = (looked.identity, tuple(chosen))
    return replace(
        looked,
        dataset=remembered("united", identity, lambda: unite_labels(looked.dataset, chosen)),
        identity=identity,
    )


def _ticked(group: Sequence[str], counts: Counter[str], key: str) -> bool:
    first, *others = group
    here = f"({count(counts[first], 'row')})" if counts[first] else "of the dataset"
    rows = ", ".join(f"{_label(label)} ({count(counts[label], 'row')})" for label in others)
    return st.checkbox(
        f"{rows} → {_label(first)} {escape_md(here)}",
        value=True,
        key=f"unite_{key}_{stable_id(repr(group))}",
        persist_state="session",
    )


def _label(label: str) -> str:
    return "“" + escape_md(shortened(label, LONGEST_LABEL)) + "”"


# ---- findings


@dataclass(frozen=True, slots=True)
class Finding:
    """`told` is the count in words, `meaning` what follows from it, `show` draws the rows."""

    title: str
    meaning: str
    show: Callable[[Report, Dataset], None]


def look_over(looked: Looked) -> Report:
    with st.spinner("Looking for repeats and contradictions…"):
        return remembered("report", looked.identity, lambda: row_report(looked.dataset))


def show_findings(report: Report, dataset: Dataset, key: str, whole: bool = True) -> None:
    """`whole`: the rows are all of a dataset. Of some rows for one it would say nothing that their labels are
    rare."""
    findings = _findings(report if whole else replace(report, rare=()))
    if not findings:
        rare = " no rare labels," if whole else ""
        st.caption(f":material/check: No repeats, no contradictions,{rare} no overlong texts.")
        return
    chosen = st.pills(
        "Found in the rows", list(findings), format_func=lambda name: findings[name].title, key=f"found_{key}"
    )
    if chosen in findings:
        findings[chosen].show(report, dataset)
        st.caption(findings[chosen].meaning)


def _findings(report: Report) -> dict[str, Finding]:
    """By kind, so that a choice outlives a change of the counts."""
    by_words = (
        ""
        if report.thorough
        else " In so many rows only texts that share most of their words are looked for."
    )
    extra = sum(len(group) - 1 for group in report.repeats)
    every = {
        "contradictions": (
            report.contradictions,
            Finding(
                f"{sum(len(each.rows) for each in report.contradictions):,} same text, another label",
                "Texts count as the same but for case, spaces and punctuation. No prompt gets all of these rows right: "
                "they are stored as they are, and Review shows them side by side to be decided.",
                contradictions,
            ),
        ),
        "repeats": (
            report.repeats,
            Finding(
                count(extra, "repeated row"),
                "Same text but for case, spaces and punctuation, same label. All are stored; in a run they stay "
                "together, in training or held out.",
                repeats,
            ),
        ),
        "near": (
            report.near,
            Finding(
                f"{count(len(report.near), 'group')} of near duplicates",
                "Nearly the same text. All are stored; in a run they stay together, in training or held out."
                + by_words,
                near,
            ),
        ),
        "rare": (
            report.rare,
            Finding(
                count(len(report.rare), "rare label"),
                "Fewer than 5 rows: too few to learn from, and to measure by.",
                rare_labels,
            ),
        ),
        "long": (
            report.long,
            Finding(
                count(len(report.long), "very long text"),
                "More than ten times as long as usual: stored whole, but slow and costly to classify.",
                long_texts,
            ),
        ),
    }
    return {name: finding for name, (rows, finding) in every.items() if rows}
