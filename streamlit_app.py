"""Whetstone's dashboard: page config, the pages by section, the dataset that all of them speak of."""

import streamlit as st

from app_pages.ui import shell

st.set_page_config(page_title="Whetstone", page_icon=shell.ICON, layout="wide")

page = st.navigation(
    {
        "Start": [
            st.Page(
                "app_pages/start/overview.py",
                title="Overview",
                icon=":material/home:",
                url_path="home",
                default=True,
                help="Where things stand, and what to do next.",
            ),
            # The default page answers at "/" only, whatever its own path; whoever follows a link to /overview
            # gets it, too.
            st.Page(
                "app_pages/start/overview.py", title="Overview", url_path="overview", visibility="hidden"
            ),
            st.Page(
                "app_pages/start/settings.py",
                title="Settings",
                icon=":material/settings:",
                url_path="settings",
                help="Keys, models with their prices, limits, and the cache.",
            ),
        ],
        "Data": [
            st.Page(
                "app_pages/data/dataset.py",
                title="Dataset",
                icon=":material/table_rows:",
                url_path="dataset",
                help="Import labelled text; correct labels, write notes, leave rows out.",
            ),
            st.Page(
                "app_pages/data/review.py",
                title="Review",
                icon=":material/rule:",
                url_path="review",
                help="Labels in doubt, one card at a time.",
            ),
        ],
        "Tune": [
            st.Page(
                "app_pages/tune/new_run.py",
                title="New run",
                icon=":material/play_circle:",
                url_path="new-run",
                help="Choose models and limits, then let the prompt be sharpened.",
            ),
            st.Page(
                "app_pages/tune/runs.py",
                title="Runs",
                icon=":material/show_chart:",
                url_path="runs",
                help="Watch a run, and see what changed at each step and why.",
            ),
            st.Page(
                "app_pages/tune/compare.py",
                title="Compare",
                icon=":material/compare_arrows:",
                url_path="compare",
                help="Runs beside each other: what differs, who is better, what each costs in use.",
            ),
            st.Page(
                "app_pages/tune/benchmark.py",
                title="Benchmark",
                icon=":material/grid_on:",
                url_path="benchmark",
                help="Every pair of models tuned under the same caps: who prompts whom how well.",
            ),
        ],
        "Use": [
            st.Page(
                "app_pages/use/playground.py",
                title="Playground",
                icon=":material/science:",
                url_path="playground",
                help="Classify a text with the champion or with the prompt of any step.",
            ),
            st.Page(
                "app_pages/use/feedback.py",
                title="Feedback",
                icon=":material/forum:",
                url_path="feedback",
                help="What people said of predictions, and the rules that move it into the rows.",
            ),
        ],
    }
)

shell.choose_dataset()
page.run()
