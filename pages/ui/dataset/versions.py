"""Named versions of a dataset: the present one gets a name, two are compared, past runs are scored by the labels of one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.exports.dataset import export_dataset
from core.services.versions.changes import DatasetChanges, RowDifference, changes_in_words, dataset_changes
from core.services.versions.scores import RunRescored, rescored_runs
from core.services.versions.versions import create_version, dataset_then, state_of
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo
from core.store.rows.versions import LONGEST_NAME
from core.wording import sentence
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem, who
from pages.ui.run_start import open_form
from pages.ui.wording import escape_md, percent, shortened

MARKED = ("excluded", "included")  # which say themselves what it was and is
NOW = "As it is now"
LONGEST = 200  # rows of a comparison
PROBLEM = "version problem"
KIND_WORDS = {
    "added": "Added",
    "removed": "Removed",
    "relabelled": "Label",
    "reworded": "Text",
    "excluded": "Excluded",
    "included": "Taken in again",
    "noted": "Note",
    "canonical": "Canonical",
    "moved": "Part",
}


def show_versions(info: DatasetInfo) -> None:
    """What names there are, and what changed since one, or between two."""
    versions = shell.workspace().store.versions.all(info.id)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Versions", anchor=False)
        _offer_name(info)
    show_problem(PROBLEM)
    if not versions:
        st.caption(
            "Give the dataset as it is a name, such as “before cleaning”. "
            "Later you see what has changed since, and can tune and measure on it as it was."
        )
        return
    _show_list(versions)
    before, after = _choose(versions)
    _show_changes(_changes(info, before, after))
    with st.expander(
        f"Past runs by the labels of {_title(before)}", key="version_runs", on_change="rerun"
    ) as runs:
        if runs.open:
            _show_runs(rescored_runs(shell.workspace(), dataset_then(shell.workspace(), before)))
    _show_uses(info, before)


# ---- names


def _offer_name(info: DatasetInfo) -> None:
    locked = shell.workspace().read_only
    with st.popover(
        "Name this version",
        icon=":material/bookmark_add:",
        key="name_version",
        disabled=locked,
        on_change="rerun",
    ):
        with st.form("version", border=False, clear_on_submit=True):
            name = f"version_name_{info.id}"
            why = f"version_why_{info.id}"
            st.text_input("Name", key=name, max_chars=LONGEST_NAME, placeholder="before cleaning")
            st.text_input("Why (optional)", key=why, max_chars=300)
            st.form_submit_button("Save the name", type="primary", on_click=lambda: _save(info, name, why))
        if locked:
            st.caption(READ_ONLY)


def _save(info: DatasetInfo, name: str, why: str) -> None:
    given = st.session_state[name], st.session_state[why], who()
    if not given[0].strip():  # as the second of two presses finds it
        return
    act(lambda: create_version(shell.workspace(), info.id, *given), "Named.", PROBLEM)
    st.session_state["name_version"] = (
        False  # shut: the name stands in the table beneath, or what is wrong with it
    )


def _show_list(versions: Sequence[DatasetVersion]) -> None:
    import pandas as pd

    st.dataframe(
        pd.DataFrame(
            {
                "Name": [each.name for each in versions],
                "When": [datetime.fromtimestamp(each.at) for each in versions],
                "Who": [each.who or "–" for each in versions],
                "Why": [each.why for each in versions],
            }
        ),
        hide_index=True,
        height="content" if len(versions) < 8 else 320,
        alt="Named versions, newest first",
        column_config={
            "Name": st.column_config.TextColumn(width=220),
            "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width=150),
            "Who": st.column_config.TextColumn(width=100),
        },
    )


# ---- two states


def _choose(versions: Sequence[DatasetVersion]) -> tuple[DatasetVersion, DatasetVersion | None]:
    by_id: dict[str, DatasetVersion | None] = {each.id: each for each in versions} | {"": None}
    for key in ("version_from", "version_to"):
        if st.session_state.get(key, "") not in by_id:  # of another dataset, or a name that is gone
            del st.session_state[key]

    def name(identity: str) -> str:
        return _title(by_id[identity], NOW)

    with st.container(horizontal=True):
        before = st.selectbox(
            "What changed from",
            [each.id for each in versions],
            key="version_from",
            format_func=name,
            width=300,
        )
        after = st.selectbox(
            "to", ["", *(each.id for each in versions)], key="version_to", format_func=name, width=300
        )
    return by_id[before] or versions[0], by_id[after]


def _title(version: DatasetVersion | None, otherwise: str = "") -> str:
    return otherwise if version is None else f"“{version.name}”"


def _changes(info: DatasetInfo, before: DatasetVersion, after: DatasetVersion | None) -> DatasetChanges:
    """Worked out once while both stay as they are."""
    key = before.id, after.id if after else (info.id, info.version)
    return shell.workspace().cached(
        "changes of a dataset",
        key,
        lambda: dataset_changes(
            state_of(shell.workspace(), info.id, before), state_of(shell.workspace(), info.id, after)
        ),
    )


def _show_changes(changes: DatasetChanges) -> None:
    st.markdown(f"**{escape_md(sentence(changes_in_words(changes)))}**")
    if changes.rows:
        _show_rows(changes.rows[:LONGEST])
    if len(changes.rows) > LONGEST:
        st.caption(f"The first {LONGEST:,} of {len(changes.rows):,} changes.")


def _show_rows(rows: Sequence[RowDifference]) -> None:
    import pandas as pd

    st.dataframe(
        pd.DataFrame(
            {
                "Row": [shortened(each.text, 200) for each in rows],
                "What": [KIND_WORDS[each.kind] for each in rows],
                "From": ["" if each.kind in MARKED else shortened(each.before, 200) for each in rows],
                "To": ["" if each.kind in MARKED else shortened(each.after, 200) for each in rows],
            }
        ),
        hide_index=True,
        height="content" if len(rows) < 10 else 390,
        alt="What changed, row by row",
        column_config={
            "Row": st.column_config.TextColumn(width=380),
            "What": st.column_config.TextColumn(width=110),
        },
    )


# ---- what a version is good for


def _show_runs(runs: Sequence[RunRescored]) -> None:
    import pandas as pd

    scored = [(each, each.replay.champion) for each in runs if each.replay.champion is not None]
    if not scored:
        st.caption("No run has predicted labels yet.")
        return
    st.caption(
        "Their predictions were kept, so this costs nothing. Each run's best prompt is scored on its test rows, or on validation rows "
        "where it read none."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Run": [each.run.name for each, _ in scored],
                "Rows": [each.replay.split for each, _ in scored],
                "In the run": [_score(champion.then.correct, champion.then.n) for _, champion in scored],
                "By these labels": [_score(champion.now.correct, champion.now.n) for _, champion in scored],
            }
        ),
        hide_index=True,
        height="content" if len(scored) < 10 else 390,
        alt="The score of every run by the labels of the version",
    )


def _score(correct: int, n: int) -> str:
    return f"{correct:,} of {n:,} right ({percent(correct / n if n else None)})"


def _show_uses(info: DatasetInfo, version: DatasetVersion) -> None:
    with st.container(horizontal=True):
        if st.button(
            f"Start a run on {escape_md(_title(version))}",
            icon=":material/play_circle:",
            key="version_run",
            help="New run then reads rows and labels as they were.",
        ):
            open_form(version)
        st.download_button(
            "Download its rows",
            lambda: export_dataset(dataset_then(shell.workspace(), version), "csv"),
            f"{info.name}@{version.name}.csv",
            "text/csv",
            key="version_download",
            icon=":material/download:",
            on_click="ignore",
            help="As a CSV file, with labels, notes and marks as they were.",
        )
        if not shell.workspace().read_only:
            _offer_removal(version)
    st.caption("The same from the command line or Python, where it can be measured on as well:")
    named = shlex.quote(f"{info.name}@{version.name}")
    st.code(f"python -m core tune {named}", language=None)  # colours of code are too faint


def _offer_removal(version: DatasetVersion) -> None:
    with st.popover("Remove the name", icon=":material/bookmark_remove:", key="version_remove"):
        st.caption(
            "The rows stay as they are, but nothing leads back to them as they were. This cannot be undone."
        )
        st.button(
            "Remove",
            key="version_remove_now",
            on_click=act,
            args=(
                lambda: shell.workspace().store.versions.remove(version.id),
                "The name is removed.",
                PROBLEM,
            ),
        )
