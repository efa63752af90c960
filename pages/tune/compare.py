"""Compare: runs beside each other; what differs, who is better, what each costs in use."""

import streamlit as st

from core.metrics.metrics import majority_accuracy
from core.services.compare.basis import ground
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.champion.history import show_champion
from pages.ui.charts import FIGURE
from pages.ui.compare.cards import show_answer, show_card, show_name
from pages.ui.compare.charts import accuracy_of_runs
from pages.ui.compare.choice import RUNS, choose_runs, choose_step, load_run, write_address
from pages.ui.compare.cost import costs_of, show_costs
from pages.ui.compare.details import show_details
from pages.ui.compare.neighbours import offer_neighbours, show_tried
from pages.ui.compare.notices import offer_others, show_notices, stamp, watch
from pages.ui.navigation import go
from pages.ui.wording import percent

store = shell.workspace().store
st.title("Compare", anchor=False)
show_outcome()
if not shell.workspace().read_only:
    store.leases.mark_interrupted()
dataset = shell.dataset()
runs = [run for run in store.runs.all(dataset.id) if run.steps] if dataset else []
offer_others([run.id for run in runs])
if len(runs) < 2:
    title, button = ("One run so far", "Set up another run") if runs else ("No run yet", "Set up a run")
    what = "Two runs of one dataset can be compared: other models, another strategy or seed, other caps."
    shell.nothing_yet(title, what, button, lambda: go("new run"), key="set_up")
    st.stop()

chosen = choose_runs(runs)
if len(chosen) < 2:
    write_address(chosen)
    st.info("Choose at least two runs to see them beside each other.", icon=":material/compare_arrows:")
    st.stop()
shell.fragment(watch, every=2.0 if any(run.active for run in chosen) else None)(
    [run.id for run in chosen], dataset.id, stamp([run for run in runs if run in chosen])
)

answer = st.container()
grid = st.grid(len(chosen), min_column_width=240, border=True)
cells = [grid.cell() for _ in chosen]
figures, names, besides = (
    {run.id: store.steps.figures(run.id) for run in chosen},
    [run.name for run in chosen],
    [],
)
for index, (run, cell) in enumerate(zip(chosen, cells, strict=True)):
    with cell:
        show_name(index, RUNS[index], run)
        besides.append(load_run(index, run, figures[run.id], choose_step(run, figures[run.id]), names))
write_address(chosen)

on = ground([run.side for run in besides])
with answer:
    show_answer(besides, on)
    show_notices(besides, on)
with shell.sentences():
    costs = costs_of(
        besides, {run.id: (run.steps, str(run.status), figures[run.id][-1].saved) for run in chosen}
    )
    for run, cell in zip(besides, cells, strict=True):
        with cell:
            show_card(run, besides[0], on, costs.of(run), answered=len(besides) == 2)
    charts = st.grid(2, min_column_width=380, gap=("small", "medium"))
    with charts.cell():
        majority = None if on.graded else majority_accuracy(on.common("validation"))
        constant = (
            f"; the most frequent label alone reaches {percent(majority)}" if majority is not None else ""
        )
        st.plotly_chart(
            accuracy_of_runs(besides, on, majority),
            config=FIGURE,
            key="accuracies",
            alt=f"{'Mean score' if on.graded else 'Accuracy'} of each run with its interval{constant}",
        )
        st.caption(
            "Validation scores are slightly optimistic: those rows picked each run's best step. Test scores are not, until you pick "
            "a run by them."
        )
    with charts.cell():
        show_costs(costs, "mean score" if on.graded else "accuracy")
        offer_neighbours(besides)
    show_tried(besides)
show_details(besides, on)
show_champion(dataset)
