"""What the rows most like a row without a label, or the champion, would call it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice, mean_size, price_of_calls
from core.errors import NotFound
from core.llm.connections import ModelContext
from core.prompts.files import PromptFile
from core.services.champions import champion_reply_tokens
from core.services.classify import PromptClassifier, Service
from core.services.labelling.unlabelled import order_of, waiting
from core.services.review import SimilarRow
from core.tuning.session import OnProgress
from core.types import Outcome, Progress, Settings
from core.workspace import NO_KEYS, Workspace

CHAMPION = "champion label"  # kind of marks: what the champion would call rows without a label


@dataclass(frozen=True, slots=True)
class LabelSuggestion:
    """`why` is the end of a sentence, `nearest` the labelled rows that it rests on, if any."""

    label: str
    why: str
    nearest: tuple[SimilarRow, ...] = ()


def neighbour_suggestion(workspace: Workspace, dataset_id: str, row_id: str) -> LabelSuggestion | None:
    """What the labelled rows most like it say; None where none is like it. Free."""
    order = order_of(workspace, dataset_id)
    vote = order.space.votes(order.labels, [row_id]).get(row_id) if order.space is not None else None
    if vote is None:
        return None
    rows = workspace.store.rows.some(dataset_id, [identity for identity, _ in vote.nearest])
    near = tuple(
        SimilarRow(rows[identity], alike)
        for identity, alike in vote.nearest
        if identity in rows and rows[identity].label
    )
    agree = sum(each.row.label == vote.label for each in near)
    return LabelSuggestion(vote.label, f"so say {agree} of the {len(near)} labelled rows most like it", near)


def champion_suggestion(workspace: Workspace, dataset_id: str, row_id: str) -> LabelSuggestion | None:
    """What the champion said of the row when it was asked."""
    said = workspace.store.marks.of(dataset_id, row_id).get(CHAMPION)
    if said is None:
        return None
    payload = json.loads(said)
    return LabelSuggestion(payload["label"], payload["reason"])


def unasked(workspace: Workspace, dataset_id: str, limit: int) -> list[str]:
    """The rows to label next of which the champion has said nothing yet."""
    known = workspace.store.marks.get(dataset_id, CHAMPION)
    return [row for row in waiting(workspace, dataset_id, limit + len(known)) if row not in known][:limit]


def price_of_champion(
    workspace: Workspace, dataset_id: str, ids: Sequence[str], shared: ModelContext
) -> CallPrice:
    """What `ask_champion` would take, were nothing in the cache."""
    classifier = _classifier(workspace, dataset_id, NO_KEYS)
    size = mean_size([classifier.request(text) for text in _texts(workspace, dataset_id, ids).values()])
    return price_of_calls(Settings(classifier.model), "lightweight", len(ids), size, shared)


def ask_champion(
    workspace: Workspace,
    dataset_id: str,
    ids: Sequence[str],
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> int:
    """The champion labels these rows; what it says is kept for their cards, and is no label. Returns for how
    many it named one. NotFound where there is no champion; UsageError for a model that cannot be opened."""
    workspace.check_spendable()
    classifier, store = _classifier(workspace, dataset_id, keys), workspace.store
    texts = _texts(workspace, dataset_id, ids)
    read = classifier.classify_many(
        list(texts.values()),
        on_reply=lambda done, total: on_progress(Progress("The champion reads", done, total)),
    )
    said = {
        identity: json.dumps({"label": each.label, "reason": each.reason})
        for identity, each in zip(texts, read, strict=True)
        if each.outcome is Outcome.LABEL
    }
    store.marks.replace(
        dataset_id, CHAMPION, {**store.marks.get(dataset_id, CHAMPION), **said}, classifier.model
    )
    return len(said)


# ---- private


def _texts(workspace: Workspace, dataset_id: str, ids: Sequence[str]) -> dict[str, str]:
    rows = workspace.store.rows.some(dataset_id, ids)
    return {
        identity: rows[identity].text for identity in ids if identity in rows and rows[identity].text.strip()
    }


def _classifier(workspace: Workspace, dataset_id: str, keys: Mapping[str, str]) -> PromptClassifier:
    store = workspace.store
    champion = store.champions.current(dataset_id)
    if champion is None:
        raise NotFound(
            "The dataset has no champion to ask: adopt a prompt first, or take suggestions from neighbours."
        )
    service = Service(
        workspace,
        dataset_id,
        "file",
        keys=dict(keys),
        keeps=False,
        reply_tokens=champion_reply_tokens(store, champion),
    )
    names = store.datasets.info(dataset_id).labels.names
    return PromptClassifier(service, PromptFile(champion.prompt, names, champion.model), champion.model)
