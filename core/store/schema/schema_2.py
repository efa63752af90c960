"""The migration to schema 2: reviews and marks of rows, change sets that hold bulk edits and label sets.
Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

# Rebuilt rather than widened: columns that are added stand behind the text, and SQLite would walk through
# every text to filter by them.
EXAMPLES = (
    """CREATE TABLE examples_2 (dataset_id VARCHAR(40) NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, version INTEGER NOT NULL,
       excluded BOOLEAN NOT NULL, canonical BOOLEAN NOT NULL, noted BOOLEAN NOT NULL, review VARCHAR(10) NOT NULL,
       edits INTEGER NOT NULL, changed INTEGER NOT NULL, split VARCHAR(20) NOT NULL, label TEXT NOT NULL, source TEXT NOT NULL,
       note TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (dataset_id, id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    """INSERT INTO examples_2 (dataset_id, id, position, version, excluded, canonical, noted, review, edits, changed, split, label, source,
       note, text)
       SELECT e.dataset_id, e.id, e.position, e.version, e.excluded, e.canonical, e.noted, '', coalesce(c.edits, 0), d.version, e.split,
       e.label, e.source, e.note, e.text
       FROM examples AS e JOIN datasets AS d ON d.id = e.dataset_id
       LEFT JOIN (SELECT h.dataset_id, h.example_id, count(*) AS edits FROM changes AS h JOIN change_sets AS s ON s.id = h.set_id
                  WHERE s.state = 'applied' GROUP BY h.dataset_id, h.example_id) AS c
       ON c.dataset_id = e.dataset_id AND c.example_id = e.id""",
    "DROP TABLE examples",
    "ALTER TABLE examples_2 RENAME TO examples",
    "CREATE UNIQUE INDEX examples_in_order ON examples (dataset_id, position)",
    "CREATE INDEX examples_filtered ON examples "
    "(dataset_id, label, split, excluded, canonical, noted, review, edits, source, position)",
    "CREATE INDEX examples_by_source ON examples (dataset_id, source)",
)
CHANGE_SETS = (
    "ALTER TABLE change_sets ADD COLUMN kind VARCHAR(10) DEFAULT 'rows' NOT NULL",
    "ALTER TABLE change_sets ADD COLUMN what TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE change_sets ADD COLUMN touched INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE change_sets ADD COLUMN version INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE change_sets ADD COLUMN labels_before TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE change_sets ADD COLUMN labels_after TEXT DEFAULT '' NOT NULL",
    "UPDATE change_sets SET touched = (SELECT count(DISTINCT example_id) FROM changes WHERE changes.set_id = change_sets.id)",
)
MARKS = (
    """CREATE TABLE mark_lists (dataset_id VARCHAR(40) NOT NULL, kind VARCHAR(20) NOT NULL, about TEXT NOT NULL,
       PRIMARY KEY (dataset_id, kind), FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    """CREATE TABLE marks (dataset_id VARCHAR(40) NOT NULL, kind VARCHAR(20) NOT NULL, example_id TEXT NOT NULL, rank INTEGER NOT NULL,
       payload TEXT NOT NULL, PRIMARY KEY (dataset_id, kind, example_id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX marks_in_order ON marks (dataset_id, kind, rank)",
)


def to_schema_2(connection: Connection) -> None:
    for statement in (*EXAMPLES, *CHANGE_SETS, *MARKS):
        connection.execute(text(statement))
