"""Answers on which a judge and the people who judged them differ, sorted by who is probably wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from core.label_errors.suspects import Suspect, find_suspects
from core.label_errors.triage import Triaged, TriageKind, triage
from core.metrics.metrics import is_mistake
from core.services.judges.report import JudgeReport
from core.services.review import evidence_for, predictions_of
from core.store.runs.predictions import fingerprint, readings
from core.types import Example, Prediction
from core.workspace import Workspace


class Cause(StrEnum):
    """What a disagreement comes from, as far as rows and prompt versions can tell."""

    JUDGE = "judge_wrong"
    PERSON = "human_wrong"
    RUBRIC = "rubric_unclear"
    REPLY = "no_verdict"


ONLY_JUDGE = "The only prompt version"  # that read a test row is the judge itself
OF_KIND = {
    TriageKind.FIXABLE: Cause.JUDGE,
    TriageKind.MISLABELLED: Cause.PERSON,
    TriageKind.GAP: Cause.RUBRIC,
    TriageKind.UNREADABLE: Cause.REPLY,
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`row` has the verdict of people and their critique as its note, `prediction` that of the judge with its reason."""

    row: Example
    prediction: Prediction
    cause: Cause
    evidence: tuple[str, ...]


def disagreements(workspace: Workspace, report: JudgeReport) -> tuple[Disagreement, ...]:
    """Those of the best prompt where it is measured, in the order of the rows. Nothing is asked or stored."""
    rows = {row.id: row for row in report.dataset.examples}
    missed = [each for each in report.answers.predictions if is_mistake(each, rows[each.example_id].label)]
    if not missed:
        return ()
    sorted_by = _triaged(workspace, report)
    return tuple(_disagreement(rows[each.example_id], each, sorted_by) for each in missed)


def _disagreement(row: Example, prediction: Prediction, known: Mapping[str, Triaged]) -> Disagreement:
    """A row that most prompt versions got right is no stubborn mistake: triage leaves it out."""
    if (found := known.get(row.id)) is not None:
        evidence = tuple(each for each in found.evidence if not each.startswith(ONLY_JUDGE))
        return Disagreement(row, prediction, OF_KIND[found.kind], evidence)
    return Disagreement(row, prediction, Cause.JUDGE, ("Most other prompt versions agree with the person",))


def _triaged(workspace: Workspace, report: JudgeReport) -> dict[str, Triaged]:
    """By row, from every prompt version that read it, the judge's last. Works out which verdicts are in doubt, which takes
    seconds at 20,000 rows; kept until rows or runs change."""
    dataset, store = report.dataset, workspace.store
    here = any(info.id == dataset.id for info in store.datasets.all())

    def look() -> dict[str, Triaged]:
        read = {row: predictions_of(each) for row, each in readings(store, dataset.id).items()}
        for each in report.answers.predictions:
            read[each.example_id] = (*read.get(each.example_id, ()), each)
        rows = store.rows.some(dataset.id, list(read)).values() if here else ()
        reviewed = {row.id: row.review for row in rows if row.review}
        found = triage(dataset.examples, read, _suspects(workspace, report), reviewed)
        return {each.example_id: each for each in found}

    key = (report.run.run_id, dataset.version, here, fingerprint(store, dataset.id))
    return workspace.cached("triaged verdicts", key, look)


def _suspects(workspace: Workspace, report: JudgeReport) -> tuple[Suspect, ...]:
    """With what the judge says of the rows it is measured on, which Review does not know."""
    rows = report.dataset.examples
    known = evidence_for(workspace, rows)
    judge = {each.example_id: (each.label,) for each in report.answers.predictions if each.label}
    missed = {**known.missed, **{row: (*known.missed.get(row, ()), *given) for row, given in judge.items()}}
    return find_suspects(rows, evidence=replace(known, missed=missed))
