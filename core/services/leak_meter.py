"""The leak meter, for a run's prompt: what near duplicates among the training rows would make of its score
with neighbour examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from core.costs.call_price import CallPrice, price_of_vectors
from core.errors import UsageError
from core.llm.account import account_for
from core.llm.embeddings.base import CachedEmbedder, Embedder
from core.llm.embeddings.offline import NAME as OFFLINE
from core.llm.embeddings.open_embedder import offline_embedder, open_embedder
from core.llm.embeddings.remote import RemoteEmbedder
from core.llm.embeddings.row_index import RowIndex, selectable
from core.llm.embeddings.vectors import Vectors
from core.services.compare.basis import ComparedRun, rows_read
from core.services.review import queue
from core.studies import leak_meter as leak_study
from core.studies import neighbour_trial
from core.studies.leak_meter import Leak
from core.tuning.few_shot import with_neighbours
from core.tuning.free_answers.run import rows_in_parts
from core.tuning.session import OnProgress, reading_settings
from core.types import Example, Settings, Shot
from core.workspace import NO_KEYS, Workspace

FOLDER = "vectors"  # of the workspace
SOME = 200  # training rows that tell how long a shown one is
COUNTING = "texts without a vector"


@dataclass(frozen=True, slots=True)
class LeakRequest:
    """`of`: the run at the step whose prompt is measured, with `k` neighbours beside each text.
    `compared_by`: OFFLINE, or the embedding model of a provider."""

    of: ComparedRun
    k: int
    compared_by: str = OFFLINE


@dataclass(frozen=True, slots=True)
class LeakPrice:
    """`calls` of the lightweight model are the most it can take: each row once, and again where a near
    duplicate would stand beside it. `vectors`: the embeddings that are not on disk; None where they cost
    nothing."""

    calls: CallPrice
    vectors: CallPrice | None


def check_embeddings(workspace: Workspace, name: str, keys: Mapping[str, str] = NO_KEYS) -> None:
    """Raises UsageError where texts cannot be compared by this model: no such model, a missing key."""
    if name != OFFLINE:
        _remote(workspace, name, keys)


def meter(
    workspace: Workspace,
    request: LeakRequest,
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> Leak:
    """On the validation rows that the run has read at this step, with the training rows that it had; rows
    whose label is in doubt are not shown. The lightweight model is asked and paid, and the embedding model
    for texts whose vectors are not on disk. Raises UsageError for a model that cannot be opened and where
    nothing may be spent; CallFailed and ModelRefused."""
    workspace.check_spendable()
    of = request.of
    session = workspace.session(reading_settings(of.record.settings), keys=keys)
    rows, prompt = _split(of), with_neighbours(of.prompt, request.k, ())
    with closing(Vectors(workspace.folder / FOLDER)) as vectors:
        neighbours = RowIndex(
            rows, _embedder(workspace, request, rows, keys), vectors, _doubted(workspace, of)
        )
        return leak_study.run(
            session, prompt, neighbours, _read(of, rows), of.dataset.labels.names, on_progress
        )


def price(workspace: Workspace, request: LeakRequest, keys: Mapping[str, str] = NO_KEYS) -> LeakPrice:
    """What `meter` would take, were no reply in the cache. Raises UsageError for an embedding model that
    cannot be opened, and where nothing may be spent."""
    workspace.check_spendable()
    of, shared, rows = request.of, workspace.model_context(keys), _split(request.of)
    typical = tuple(Shot(row.text, row.label) for row in selectable(rows)[:SOME])
    prompt, read = with_neighbours(of.prompt, request.k, typical), _read(of, rows)
    calls = neighbour_trial.price(reading_settings(of.record.settings), (prompt, prompt), read, shared)
    if request.compared_by == OFFLINE:
        return LeakPrice(calls, None)
    embedder = _remote(workspace, request.compared_by, keys)
    texts = [row.text for row in (*selectable(rows, _doubted(workspace, of)), *read)]
    return LeakPrice(calls, price_of_vectors(embedder.name, _missing(workspace, of, embedder, texts), shared))


def _split(of: ComparedRun) -> tuple[Example, ...]:
    """The run's rows, each where the run had it: a run fixes what is held out, but for one that was brought
    here from elsewhere."""
    rows = of.dataset.examples
    known = all(row.split or row.excluded for row in rows)
    return rows if known else rows_in_parts(rows, of.record.settings)


def _read(of: ComparedRun, rows: Sequence[Example]) -> list[Example]:
    read = {row.id for row in rows_read(of)}
    validation = [row for row in rows if row.id in read]
    if any(row.split == "train" for row in validation):
        raise UsageError(
            "This run measured on rows that are training rows: its score says nothing, with neighbours or without."
        )
    return validation


def _doubted(workspace: Workspace, of: ComparedRun) -> set[str]:
    """Ids of rows whose label is in doubt; answers that are scored are not searched for any."""
    if of.record.settings.scorer:
        return set()
    return {each.example_id for each in queue(workspace, of.record.dataset_id)}


def _embedder(
    workspace: Workspace, request: LeakRequest, rows: Sequence[Example], keys: Mapping[str, str]
) -> Embedder:
    """Offline, learned from all training rows: the same whichever of them are in doubt, so that it is learned
    once."""
    if request.compared_by == OFFLINE:
        return offline_embedder([row.text for row in selectable(rows)], workspace.folder / FOLDER)
    return _remote(workspace, request.compared_by, keys)


def _remote(workspace: Workspace, name: str, keys: Mapping[str, str]) -> RemoteEmbedder:
    return open_embedder(
        name, account_for(Settings()), workspace.model_context(keys), workspace.calls.ask_all
    )


def _missing(
    workspace: Workspace, of: ComparedRun, embedder: RemoteEmbedder, texts: Sequence[str]
) -> Sequence[str]:
    """Counted anew when vectors have come."""
    with closing(Vectors(workspace.folder / FOLDER)) as vectors:
        key = of.record.id, of.step, embedder.name, len(texts), vectors.count(embedder.name)
        return workspace.cached(COUNTING, key, lambda: CachedEmbedder(embedder, vectors).missing(texts))
