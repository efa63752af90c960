"""The table of named versions of datasets, as of SCHEMA (tables.py)."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from core.store.schema.tables import metadata

# No copy of the rows: the change sets lead back to them (core/store/rows/versions.py). `last_set` is the number of the
# last change set that was in force, 0 where none was.
dataset_versions = Table(
    "dataset_versions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("last_set", Integer, nullable=False),
    Column("labels", Text, nullable=False),
    Index("versions_of_dataset", "dataset_id", "number"),
)
