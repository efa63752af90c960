"""Datasets: samples imported, equal ones stored once, held-out rows chosen, and a file imported again into one
that is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.data.fields import ColumnMap
from core.data.importing.label_shape import check_label_set
from core.data.importing.mapping import import_dataset
from core.data.importing.update import UpdatePlan, assign_splits, fields_given, plan_update
from core.data.splits import split
from core.label_sets.sets import one_label_each
from core.samples import Sample
from core.services.versions.versions import dataset_then
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo
from core.store.rows.changes import new_labels
from core.studies import label_definitions
from core.studies.label_definitions import Draft
from core.types import Dataset, Example, LabelSet, Settings
from core.workspace import NO_KEYS, Workspace


def import_sample(workspace: Workspace, sample: Sample) -> str:
    """The id of the sample as a dataset, which is imported on first use."""
    present = workspace.store.datasets.find(sample.title)
    if present is not None:
        return present
    workspace.check_writable()
    return workspace.store.datasets.add(sample_dataset(sample), f"sample {sample.name}", sample.scorer)


def sample_dataset(sample: Sample) -> Dataset:
    """Rows that nobody has labelled are kept where its labels are verdicts."""
    columns = ColumnMap(
        sample.text,
        note=sample.note,
        unlabelled=bool(sample.good),
        several="keep" if sample.several else "leave_out",
        answers=bool(sample.scorer),
    )
    dataset = import_dataset(sample.path.read_bytes(), sample.title, columns=columns).dataset
    known = sample.definitions
    meanings = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    return replace(dataset, labels=replace(dataset.labels, definitions=meanings, good=sample.good))


def add_once(
    workspace: Workspace, dataset: Dataset, origin: str, seed: int | None = None, scorer: str = ""
) -> str:
    """The id under which the dataset is stored: an equal one that is there already, or a new one. With a
    `seed`, one whose rows are held out as that seed chooses them is equal, too; what another seed held out is
    not, or a run would depend on those before it. `scorer`: what scores its answers where they are no labels."""
    workspace.check_writable()
    datasets, several = workspace.store.datasets, dataset.labels.several
    scorer, free = "" if several else scorer, bool(scorer) or several
    equal = [dataset.examples]
    if seed is not None:
        equal.append(split(dataset.examples, seed, free))
    for info in datasets.all():
        named = info.name == dataset.name or info.name.startswith(dataset.name + " (")
        made_alike = same_labels(info.labels, dataset.labels) and info.template == dataset.template
        if named and info.rows == len(dataset.examples) and made_alike and info.scorer == scorer:
            if datasets.get(info.id).examples in equal:
                return info.id
    return datasets.add(dataset, origin, scorer)


def same_labels(one: LabelSet, other: LabelSet) -> bool:
    """Whatever their verdict: which one means good is not in a file."""
    return replace(one, good="") == replace(other, good="")


def split_rows(
    workspace: Workspace, source: str | DatasetVersion, seed: int, free: bool = False
) -> tuple[Example, ...]:
    """The rows with the parts that a run with this seed has, of a dataset by its id or of a named version. Kept until
    the rows change: what New run has worked out to show it, the start of the run need not work out again (seconds at
    20,000 rows). `free`: answers are no labels, or several. DataError where no prompt can be tuned on the labels, or
    the rows cannot be parted."""
    if isinstance(source, DatasetVersion):
        return _split_then(workspace, source, seed, free)
    datasets, info = workspace.store.datasets, workspace.store.datasets.info(source)
    free = free or info.labels.several
    key = (source, info.version, seed, free)
    return workspace.cached("split", key, lambda: _split(datasets.get(source).examples, seed, free))


def _split_then(workspace: Workspace, version: DatasetVersion, seed: int, free: bool) -> tuple[Example, ...]:
    """Rows that are there today have their part of today, so that runs on different versions compare."""
    present = workspace.store.datasets.version(version.dataset_id)
    free = free or version.labels.several

    def rows() -> tuple[Example, ...]:
        parts = {row.id: row.split for row in split_rows(workspace, version.dataset_id, seed, free)}
        then = dataset_then(workspace, version).examples
        return _split([replace(row, split=parts.get(row.id) or row.split) for row in then], seed, free)

    return workspace.cached("split then", (version.id, present, seed, free), rows)


def _split(examples: Sequence[Example], seed: int, free: bool) -> tuple[Example, ...]:
    if not free:
        check_label_set(examples)
    return split(examples, seed, free)


def hold_out(workspace: Workspace, dataset_id: str, seed: int, free: bool = False) -> None:
    """Fixes which rows are held out, where that is not known yet."""
    given = {row.id: row.split for row in workspace.store.datasets.get(dataset_id).examples}
    rows = split_rows(workspace, dataset_id, seed, free)
    chosen = {row.id: row.split for row in rows if row.split and row.split != given.get(row.id)}
    if chosen:
        workspace.store.rows.assign_splits(dataset_id, chosen)


@dataclass(frozen=True, slots=True)
class Reimport:
    """`touched` rows would change, of which `by_hand` were corrected here. `new_labels` would join the label
    set. `to_training` rows are to train on, since the dataset has runs, and those compare on the same
    held-out rows; `to_held_out` say what one of those says."""

    update: UpdatePlan
    touched: int
    by_hand: int
    new_labels: tuple[str, ...]
    to_training: int
    to_held_out: int

    @property
    def nothing(self) -> bool:
        return not self.touched and not self.update.added


def plan_reimport(
    workspace: Workspace, dataset_id: str, rows: Sequence[Example], columns: ColumnMap, by: str
) -> Reimport:
    """What `rows`, read with `columns`, would do to the dataset where they are found again by "id" or by
    "text"; `store.edits.update` carries it out. NotFound; DataError where a label could not be told from one
    that is there."""
    store = workspace.store
    dataset = store.datasets.get(dataset_id)
    planned = plan_update(dataset.examples, rows, by, fields_given(columns))
    update = assign_splits(planned, dataset.examples) if store.runs.all(dataset_id) else planned
    placed = _splits(update) - _splits(planned)
    touched = sorted({each.example_id for each in update.changed})
    by_hand = sum(1 for row in store.rows.some(dataset_id, touched).values() if row.edits)
    given = [str(each.after) for each in update.changed if each.field == "label"]
    used = [*given, *(row.label for row in update.added if not row.excluded)]
    news = new_labels(dataset.labels, used, bool(store.datasets.info(dataset_id).scorer))
    return Reimport(update, len(touched), by_hand, news, placed["train"], placed.total() - placed["train"])


def _splits(update: UpdatePlan) -> Counter[str]:
    """How many rows the update puts where."""
    moved = (str(each.after) for each in update.changed if each.field == "split")
    return Counter(split for split in (*(row.split for row in update.added), *moved) if split)


# ---- what labels mean


def draft_definitions(
    workspace: Workspace, dataset: Dataset, settings: Settings, keys: Mapping[str, str] = NO_KEYS
) -> Draft:
    """As the study, under the caps of the settings. Stores nothing. UsageError in a workspace that is only shown
    and for a model that cannot be opened."""
    workspace.check_spendable()
    return label_definitions.run(
        workspace.session(settings, keys=keys), one_label_each(dataset), settings.seed
    )


def store_definitions(
    workspace: Workspace, info: DatasetInfo, given: Mapping[str, str], who: str = ""
) -> list[str]:
    """The labels whose definition changed; an empty one takes the definition away. What somebody else wrote since
    `info` was read is not overwritten (Conflict)."""
    workspace.check_writable()
    present = info.labels.definitions
    changed = {name: text for name, text in given.items() if text != present.get(name, "")}
    if changed:
        workspace.store.labels.define(info.id, changed, who, "from a file", seen_version=info.version)
    return list(changed)
