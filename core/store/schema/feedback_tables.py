"""The tables of served predictions, feedback and webhooks, as of SCHEMA (tables.py)."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from core.store.schema.tables import metadata

# Served predictions, what people said of them, and the rules for that. Feedback may come before its answer,
# so no key binds the two.
answers = Table(
    "answers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("label", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt_key", String(20), nullable=False),
    Column("source", Text, nullable=False),
    Column("cost_usd", Float),
    Column("said", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("free", Boolean, nullable=False, server_default="0"),  # its answer is no label
    Index("answers_of_dataset", "dataset_id", "number"),
    Index("answers_by_age", "at"),
)

# Beside the answers, which are read by the thousand: request, reply and neighbours, compressed.
served_calls = Table(
    "served_calls",
    metadata,
    Column("prediction_id", Text, ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("prediction_id", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("score", Float),
    Column("correction", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("example_id", Text, nullable=False),
    Column(
        "set_id", String(40), nullable=False
    ),  # the change set that put it into the rows, if it changed any
    Column("why", Text, nullable=False),
    Index("feedback_of_prediction", "dataset_id", "prediction_id"),
    Index("feedback_by_state", "dataset_id", "state", "number"),
    Index("feedback_of_row", "dataset_id", "example_id"),
)

rules = Table(
    "rules",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("rules", Text, nullable=False),
)

# Where feedback on a dataset is posted to, and what was posted or is still to be.
webhooks = Table(
    "webhooks",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("feedback_id", String(40), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("due", Float, nullable=False),
    Column("problem", Text, nullable=False),
    Index("deliveries_due", "state", "due"),
    Index("deliveries_of_dataset", "dataset_id", "at"),
)
