"""The figures of the table, recomputed from the stored runs with scikit-learn and scipy; and the files it is
handed on as."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score

from core.data.splits import split
from core.errors import UsageError
from core.services.benchmark import queue
from core.services.benchmark.create import create, runs_by_key
from core.services.benchmark.estimate import estimate_benchmark, under_caps
from core.services.benchmark.export import benchmark_csv, benchmark_json
from core.services.benchmark.spec import RunKey
from core.services.benchmark.table import BenchmarkTable, table
from core.types import Outcome, Settings
from core.workspace import Workspace
from tests.core.cli.trade import KEY, answer
from tests.core.services.benchmark.setting import HEAVIES, LIGHTS, SETTINGS, dataset_of, opened, spec_on, wait
from tests.fakes.server import FakeServer

SEEDS = (0, 1, 2)


def unknown_model(path: str, body: dict) -> str | None:
    return "The model does not exist." if body["model"] == "nope" else None


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, BenchmarkTable]]:
    """Three seeds of two by two, one of the models with a wrong name: carried out once, to be looked at."""
    folder = tmp_path_factory.mktemp("figures")
    with FakeServer(answer=answer, key=KEY, check=unknown_model) as server:
        workspace = opened(folder / "workspace", server)
        dataset = dataset_of(workspace, folder, 80)
        spec = spec_on(dataset, heavyweights=(*HEAVIES, "openai:nope"), seeds=SEEDS)
        benchmark = create(workspace, "=Figures, of all", spec)
        queue.resume(workspace, benchmark)
        wait(workspace, benchmark)
        yield workspace, table(workspace, benchmark)
        workspace.close()


@pytest.fixture
def figures(done: tuple[Workspace, BenchmarkTable]) -> BenchmarkTable:
    return done[1]


def test_the_figures_are_those_of_the_stored_runs(done: tuple[Workspace, BenchmarkTable]):
    workspace, figures = done
    runs = runs_by_key(workspace.store, figures.id)
    for light in LIGHTS:
        for heavy in HEAVIES:
            cell, mine = (
                figures.cells[light, heavy],
                [workspace.store.runs.get(runs[RunKey(light, heavy, seed)].id) for seed in SEEDS],
            )
            right: dict[str, list[int]] = {}
            truths, saids, singles, bases = [], [], [], []
            for run in mine:
                truth = {row.id: row.label for row in workspace.store.runs.snapshot(run.id).examples}
                read = run.result.best.evaluations["test"].predictions
                said = [each.label if each.outcome is Outcome.LABEL else "-" for each in read]
                singles.append(accuracy_score([truth[each.example_id] for each in read], said))
                truths, saids = truths + [truth[each.example_id] for each in read], saids + said
                for each, word in zip(read, said, strict=True):
                    right.setdefault(each.example_id, []).append(word == truth[each.example_id])
                base = run.result.baseline.evaluations["test"].predictions
                bases.append(
                    accuracy_score(
                        [truth[each.example_id] for each in base], [each.label or "-" for each in base]
                    )
                )
            assert (
                cell.test.accuracy
                == pytest.approx(accuracy_score(truths, saids))
                == pytest.approx(sum(singles) / 3)
            )
            assert cell.baseline.accuracy == pytest.approx(sum(bases) / 3)
            assert cell.gain == pytest.approx(sum(singles) / 3 - sum(bases) / 3)
            assert [run.accuracy for run in cell.runs] == singles and cell.test.lowest == min(singles)
            assert cell.test.rows == len(right) == figures.test_rows and cell.test.readings == 3 * len(right)
            # the interval is at least as wide as if all readings were rows of their own, at most as if there
            # were one seed
            k = sum(map(sum, right.values()))
            tight = binomtest(k, 3 * len(right)).proportion_ci(method="wilson")
            low, high = cell.test.interval
            assert low <= tight.low + 1e-9 and high >= tight.high - 1e-9
            assert cell.usd == pytest.approx(
                sum(spend.cost_usd for run in mine for spend in run.spend.values())
            )
            assert cell.calls["lightweight"] == sum(run.spend["lightweight"].api for run in mine)
            assert cell.seconds == pytest.approx(sum(run.seconds for run in mine), abs=1.0)
            fixed, broke = len(cell.comparison.fixed), len(cell.comparison.broke)
            assert cell.comparison.p == pytest.approx(
                binomtest(fixed, fixed + broke).pvalue if fixed + broke else 1.0
            )


def test_with_one_seed_a_cell_says_what_its_run_says(workspace: Workspace, tmp_path: Path):
    benchmark = create(workspace, "One", spec_on(dataset_of(workspace, tmp_path)))
    queue.resume(workspace, benchmark)
    for run in wait(workspace, benchmark):
        result = workspace.store.runs.get(run.id).result
        cell = table(workspace, benchmark).cells[run.settings.lightweight, run.settings.heavyweight]
        metrics = result.best.evaluations["test"].metrics
        assert (cell.test.accuracy, cell.test.interval) == (metrics.accuracy, pytest.approx(metrics.interval))
        assert cell.verdict.reason == result.test.reason and cell.comparison.p == result.test.comparison.p
        assert table(workspace, benchmark).majority == pytest.approx(result.majority_accuracy)


def test_a_changed_budget_is_told(workspace: Workspace, tmp_path: Path):
    benchmark = create(
        workspace,
        "Odd",
        spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[:1], heavyweights=HEAVIES[:1]),
    )
    [run] = runs_by_key(workspace.store, benchmark).values()
    queue.stop(workspace, benchmark)
    workspace.store.runs.change_settings(run.id, replace(run.settings, max_calls=500))
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    [cell] = table(workspace, benchmark).cells.values()
    assert cell.state == "finished" and "budget is not that of the others" in cell.why[0]


# ---- files


def test_the_json_has_every_figure(figures: BenchmarkTable):
    found = json.loads(benchmark_json(figures))
    assert (found["benchmark"], found["seeds"], found["test_rows"]) == (
        figures.name,
        [0, 1, 2],
        figures.test_rows,
    )
    assert len(found["pairs"]) == 6 and found["settings"]["iterations"] == SETTINGS.iterations
    for pair in found["pairs"]:
        cell = figures.cells[pair["lightweight"], pair["heavyweight"]]
        assert [run["run_id"] for run in pair["runs"]] == [run.id for run in cell.runs]
        if pair["heavyweight"] == "openai:nope":
            assert (
                pair["state"] == "failed"
                and "does not exist" in pair["why"][0]
                and pair["test"] is None
                and pair["verdict"] is None
            )
        else:
            assert (pair["test"]["accuracy"], tuple(pair["test"]["interval"])) == (
                cell.test.accuracy,
                cell.test.interval,
            )
            assert pair["gain"] == cell.gain
            assert pair["verdict"]["p"] == cell.comparison.p and pair["cost_usd"] == cell.usd


def test_the_csv_has_a_line_per_pair(figures: BenchmarkTable):
    lines = list(csv.DictReader(io.StringIO(benchmark_csv(figures))))
    assert [(line["lightweight"], line["heavyweight"]) for line in lines] == list(figures.cells)
    for line in lines:
        cell = figures.cells[line["lightweight"], line["heavyweight"]]
        assert line["test_accuracy"] == (str(cell.test.accuracy) if cell.test else "")
        assert line["why"] == " ".join(cell.why) and line["state"] == cell.state


def test_a_spreadsheet_computes_nothing_of_what_it_is_given(workspace: Workspace, tmp_path: Path):
    benchmark = create(
        workspace,
        "Inert",
        spec_on(dataset_of(workspace, tmp_path), lightweights=("=1+1:x",), heavyweights=HEAVIES[:1]),
    )
    [line] = csv.DictReader(io.StringIO(benchmark_csv(table(workspace, benchmark))))
    assert line["lightweight"] == "'=1+1:x"


# ---- beforehand


def test_what_is_foreseen_is_no_less_than_what_it_takes(workspace: Workspace, tmp_path: Path):
    dataset = dataset_of(workspace, tmp_path)
    spec = spec_on(dataset, seeds=(0, 1))
    rows = split(workspace.store.datasets.get(dataset).examples, 0)
    expected = estimate_benchmark(
        spec, rows, workspace.store.datasets.get(dataset).labels, workspace.model_context()
    )
    benchmark = create(workspace, "BenchmarkEstimate", spec)
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    cells = table(workspace, benchmark).cells.values()
    assert expected.runs == 8 and expected.unpriced == ()
    assert expected.lightweight_calls >= sum(cell.calls["lightweight"] for cell in cells) > 0
    assert expected.heavyweight_calls >= sum(cell.calls["heavyweight"] for cell in cells) > 0
    assert expected.usd.high >= sum(cell.usd for cell in cells) > 0


def test_caps_are_in_what_is_foreseen(workspace: Workspace, tmp_path: Path):
    dataset = dataset_of(workspace, tmp_path)
    rows, labels = (
        split(workspace.store.datasets.get(dataset).examples, 0),
        workspace.store.datasets.get(dataset).labels,
    )
    capped = spec_on(dataset, settings=Settings(max_calls=60, budget_usd=0.02), seeds=(0, 1, 2))
    expected = estimate_benchmark(capped, rows, labels, workspace.model_context())
    assert expected.lightweight_calls <= 12 * 60 and under_caps(expected, capped).high <= 12 * 0.02 + 1e-9
    with pytest.raises(UsageError, match="too few"):
        estimate_benchmark(
            spec_on(dataset, settings=Settings(max_calls=5)), rows, labels, workspace.model_context()
        )
    unknown = estimate_benchmark(
        spec_on(dataset, heavyweights=("openai:strange",)), rows, labels, workspace.model_context()
    )
    assert unknown.unpriced == ("openai:strange",) and unknown.usd is None
