"""The tree of branches: which run began with the prompt of which, each a button that opens it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.services.branches import RunNode, node_in_words, run_trees
from core.store.records import RunRecord
from pages.ui.address import turn_to
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md

INDENT, LEAF = "\u2003", "└\u00a0"  # a wide space, which stays where it begins a label


def show_tree(chosen: RunRecord, runs: Sequence[RunRecord]) -> None:
    """Behind a button; nothing where no run began with the prompt of another."""
    branches = sum(run.settings.branch is not None for run in runs)
    if not branches:
        return
    with st.popover(
        "Branches",
        icon=":material/account_tree:",
        key="run_tree",
        help=f"{count(branches, 'run')} began with the prompt of another",
    ):
        st.caption(
            "Which run began with the prompt of which, with the score of its best prompt. A press opens it."
        )
        with st.container(gap=None):
            for root in run_trees(workspace(), chosen.dataset_id):
                if root.branches or root.run.settings.branch is not None:
                    _show_node(root, chosen.id, 0)


def _show_node(node: RunNode, chosen: str, depth: int) -> None:
    run = node.run
    words = escape_md(node_in_words(node, root=not depth))
    st.button(
        INDENT * 2 * max(0, depth - 1)
        + (LEAF if depth else "")
        + (f"**{words}**" if run.id == chosen else words),
        key=f"tree_{run.id}",
        type="tertiary",
        on_click=turn_to,
        args=("run", run.id),
    )
    for branch in node.branches:
        _show_node(branch, chosen, depth + 1)
