"""Curating: doubtful labels, all that is known of a row, what today's labels make of past runs. Store and
pure functions are wired here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice
from core.label_errors.evidence import ModelEvidence
from core.label_errors.set_suspects import suspects_of
from core.label_errors.set_triage import triage_dataset
from core.label_errors.suspects import WORTH_A_LOOK, Suspect
from core.label_errors.triage import Triaged
from core.label_sets.sets import check_single, whole_labels
from core.llm.connections import ModelContext
from core.metrics.metrics import is_mistake
from core.metrics.replay import Replay, replay
from core.scoring.registry import rescore_by
from core.similarity.tfidf import Similarity
from core.store.codec import decode, encode, new_id
from core.store.records import SUSPECT, WRONG, Row
from core.store.rows.records import HistoryEntry
from core.store.runs.predictions import (
    StoredPrediction,
    fingerprint,
    last_run,
    last_word,
    predicted_labels,
    readings,
)
from core.studies import blind_votes
from core.tuning.session import OnProgress
from core.types import Example, Prediction, Settings
from core.workspace import NO_KEYS, Workspace

NEIGHBOURS, VOTE = "neighbours", "vote"  # kinds of marks
NEAREST = 5
_LOOKED_PAST = 500  # rows without a label, in search of some with one
MOST_PREPARED = 500  # suspects whose neighbours are worked out before anybody asks


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """A row beside another one; `similarity` is 0 to 1."""

    row: Row
    similarity: float


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of a row. `twins` have the same text and another label."""

    row: Row
    suspect: Suspect | None
    readings: tuple[StoredPrediction, ...]
    neighbours: tuple[SimilarRow, ...]
    twins: tuple[Row, ...]
    history: tuple[HistoryEntry, ...]


# ---- labels in doubt


def find(workspace: Workspace, dataset_id: str) -> tuple[Suspect, ...]:
    """Looks for doubtful labels with all that is known: the rows, what runs have read, the blind votes. Keeps
    and returns those that are worth a look, most doubtful first. Takes seconds at 20,000 rows."""
    workspace.check_writable()
    store, about = workspace.store, _about(workspace, dataset_id)
    dataset = store.datasets.get(dataset_id)
    ranked = suspects_of(dataset.examples, dataset.labels, evidence=_evidence(workspace, dataset_id))
    result = tuple(each for each in ranked if each.doubt >= WORTH_A_LOOK)
    likeness = Similarity([row for row in dataset.examples if row.label])
    nearest = {
        each.example_id: json.dumps(_nearest(likeness, each.example_id)) for each in result[:MOST_PREPARED]
    }
    store.marks.replace(dataset_id, NEIGHBOURS, nearest, about)
    store.marks.replace(dataset_id, SUSPECT, {each.example_id: encode(each) for each in result}, about)
    return result


def all_suspects(workspace: Workspace, dataset_id: str) -> tuple[Suspect, ...]:
    """As they were found last, most doubtful first."""
    return tuple(decode(text, Suspect) for text in workspace.store.marks.get(dataset_id, SUSPECT).values())


def evidence_for(workspace: Workspace, rows: Sequence[Example]) -> ModelEvidence:
    """What models have said of these rows where the workspace holds them, under whatever id: of all datasets
    in which at least half of them stand with the same text and label, the one with the most. Empty where
    there is none. Nothing is stored."""
    label_of = {row.text: row.label for row in rows}
    best: list[Example] = []
    chosen = ""
    for info in workspace.store.datasets.all():
        if fingerprint(workspace.store, info.id) or workspace.store.marks.about(info.id, VOTE):
            same = [row for row in workspace.store.datasets.get(info.id).examples if row.text in label_of]
            agree = {row.text for row in same if row.label == label_of[row.text]}
            if 2 * len(agree) >= len(label_of) and len(same) >= len(best):
                best, chosen = same, info.id
    if not chosen:
        return ModelEvidence()
    known, by_text = _evidence(workspace, chosen), {row.text: row.id for row in best}
    held = {row.id: by_text[row.text] for row in rows if row.text in by_text}
    missed = {here: known.missed[there] for here, there in held.items() if there in known.missed}
    return ModelEvidence(
        missed, {here: known.votes[there] for here, there in held.items() if there in known.votes}
    )


def was_searched(workspace: Workspace, dataset_id: str) -> bool:
    return bool(workspace.store.marks.about(dataset_id, SUSPECT))


def is_stale(workspace: Workspace, dataset_id: str) -> bool:
    """Whether rows, runs or votes have changed since doubtful labels were looked for."""
    return workspace.store.marks.about(dataset_id, SUSPECT) != _about(workspace, dataset_id)


def queue(workspace: Workspace, dataset_id: str, least: float = WORTH_A_LOOK) -> tuple[Suspect, ...]:
    """The suspects that nobody has decided yet: not reviewed, not excluded, and still with the label that was
    doubted."""
    queued = [each for each in all_suspects(workspace, dataset_id) if each.doubt >= least]
    rows = workspace.store.rows.some(dataset_id, [each.example_id for each in queued])

    def is_open(each: Suspect) -> bool:
        row = rows.get(each.example_id)
        return row is not None and not row.review and not row.excluded and row.label == each.label

    return tuple(each for each in queued if is_open(each))


# ---- one row, and all


def card(workspace: Workspace, dataset_id: str, example_id: str, with_neighbours: bool = True) -> Card:
    """All that is known of the row. Raises NotFound. `with_neighbours`: see `neighbours`, which may take its
    time."""
    store = workspace.store
    row, marks = store.rows.one(dataset_id, example_id), store.marks.of(dataset_id, example_id)
    suspect = decode(marks[SUSPECT], Suspect) if SUSPECT in marks else None
    twin_ids = suspect.twins if suspect else ()
    twins = store.rows.some(dataset_id, twin_ids)
    return Card(
        row,
        suspect,
        _readings(workspace, dataset_id).get(example_id, ()),
        neighbours(workspace, dataset_id, example_id) if with_neighbours else (),
        tuple(
            twins[identity]
            for identity in twin_ids
            if identity in twins and twins[identity].label != row.label
        ),
        store.edits.history(dataset_id, example_id),
    )


def neighbours(workspace: Workspace, dataset_id: str, example_id: str) -> tuple[SimilarRow, ...]:
    """The rows most like this one, most similar first. At once for suspects; else all texts are read the
    first time: under a second for 10,000 rows, seconds for 100,000."""
    store = workspace.store
    marks = store.marks.of(dataset_id, example_id)
    near = (
        json.loads(marks[NEIGHBOURS])
        if NEIGHBOURS in marks
        else _labelled_near(workspace, dataset_id, example_id)
    )
    rows = store.rows.some(dataset_id, [identity for identity, _ in near])
    return tuple(SimilarRow(rows[identity], similarity) for identity, similarity in near if identity in rows)


def refresh_wrong(workspace: Workspace, dataset_id: str) -> None:
    """Marks the rows that the last run's best prompt gets wrong, by their labels as they are now."""
    store, run = workspace.store, last_run(workspace.store, dataset_id)
    about = _about(workspace, dataset_id) if run else "no run"
    if workspace.read_only or store.marks.about(dataset_id, WRONG) == about:
        return
    predictions = last_word(store, run.id) if run else {}
    rows = store.rows.some(dataset_id, list(predictions))
    wrong = {
        identity: predictions[identity].label
        for identity, row in rows.items()
        if is_mistake(predictions[identity], row.label)
    }
    store.marks.replace(dataset_id, WRONG, wrong, about)


def triaged(workspace: Workspace, dataset_id: str) -> tuple[Triaged, ...]:
    """The stubborn mistakes of all runs, sorted by what would mend them."""
    store = workspace.store
    read = {
        row: predictions_of(readings_of_row)
        for row, readings_of_row in _readings(workspace, dataset_id).items()
    }
    reviewed = {row.id: row.review for row in store.rows.some(dataset_id, list(read)).values() if row.review}
    return triage_dataset(store.datasets.get(dataset_id), read, all_suspects(workspace, dataset_id), reviewed)


def replayed(workspace: Workspace, run_id: str) -> Replay:
    """The run's steps under the labels and exclusions of today. Raises NotFound where run or dataset is
    gone."""
    store = workspace.store
    record, then = store.runs.get(run_id), store.runs.snapshot(run_id)
    now = store.datasets.get(record.dataset_id)
    steps, rescore = store.steps.all(run_id), rescore_by(record.settings.scorer)
    return replay(steps, record.result, then.examples, now.examples, whole_labels(now), rescore)


def predictions_of(predictions: Sequence[StoredPrediction]) -> tuple[Prediction, ...]:
    return tuple(each.prediction for each in predictions)


# ---- a second opinion


def vote(
    workspace: Workspace,
    dataset_id: str,
    ids: Sequence[str],
    model: str,
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> int:
    """The model labels these rows without seeing their labels; its votes are kept beside earlier ones, for
    `find`. Returns how many rows it had a vote on. Raises as `blind_votes` does, UsageError for a model that cannot be
    opened, and DataError where rows have several labels."""
    workspace.check_spendable()
    store = workspace.store
    check_single(store.datasets.info(dataset_id).labels, "a blind vote")
    votes = blind_votes.run(
        workspace.session(Settings(heavyweight=model), keys=keys),
        store.datasets.get(dataset_id),
        ids,
        on_progress,
    )
    store.marks.replace(dataset_id, VOTE, {**store.marks.get(dataset_id, VOTE), **votes}, new_id())
    return len(votes)


def price_of_votes(
    workspace: Workspace, dataset_id: str, ids: Sequence[str], model: str, shared: ModelContext
) -> CallPrice:
    """What `vote` would take, were nothing in the cache. `shared`: the prices and limits of whoever asks."""
    return blind_votes.price(
        Settings(heavyweight=model), workspace.store.datasets.get(dataset_id), ids, shared
    )


# ---- private


def _evidence(workspace: Workspace, dataset_id: str) -> ModelEvidence:
    return ModelEvidence(
        predicted_labels(_readings(workspace, dataset_id)), workspace.store.marks.get(dataset_id, VOTE)
    )


def _readings(workspace: Workspace, dataset_id: str) -> Mapping[str, tuple[StoredPrediction, ...]]:
    now = fingerprint(workspace.store, dataset_id)
    return workspace.cached("readings", (dataset_id, now), lambda: readings(workspace.store, dataset_id))


def _likeness(workspace: Workspace, dataset_id: str) -> Similarity:
    """Of all rows. Edits by hand change no text, so it holds until rows are imported."""
    key = (
        dataset_id,
        workspace.store.datasets.info(dataset_id).rows,
        workspace.store.edits.last_import(dataset_id),
    )
    return workspace.cached(
        "likeness", key, lambda: Similarity(workspace.store.datasets.get(dataset_id).examples)
    )


def _nearest(likeness: Similarity, example_id: str) -> list[tuple[str, float]]:
    return likeness.nearest(example_id, NEAREST)


def _labelled_near(workspace: Workspace, dataset_id: str, example_id: str) -> list[tuple[str, float]]:
    """A row without a label is no evidence."""
    likeness, store = _likeness(workspace, dataset_id), workspace.store
    waiting = store.datasets.info(dataset_id).unlabelled
    near = likeness.nearest(example_id, NEAREST + min(waiting, _LOOKED_PAST))
    if waiting:
        rows = store.rows.some(dataset_id, [identity for identity, _ in near])
        near = [each for each in near if each[0] in rows and rows[each[0]].label]
    return near[:NEAREST]


def _about(workspace: Workspace, dataset_id: str) -> str:
    """What doubts are worked out from: rows and runs, as a short text."""
    version = workspace.store.datasets.info(dataset_id).version
    votes = workspace.store.marks.about(dataset_id, VOTE)
    return encode([version, votes, [list(each) for each in fingerprint(workspace.store, dataset_id)]])
