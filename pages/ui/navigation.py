"""The pages by section, in one table: the navigation is drawn from it, and `go` switches by it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page. `script` is relative to pages/, `url_path` its address."""

    section: str
    script: str
    title: str
    icon: str
    url_path: str
    help: str


PAGES = (
    PageEntry(
        "",
        "start/overview.py",
        "Overview",
        ":material/home:",
        "start",
        "Where things stand, and what to do next.",
    ),
    PageEntry(
        "Data",
        "data/dataset.py",
        "Dataset",
        ":material/table_rows:",
        "dataset",
        "Import labelled text; correct labels, write notes, leave rows out.",
    ),
    PageEntry(
        "Data",
        "data/review.py",
        "Review",
        ":material/rule:",
        "review",
        "Labels in doubt, one card at a time.",
    ),
    PageEntry(
        "Tune",
        "tune/new_run.py",
        "New run",
        ":material/play_circle:",
        "new-run",
        "Choose models and limits, then start tuning.",
    ),
    PageEntry(
        "Tune",
        "tune/runs.py",
        "Runs",
        ":material/show_chart:",
        "runs",
        "Watch a run, and see what changed at each step and why.",
    ),
    PageEntry(
        "Tune",
        "tune/compare.py",
        "Compare",
        ":material/compare_arrows:",
        "compare",
        "Runs side by side: what differs, which is better, what each costs in use.",
    ),
    PageEntry(
        "Tune",
        "tune/benchmark.py",
        "Benchmark",
        ":material/grid_on:",
        "benchmark",
        "Every pair of models tuned under the same caps: which pair works best.",
    ),
    PageEntry(
        "Use",
        "use/playground.py",
        "Playground",
        ":material/science:",
        "playground",
        "Classify a text with the champion or with the prompt of any step.",
    ),
    PageEntry(
        "Use",
        "use/migration.py",
        "Migration",
        ":material/move_up:",
        "migration",
        "The champion on other models, before its own is switched off.",
    ),
    PageEntry(
        "Use",
        "use/feedback.py",
        "Feedback",
        ":material/forum:",
        "feedback",
        "What people said about predictions, and rules that turn it into rows.",
    ),
    PageEntry(
        "More",
        "start/help.py",
        "Help",
        ":material/help:",
        "help",
        "How one works with Whetstone, and every guide.",
    ),
    PageEntry(
        "More",
        "start/settings.py",
        "Settings",
        ":material/settings:",
        "settings",
        "Keys, models with their prices, limits, and the cache.",
    ),
)
ALIASES = ("overview", "home")  # of the default page, which answers at "/" only, whatever its own path
PATHS = (*ALIASES, *(entry.url_path for entry in PAGES))
PRESENT = "present"  # in the address of a page that is to stand alone on the screen
SCRIPTS = {entry.title.casefold(): entry.script for entry in PAGES}


def navigation() -> st.navigation:
    """The sidebar's menu, whose chosen page is to be run."""
    sections: dict[str, list[st.Page]] = {}
    for entry in PAGES:
        page = st.Page(
            entry.script,
            title=entry.title,
            icon=entry.icon,
            url_path=entry.url_path,
            default=entry is PAGES[0],
            help=entry.help,
        )
        sections.setdefault(entry.section, []).append(page)
    sections[PAGES[0].section] += [
        st.Page(PAGES[0].script, title=PAGES[0].title, url_path=path, visibility="hidden") for path in ALIASES
    ]
    alone = st.query_params.get(PRESENT) == "1"
    return st.navigation(sections, position="hidden" if alone else "sidebar", expanded=True)


def go(page: str, **address: str) -> None:
    """Switches to a page by its title in small letters, with more in its address if need be; the chosen
    dataset stays there."""
    st.switch_page(SCRIPTS[page], query_params=address or None)


def offer_settings(key: str) -> None:
    """The way to where a key is typed."""
    if st.button("Open Settings", icon=":material/settings:", type="tertiary", key=key):
        st.session_state["part"] = (
            "Keys"  # an address with the first part would not win over the one seen last
        )
        go("settings")
