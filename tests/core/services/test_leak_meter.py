"""The leak meter, for a run out of a store: a planted leak is told, its price is told before, and nothing in
doubt is shown."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UsageError
from core.label_errors.suspects import Suspect
from core.llm.embeddings.vectors import Vectors
from core.services import leak_meter
from core.services.compare.basis import ComparedRun, side
from core.store.codec import encode
from core.store.records import SUSPECT
from core.studies.leak_meter import leak_in_words
from core.types import Dataset, Example, LabelSet, Settings
from core.workspace import Workspace
from tests.core.llm.embeddings.test_row_index import HELD_OUT, LABELS, TRAIN
from tests.fakes.server import FakeServer
from tests.pages.made import run_of

REMOTE = "openai:text-embedding-3-small"
RNG = random.Random(3)
UNTELLABLE = [
    replace(row, label=RNG.choice(LABELS)) for row in HELD_OUT
]  # labels that no text tells: only memory can know them
PLANTED = [
    replace(row, id="planted" + row.id, text=row.text + " !", split="train") for row in UNTELLABLE[:30]
]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


def of(workspace: Workspace, rows: list[Example], settings: Settings = Settings()) -> ComparedRun:
    """A run over these rows, at its starting prompt."""
    dataset_id = workspace.store.datasets.add(
        Dataset("Planted", LabelSet(LABELS), tuple(rows)), origin="test"
    )
    run_id = run_of(workspace.store, dataset_id, settings=settings)
    step = workspace.store.steps.get(run_id, 0)
    return side(
        "A", workspace.store.runs.get(run_id), step, step.prompt, workspace.store.runs.snapshot(run_id)
    )


def test_a_planted_leak_is_told_with_both_scores(workspace: Workspace):
    said = []
    asked = leak_meter.LeakRequest(of(workspace, [*TRAIN, *UNTELLABLE, *PLANTED]), 2)
    leak = leak_meter.meter(
        workspace, asked, on_progress=lambda progress: said.append((progress.done, progress.total))
    )
    assert set(leak.touched) == {row.id for row in UNTELLABLE[:30]} and said[-1] == (75, 75)
    assert leak.k == 2 and leak.points > 0.2 and leak.comparison.p < 0.01
    assert leak_in_words(leak).startswith("30 of 45 validation rows have a near duplicate")


def test_without_near_duplicates_there_is_no_leak(workspace: Workspace):
    leak = leak_meter.meter(workspace, leak_meter.LeakRequest(of(workspace, [*TRAIN, *HELD_OUT]), 4))
    assert leak.touched == () and leak.points == 0 and leak.protected.metrics.n == 45


def test_rows_whose_label_is_in_doubt_are_not_shown(workspace: Workspace):
    asked = leak_meter.LeakRequest(of(workspace, [*TRAIN, *UNTELLABLE, *PLANTED]), 2)
    doubted = {row.id: encode(Suspect(row.id, row.label, "wish", 0.9, ())) for row in PLANTED[:20]}
    workspace.store.marks.replace(asked.of.record.dataset_id, SUSPECT, doubted, "test")
    assert set(leak_meter.meter(workspace, asked).touched) == {row.id for row in UNTELLABLE[20:30]}


def test_rows_that_have_no_split_get_the_one_the_run_chose(workspace: Workspace):
    rows = [replace(row, split="") for row in (*TRAIN, *HELD_OUT)]
    for seed in (1, 2):
        asked = leak_meter.LeakRequest(of(workspace, rows, Settings(seed=seed)), 2)
        assert all(not row.split for row in asked.of.dataset.examples)
        read = {each.example_id for each in asked.of.readings["validation"].predictions}
        assert {each.example_id for each in leak_meter.meter(workspace, asked).protected.predictions} == read
    other = replace(asked.of, record=replace(asked.of.record, settings=Settings(seed=1)))
    with pytest.raises(UsageError, match="are training rows"):
        leak_meter.meter(workspace, leak_meter.LeakRequest(other, 2))


def test_a_second_look_learns_and_embeds_nothing_anew(workspace: Workspace):
    asked = leak_meter.LeakRequest(of(workspace, [*TRAIN, *HELD_OUT]), 2)
    first = leak_meter.meter(workspace, asked)
    files = {
        path.name: path.stat().st_mtime_ns for path in (workspace.folder / "vectors").glob("offline-*.npz")
    }
    assert len(files) == 1 and leak_meter.meter(workspace, asked) == first
    assert files == {
        path.name: path.stat().st_mtime_ns for path in (workspace.folder / "vectors").glob("offline-*.npz")
    }


# ---- the price, and who may pay it


def test_the_price_is_at_most_each_row_twice_and_offline_embeddings_are_free(workspace: Workspace):
    told = leak_meter.price(workspace, leak_meter.LeakRequest(of(workspace, [*TRAIN, *HELD_OUT]), 2))
    assert told.calls.calls == 90 and told.calls.usd.high == 0 and told.vectors is None


def test_more_neighbours_cost_more(workspace: Workspace):
    found = of(workspace, [*TRAIN, *HELD_OUT], Settings(lightweight="openai:gpt-5-nano"))
    few, many = (leak_meter.price(workspace, leak_meter.LeakRequest(found, k)).calls for k in (1, 16))
    assert (
        0 < few.usd.high < many.usd.high
        and few.input.middle < many.input.middle / 2
        and few.calls == many.calls
    )


def test_a_provider_is_paid_for_the_texts_it_has_not_embedded_yet(tmp_path: Path):
    with FakeServer(key="sk-right-key-1234") as server:
        workspace = Workspace(tmp_path, {"OPENAI_BASE_URL": server.openai_url})
        keys = {"OPENAI_API_KEY": "sk-right-key-1234"}
        asked = leak_meter.LeakRequest(of(workspace, [*TRAIN, *UNTELLABLE, *PLANTED]), 2, REMOTE)
        before = leak_meter.price(workspace, asked, keys)
        assert before.vectors.calls == 2 and 0 < before.vectors.of_all(before.vectors.usd).high < 0.001
        leak = leak_meter.meter(workspace, asked, keys)
        assert leak.protected.metrics.n == 45 and leak_meter.price(workspace, asked, keys).vectors.calls == 0
        sent = len(server.bodies)
        assert leak_meter.meter(workspace, asked, keys) == leak and len(server.bodies) == sent
        workspace.close()
    with closing(Vectors(tmp_path / "vectors")) as kept:
        assert kept.count(REMOTE) == 165


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (REMOTE, "OPENAI_API_KEY"),
        ("anthropic:claude-haiku-5-5", "cannot embed texts"),
        ("offline:reader", "no embedding model"),
        ("nothing", "nothing"),
    ],
)
def test_a_model_that_cannot_embed_is_refused_in_a_sentence(workspace: Workspace, name: str, why: str):
    leak_meter.check_embeddings(workspace, leak_meter.OFFLINE)
    found = of(workspace, [*TRAIN, *HELD_OUT])
    for refused in (
        lambda: leak_meter.check_embeddings(workspace, name),
        lambda: leak_meter.price(workspace, leak_meter.LeakRequest(found, 2, name)),
        lambda: leak_meter.meter(workspace, leak_meter.LeakRequest(found, 2, name)),
    ):
        with pytest.raises(UsageError, match=why):
            refused()


def test_read_only_nothing_is_measured_and_nothing_made(workspace: Workspace):
    asked = leak_meter.LeakRequest(of(workspace, [*TRAIN, *HELD_OUT]), 2)
    looked_at = Workspace(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    for refused in (leak_meter.meter, leak_meter.price):
        with pytest.raises(UsageError, match="read-only"):
            refused(looked_at, asked)
    assert not (workspace.folder / "vectors").exists()
    looked_at.close()
