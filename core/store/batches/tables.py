"""The tables of batches, as of SCHEMA (tables.py): files that a provider's batch service classifies."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from core.store.schema.tables import metadata

# `payload` is the file as it was read; it stands apart from what changes.
batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("total", Integer, nullable=False),  # rows of the file
    Column("most_requests", Integer, nullable=False),  # in a part, where the provider's queue takes no more
    Column("cancelled", Boolean, nullable=False),
    Column("spec", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

# What was sent to the provider as one batch; written before it leaves.
batch_parts = Table(
    "batch_parts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("batch_id", String(40), ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("provider_id", Text, nullable=False),  # empty until it is known to have arrived
    Column("owner", Text, nullable=False),  # who sends it
    Column("at", Float, nullable=False),  # when it was last about to leave
    Column("requests", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),  # the most that it can use
    Column("usd", Float),  # the most that it can cost; empty where the price is unknown
    Column("answered", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Index("batch_parts_of_batch", "batch_id", "number"),
    Index("batch_parts_by_state", "state"),
)

# One a different text of the file, in their order.
batch_requests = Table(
    "batch_requests",
    metadata,
    Column("batch_id", String(40), ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("key", String(64), nullable=False),  # of its reply in the cache
    Column("part_id", String(40), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("calls", Integer, nullable=False),  # that the provider has carried out
    Column("most_input", Integer, nullable=False),  # tokens
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cost_usd", Float),  # empty where the price is unknown
    Column("estimated", Integer, nullable=False),  # calls whose tokens the provider did not say
    Column("cached", Boolean, nullable=False),
    Column("problem", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Index("batch_requests_by_state", "batch_id", "state"),
    Index("batch_requests_by_key", "key"),
)
