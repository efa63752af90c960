"""A workspace as Whetstone with schema 1 wrote it: plain SQL, frozen. Never change it. One of a later schema
is what the migrations, which are frozen too, make of it."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

DDL = """
CREATE TABLE meta (key VARCHAR(40) NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE datasets (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, labels TEXT NOT NULL,
  version INTEGER NOT NULL, created FLOAT NOT NULL, PRIMARY KEY (number), UNIQUE (id), UNIQUE (name));
CREATE TABLE examples (dataset_id VARCHAR(40) NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, version INTEGER NOT NULL,
  excluded BOOLEAN NOT NULL, canonical BOOLEAN NOT NULL, noted BOOLEAN NOT NULL, split VARCHAR(20) NOT NULL, label TEXT NOT NULL,
  source TEXT NOT NULL, note TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (dataset_id, id),
  FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE);
CREATE UNIQUE INDEX examples_in_order ON examples (dataset_id, position);
CREATE INDEX examples_counted ON examples (dataset_id, label, split, excluded, canonical, noted);
CREATE TABLE change_sets (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, dataset_id VARCHAR(40) NOT NULL, at FLOAT NOT NULL,
  who TEXT NOT NULL, why TEXT NOT NULL, state VARCHAR(10) NOT NULL, new_labels TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (id),
  FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE);
CREATE INDEX change_sets_of_dataset ON change_sets (dataset_id, number);
CREATE TABLE changes (set_id VARCHAR(40) NOT NULL, number INTEGER NOT NULL, dataset_id VARCHAR(40) NOT NULL, example_id TEXT NOT NULL,
  field VARCHAR(20) NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY (set_id, number),
  FOREIGN KEY(set_id) REFERENCES change_sets (id) ON DELETE CASCADE);
CREATE INDEX changes_of_example ON changes (dataset_id, example_id);
CREATE TABLE champions (number INTEGER NOT NULL, dataset_id VARCHAR(40) NOT NULL, prompt TEXT NOT NULL, model TEXT NOT NULL,
  run_id VARCHAR(40) NOT NULL, step INTEGER NOT NULL, adopted FLOAT NOT NULL, PRIMARY KEY (number),
  FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE);
CREATE INDEX champions_of_dataset ON champions (dataset_id, number);
CREATE TABLE snapshots (dataset_id VARCHAR(40) NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY (dataset_id, version));
CREATE TABLE runs (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, dataset_id VARCHAR(40) NOT NULL, dataset_name TEXT NOT NULL,
  dataset_version INTEGER NOT NULL, name TEXT NOT NULL, status VARCHAR(20) NOT NULL, stop_reason TEXT NOT NULL, error TEXT NOT NULL,
  stop_requested BOOLEAN NOT NULL, settings TEXT NOT NULL, progress TEXT NOT NULL, spend TEXT NOT NULL, created FLOAT NOT NULL,
  started FLOAT, claimed FLOAT, heartbeat FLOAT, finished FLOAT, seconds FLOAT NOT NULL, owner TEXT NOT NULL, baseline_accuracy FLOAT,
  best_accuracy FLOAT, PRIMARY KEY (number), UNIQUE (id));
CREATE INDEX runs_of_dataset ON runs (dataset_id, number);
CREATE INDEX runs_by_status ON runs (status);
CREATE TABLE steps (run_id VARCHAR(40) NOT NULL, number INTEGER NOT NULL, saved FLOAT NOT NULL, kept BOOLEAN NOT NULL, accuracy FLOAT,
  figures TEXT NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (run_id, number), FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE results (run_id VARCHAR(40) NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (run_id),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
"""

PROMPT = '{"system_prompt":"S","user_prompt_prefix":"P","user_prompt_suffix":"X"}'
METRICS = (
    '{"n":2,"correct":1,"accuracy":0.5,"interval":[0.1,0.9],"macro_f1":0.4,"unreadable":0,"unknown_label":1,"failed":0,'
    '"per_label":[{"label":"bug","support":2,"precision":1.0,"recall":0.5,"f1":0.66}],"confusion":[[1,0,1,0]]}'
)
EVALUATION = (
    '{"predictions":[{"example_id":"r0","outcome":"label","label":"bug","reply":"<label>bug</label>"}],"metrics":'
    + METRICS
    + "}"
)
VERDICT = '{"decision":"accepted","reason":"The starting prompt."}'
STEP = (
    '{"number":0,"prompt":'
    + PROMPT
    + ',"candidate":'
    + PROMPT
    + ',"batch":null,"validation":'
    + EVALUATION
    + ',"reflection":null,"verdict":'
    + VERDICT
    + "}"
)
FIGURES = (
    '{"number":0,"decision":"accepted","reason":"The starting prompt.","kept":true,"batch":null,"validation":'
    + METRICS
    + "}"
)
SCORED = '{"prompt":' + PROMPT + ',"step":0,"evaluations":{"validation":' + EVALUATION + "}}"
RESULT = (
    '{"baseline":'
    + SCORED
    + ',"best":'
    + SCORED
    + ',"test":null,"stop_reason":"iterations","split_sizes":{"train":1},"majority_accuracy":0.5}'
)
SNAPSHOT = (
    '{"name":"old","labels":{"names":["bug"],"definitions":{}},'
    '"examples":[{"id":"r0","text":"t","label":"bug"}],"id":"d1","version":2}'
)


def build(path: Path) -> None:
    """A dataset of two rows with one change and a champion, a finished run with one step, an interrupted
    one."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(DDL)

    def put(table: str, *values: object) -> None:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)

    put("meta", "schema", "1")
    put(
        "datasets",
        1,
        "d1",
        "old “data”",
        "upload",
        '{"names":["bug","docs"],"definitions":{"bug":"fails"}}',
        2,
        1000.0,
    )
    put("examples", "d1", "r0", 0, 2, 0, 1, 1, "train", "docs", "file.csv", "a note", "first text")
    put("examples", "d1", "r1", 1, 1, 1, 0, 0, "", "bug", "", "", "second text")
    put("change_sets", 1, "c1", "d1", 1100.0, "Ann", "misread", "applied", "[]")
    put("changes", "c1", 0, "d1", "r0", "label", "bug", "docs")
    put("champions", 1, "d1", PROMPT, "offline:reader", "run1", 0, 1200.0)
    put("snapshots", "d1", 2, zlib.compress(SNAPSHOT.encode()))
    for number, (run_id, status) in enumerate((("run1", "finished"), ("run2", "running")), 1):
        put(
            "runs",
            number,
            run_id,
            "d1",
            "old “data”",
            2,
            f"Run {number}",
            status,
            "iterations" if number == 1 else "",
            "",
            0,
            '{"lightweight":"offline:reader","iterations":3}',
            '{"what":"Done"}',
            '{"lightweight":{"api":4,"cost_usd":null}}',
            1000.0,
            1001.0,
            1001.0,
            1011.0,
            1011.0 if number == 1 else None,
            0.0,
            "" if number == 1 else "host:1:x",
            0.5,
            0.5,
        )
        put("steps", run_id, 0, 1005.0, 1, 0.5, FIGURES, zlib.compress(STEP.encode()))
    put("results", "run1", zlib.compress(RESULT.encode()))
    connection.commit()
    connection.close()
