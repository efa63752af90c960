"""The tables of datasets and runs, as of SCHEMA; those of feedback, named versions and batches are in files of their own.
Whoever changes them raises SCHEMA and adds a migration (migrations.py)."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA = 13

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("template", Text, nullable=False, server_default=""),  # how the texts were made of fields; JSON
    Column(
        "scorer", Text, nullable=False, server_default=""
    ),  # what scores its answers; empty: they are labels
)

# Small columns stand before the text: SQLite then filters and counts rows without walking through long texts.
examples = Table(
    "examples",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("excluded", Boolean, nullable=False),
    Column("canonical", Boolean, nullable=False),
    Column("noted", Boolean, nullable=False),
    Column("review", String(10), nullable=False),
    Column("edits", Integer, nullable=False),  # corrections by hand that are in force
    Column("changed", Integer, nullable=False),  # the dataset's version when the row last changed
    Column("split", String(20), nullable=False),
    Column("label", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column(
        "digest", String(20), nullable=False, server_default=""
    ),  # of the folded text: finds the rows with a text
    Index("examples_in_order", "dataset_id", "position", unique=True),
    # Covers every filter but the search, and the counts: neither reads the rows themselves.
    Index(
        "examples_filtered",
        *("dataset_id", "label", "split", "excluded", "canonical", "noted", "review", "edits", "source"),
        "position",
    ),
    Index("examples_by_source", "dataset_id", "source"),
    Index("examples_by_text", "dataset_id", "digest"),
)

change_sets = Table(
    "change_sets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("new_labels", Text, nullable=False),  # labels that the rows brought with them
    Column("kind", String(10), nullable=False, server_default="rows"),
    Column("what", Text, nullable=False, server_default=""),  # in words, where the rows do not say it
    Column("touched", Integer, nullable=False, server_default="0"),  # rows
    Column(
        "version", Integer, nullable=False, server_default="0"
    ),  # of the dataset when it was last made, undone or redone
    Column("labels_before", Text, nullable=False, server_default=""),  # the label set, where it was managed
    Column("labels_after", Text, nullable=False, server_default=""),
    Index("change_sets_of_dataset", "dataset_id", "number"),
    Index("change_sets_by_state", "dataset_id", "state", "number"),
)

changes = Table(
    "changes",
    metadata,
    Column("set_id", String(40), ForeignKey("change_sets.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("dataset_id", String(40), nullable=False),
    Column("example_id", Text, nullable=False),
    Column("field", String(20), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("changes_of_example", "dataset_id", "example_id"),
)

# What was worked out about rows: suspects, mistakes of the last run. One list of each kind a dataset,
# replaced as a whole.
mark_lists = Table(
    "mark_lists",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("about", Text, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("example_id", Text, primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Index("marks_in_order", "dataset_id", "kind", "rank"),
)

# What a second person labelled rows, beside their own labels. No foreign key to the rows: an import that
# added them may be undone, and made again.
second_labels = Table(
    "second_labels",
    metadata,
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("annotator", Text, primary_key=True),
    Column("example_id", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("settled", Float),  # when a person decided between two different labels
    Column("label", Text, nullable=False),
    Column("first", Text, nullable=False),  # the row's own label at that time
    Column("note", Text, nullable=False),
)

champions = Table(
    "champions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("dataset_id", String(40), ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("run_id", String(40), nullable=False),
    Column("step", Integer, nullable=False),
    Column("adopted", Float, nullable=False),
    Column("who", Text, nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
    Index("champions_of_dataset", "dataset_id", "number"),
)

# The rows as runs saw them: one copy per dataset version. No foreign key: runs outlive their dataset.
snapshots = Table(
    "snapshots",
    metadata,
    Column("dataset_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

# Large payloads live in tables of their own: a heartbeat rewrites its row, and that row must stay small.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("dataset_id", String(40), nullable=False),
    Column("dataset_name", Text, nullable=False),
    Column("dataset_version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("stop_reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("stop_requested", Boolean, nullable=False),
    Column("settings", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("spend", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("claimed", Float),
    Column("heartbeat", Float),
    Column("finished", Float),
    Column(
        "seconds", Float, nullable=False
    ),  # of earlier legs; the last one is from `claimed` to `heartbeat`
    Column("owner", Text, nullable=False),
    Column("baseline_accuracy", Float),
    Column("best_accuracy", Float),
    Column("note", Text, nullable=False, server_default=""),
    Column("starred", Boolean, nullable=False, server_default="0"),
    Column("pause_requested", Boolean, nullable=False, server_default="0"),
    Column("finish_requested", Boolean, nullable=False, server_default="0"),
    Column("benchmark", String(40), nullable=False, server_default=""),  # its id
    Column("who", Text, nullable=False, server_default=""),
    Index("runs_of_dataset", "dataset_id", "number"),
    Index("runs_by_status", "status"),
    Index("runs_of_benchmark", "benchmark"),
)

# What a paused run waits with, and what was said of its steps.
oversight = Table(
    "oversight",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("proposal", Text, nullable=False),
    Column("words", Text, nullable=False),
)

benchmarks = Table(
    "benchmarks",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("created", Float, nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("saved", Float, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("accuracy", Float),
    Column("figures", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

results = Table(
    "results",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

# Predictions of runs row by row, a copy for SQL of what steps and results hold (docs/database.md).
predictions = Table(
    "predictions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("split", String(20), nullable=False),
    Column("row_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("predicted", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Index("predictions_of_run", "run_id", "step"),
)
