"""A named version of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import LabelSet


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """A name that somebody gave the dataset as it was at that moment. `version` is that of the dataset, `last_set` the
    number of the last change set in force, 0 where there was none; `at` in seconds since 1970."""

    id: str
    dataset_id: str
    name: str
    why: str
    who: str
    at: float
    version: int
    last_set: int
    labels: LabelSet
