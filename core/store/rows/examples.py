"""Rows on their way into the database and out of it, for the parts of the store that change them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Row as SqlRow

from core.data.fields import FIELDS
from core.errors import DataError, NotFound
from core.prompts.label_match import fold
from core.store.codec import storable
from core.store.records import Row
from core.store.schema.tables import examples
from core.types import SPLITS, Example

AT_ONCE = 500  # rows looked up per query: databases limit the number of parameters


def stored_rows(connection: Connection, dataset_id: str, ids: Sequence[str]) -> dict[str, SqlRow[Any]]:
    """The rows as they are now, by id. NotFound names one that is not there."""
    e, rows, wanted = examples.c, dict[str, SqlRow[Any]](), list(dict.fromkeys(ids))
    for start in range(0, len(wanted), AT_ONCE):
        query = select(examples).where(e.dataset_id == dataset_id, e.id.in_(wanted[start : start + AT_ONCE]))
        rows.update({row.id: row for row in connection.execute(query)})
    for example_id in wanted:
        if example_id not in rows:
            raise NotFound("There is no row “" + example_id + "” in this dataset: load the rows again.")
    return rows


def digest(text: str) -> str:
    """By which the rows with a text are found, whatever its case and white space. Texts of equal digest may
    still differ."""
    return hashlib.blake2b(fold(text).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def rows_with(connection: Connection, dataset_id: str, texts: Sequence[str]) -> dict[str, list[SqlRow[Any]]]:
    """The rows that have these texts, in their order, by folded text; texts that no row has are left out."""
    e, rows = examples.c, dict[str, list[SqlRow[Any]]]()
    folded = {fold(text) for text in texts}
    digests = list({digest(text) for text in texts})
    for start in range(0, len(digests), AT_ONCE):
        query = (
            select(examples)
            .where(e.dataset_id == dataset_id, e.digest.in_(digests[start : start + AT_ONCE]))
            .order_by(e.position)
        )
        for row in connection.execute(query):
            if fold(row.text) in folded:
                rows.setdefault(fold(row.text), []).append(row)
    return rows


def values(example: Example, position: int) -> dict[str, Any]:
    """A new row's columns, but for the dataset. DataError where it cannot be stored."""
    row = "Row " + str(position + 1)
    for field in dataclasses.fields(Example):
        if isinstance(text := getattr(example, field.name), str):
            storable(text, row)
    waits = example.excluded and not example.label  # for a person to label it
    if not example.id or not (example.label.strip() or waits):
        raise DataError(
            row + " has no " + ("label" if example.id else "id") + ": give it one, or leave the row out."
        )
    if example.split and example.split not in SPLITS:
        raise DataError(
            row + " has the split “" + example.split + "”: use train, validation, test, or leave it empty."
        )
    return {
        "position": position,
        "version": 1,
        "noted": bool(example.note),
        "review": "",
        "edits": 0,
        "changed": 1,
        "source": example.source,
        "digest": digest(example.text),
        **{field.name: getattr(example, field.name) for field in FIELDS},
    }


def new_row(example: Example, position: int) -> Row:
    """DataError where it cannot be stored."""
    columns = values(example, position)
    return Row(**{field.name: columns[field.name] for field in dataclasses.fields(Row)})
