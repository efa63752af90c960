"""Neighbour examples as part of tuning: tried last, judged by the paired verdict, within the caps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.costs.prompt_costs import price_of, prompt_costs
from core.costs.run_estimate import estimate
from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.samples import FOLDER
from core.tuning.evaluate import evaluate
from core.types import Decision, Result, Settings, Step
from core.workspace import Workspace
from tests.bench.neighbours import held_back

TOLD = Settings(iterations=1, neighbours=(8, 2, 4, 0))


@pytest.fixture(scope="module")
def dataset():
    """Without canonical rows, so that no fixed examples come first."""
    found = import_dataset((FOLDER / "github_issues.csv").read_bytes(), "issues").dataset
    return replace(found, examples=tuple(replace(row, canonical=False) for row in found.examples))


def run(folder, dataset, told):
    from core.tuning.tune import tune

    workspace = Workspace(folder)
    try:
        session = workspace.session(told)
        events = list(tune(dataset, session, told))
        return (
            [event for event in events if isinstance(event, Step)],
            events[-1],
            session.account.spends()["lightweight"],
            workspace,
        )
    finally:
        workspace.close()


def test_numbers_of_neighbours_are_tried_fewest_first_as_long_as_more_help(tmp_path, dataset):
    steps, result, _, _ = run(tmp_path, dataset, TOLD)
    tried = [
        step for step in steps if step.candidate is not None and step.candidate.few_shot.strategy == "similar"
    ]
    counts = [step.candidate.few_shot.k for step in tried]
    assert counts == [2, 4, 8][: len(counts)] and [step.number for step in steps] == list(range(len(steps)))
    assert all(step.verdict.decision is Decision.ACCEPTED for step in tried[:-1])
    for step in tried:
        comparison = step.verdict.comparison
        assert (step.verdict.decision is Decision.ACCEPTED) == (len(comparison.fixed) > len(comparison.broke))
        assert step.verdict.reason.startswith(f"With {step.candidate.few_shot.k} neighbours: ")
    accepted = any(step.verdict.decision is Decision.ACCEPTED for step in tried)
    assert isinstance(result, Result) and (accepted or result.best.prompt.few_shot.strategy == "none")
    held_out = {row.text for row in split(dataset.examples, 0) if row.split != "train"}
    assert not held_out & {shot.text for shot in tried[0].candidate.few_shot.examples}


def test_neighbours_that_help_become_part_of_the_best_prompt(tmp_path):
    steps, result, _, _ = run(tmp_path, held_back(), TOLD)
    first = next(
        step for step in steps if step.candidate is not None and step.candidate.few_shot.strategy == "similar"
    )
    assert first.verdict.decision is Decision.ACCEPTED and first.verdict.comparison.p < 0.0001
    assert result.best.prompt.few_shot.strategy == "similar" and result.test.comparison.p < 0.0001


def test_the_exported_prompt_reproduces_its_figures_and_has_its_price(tmp_path, dataset):
    steps, result, _, _ = run(tmp_path, dataset, TOLD)
    rows = {row.id: row for row in split(dataset.examples, 0)}
    validation = [row for row in rows.values() if row.split == "validation" and not row.excluded]
    workspace = Workspace(tmp_path / "again")
    try:
        again = evaluate(workspace.session(Settings()), result.best.prompt, validation, dataset.labels.names)
    finally:
        workspace.close()
    assert again.metrics.accuracy == result.best.evaluations["validation"].metrics.accuracy
    points = {point.step: point for point in prompt_costs(steps, result, rows)}
    prices = Prices({"openai:x": {"input": 1.0, "output": 1.0}})
    costs = [
        price_of(points[step.number].tokens, "openai:x", prices) for step in steps if step.number in points
    ]
    assert points[result.best.step].examples == result.best.prompt.few_shot.k and costs[-1] > costs[0] > 0


def test_a_cap_is_kept_with_neighbours_too(tmp_path, dataset):
    for cap in (200, 420):
        _, result, spend, _ = run(tmp_path / str(cap), dataset, replace(TOLD, max_calls=cap, iterations=None))
        assert spend.api <= cap and result.test is not None


def test_without_being_told_none_are_tried_and_the_estimate_knows_of_them(tmp_path, dataset):
    steps, _, _, _ = run(tmp_path, dataset, Settings(iterations=1))
    assert not any(
        step.candidate is not None and step.candidate.few_shot.strategy == "similar" for step in steps
    )
    shared, rows = ModelContext(load_profiles(None), Prices(), {}), split(dataset.examples, 0)
    few, more = (
        estimate(told, rows, dataset.labels, shared).lightweight.calls
        for told in (Settings(iterations=1), TOLD)
    )
    validation = sum(row.split == "validation" and not row.excluded for row in rows)
    assert more - few == 3 * validation
