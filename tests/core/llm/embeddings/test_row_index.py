"""Neighbours give nothing away; the leak meter shows what they would give away otherwise."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.errors import UsageError
from core.llm.embeddings.offline import OfflineEmbedder
from core.llm.embeddings.row_index import RowIndex
from core.llm.embeddings.vectors import Vectors
from core.prompts.starting_prompt import starting_prompt
from core.similarity.char_ngrams import CharNgrams
from core.studies import leak_meter as leak_study
from core.studies.leak_meter import leak_in_words
from core.types import Example, FewShot, LabelSet, Settings, Shot
from core.workspace import Workspace

LABELS = ("bug", "documentation", "wish")
WORDS = {
    "bug": ("crash", "error", "broken", "fails", "exception", "hangs"),
    "documentation": ("readme", "manual", "typo", "docs", "page", "guide"),
    "wish": ("please", "add", "support", "would", "like", "option"),
}
THINGS = (
    "parser",
    "tokenizer",
    "scheduler",
    "cache",
    "exporter",
    "window",
    "printer",
    "network",
    "database",
    "editor",
    "queue",
    "router",
)


def made(count: int, split: str, seed: int) -> list[Example]:
    rng = random.Random(seed)
    rows = []
    for n in range(count):
        label = LABELS[n % 3]
        noise = " ".join("".join(rng.choices("abcdefghijklmnoprstuvw", k=7)) for _ in range(6))
        text = " ".join((*rng.sample(WORDS[label], 2), *rng.sample(THINGS, 2), noise))
        rows.append(Example(f"{split}{n}", text, label, split=split))
    return rows


TRAIN, HELD_OUT = made(90, "train", 1), made(45, "validation", 2)


def of(rows, **more) -> RowIndex:
    return RowIndex(rows, OfflineEmbedder.learned([row.text for row in rows]), **more)


def shown(neighbours: RowIndex, text: str, k: int = 4, **more) -> list[str]:
    return [near.row.id for near in neighbours.nearest([text], k, **more)[0]]


# ---- which rows


def test_the_most_similar_stands_last_and_likeness_is_told():
    near = of(TRAIN).nearest(["crash error broken parser"], 5)[0]
    assert len(near) == 5 and near[-1].row.label == "bug"
    found = [each.similarity for each in near]
    assert found == sorted(found) and 0 <= found[0] <= found[-1] <= 1


def test_neither_a_row_nor_its_near_duplicates_are_its_neighbours_however_many():
    row = TRAIN[0]
    twins = [
        replace(row, id=f"twin{n}", text=text)
        for n, text in enumerate(
            [
                row.text.upper(),
                row.text + " !",
                "  " + row.text.replace(" ", ", "),
                *(f"{row.text} {chr(97 + n)}" for n in range(26)),
            ]
        )
    ]
    neighbours = of([*TRAIN, *twins])
    guarded = shown(neighbours, row.text, 4, ids=[row.id])
    assert len(guarded) == 4 and not set(guarded) & {row.id, *(twin.id for twin in twins)}
    assert set(shown(neighbours, row.text, 4, protected=False)) <= {row.id, *(twin.id for twin in twins)}
    few = of([row, *twins])
    assert shown(few, row.text, 4) == []


def test_the_row_itself_is_left_out_by_its_id_even_where_its_text_has_changed():
    neighbours = of(TRAIN)
    last = shown(neighbours, "crash error parser")[-1]
    assert last not in shown(neighbours, "crash error parser", ids=[last])


def test_nothing_but_trusted_training_rows_is_shown():
    rows = [
        *TRAIN,
        *HELD_OUT,
        replace(TRAIN[1], id="out", excluded=True),
        replace(TRAIN[2], id="sealed", split="test"),
        replace(TRAIN[3], id="empty", text=" "),
        replace(TRAIN[4], id="new", split=""),
    ]
    neighbours = of(rows, left_out={TRAIN[5].id})
    assert {row.id for row in neighbours.rows} == {row.id for row in TRAIN} - {TRAIN[5].id} | {"new"}


def test_a_new_row_is_found_at_once_and_only_it_is_embedded(tmp_path):
    vectors = Vectors(tmp_path)
    neighbours = RowIndex(TRAIN, OfflineEmbedder.learned([row.text for row in TRAIN]), vectors)
    stored = vectors.count(neighbours._embed_rows.__self__.name)
    fresh = Example("fresh", "exporter guide readme typo manual page", "documentation", split="train")
    more = neighbours.plus([fresh], left_out={TRAIN[0].id})
    assert shown(more, "a typo in the manual page of the exporter guide")[-1] == "fresh"
    assert (
        len(more.rows) == len(TRAIN)
        and TRAIN[0].id not in {row.id for row in more.rows}
        and len(neighbours.rows) == len(TRAIN)
    )
    assert stored == len(TRAIN) and vectors.count(neighbours._embed_rows.__self__.name) == stored + 1
    shown(more, "a text at hand")
    assert vectors.count(neighbours._embed_rows.__self__.name) == stored + 1
    vectors.close()


def test_near_is_told_directly_and_not_by_a_chain():
    grams, _ = CharNgrams.fit([row.text for row in TRAIN])
    text = TRAIN[0].text
    assert grams.near(text, [text.title(), text + "s", TRAIN[3].text, "漢字"]) == [True, True, False, False]
    assert grams.near("…", ["…", "!"]) == [True, False] and grams.near("x", []) == []


# ---- the leak meter


@pytest.fixture
def session(tmp_path):
    workspace = Workspace(tmp_path)
    yield workspace.session(Settings())
    workspace.close()


PROMPT = replace(starting_prompt(LabelSet(LABELS)), few_shot=FewShot("similar", 2))


def test_a_planted_leak_is_shown_and_the_protected_score_stays_as_it_was(session):
    rng = random.Random(3)
    held_out = [
        replace(row, label=rng.choice(LABELS)) for row in HELD_OUT
    ]  # labels that no text tells: only memory can know them
    clean = leak_study.run(session, PROMPT, of(TRAIN), held_out, LABELS)
    planted = [
        replace(row, id="planted" + row.id, text=row.text + " !", split="train") for row in held_out[:30]
    ]
    said = []
    leak = leak_study.run(
        session,
        PROMPT,
        of([*TRAIN, *planted]),
        held_out,
        LABELS,
        lambda progress: said.append((progress.done, progress.total)),
    )
    assert set(leak.touched) == {row.id for row in held_out[:30]} and said[-1] == (75, 75)
    assert leak.points > 0.2 and leak.comparison.p < 0.01 and set(leak.comparison.fixed) <= set(leak.touched)
    assert abs(leak.protected.metrics.accuracy - clean.protected.metrics.accuracy) < 0.1
    words = leak_in_words(leak)
    assert (
        words.startswith("30 of 45 validation rows have a near duplicate")
        and "without protection" in words
        and "not luck" in words
    )


def test_the_leak_is_measured_with_the_shortlist_of_the_prompt(session):
    asked = []

    def ask_all(model, requests, **more):
        asked.extend(requests)
        return session.ask_all(model, requests, **more)

    shots = tuple(Shot(row.text, row.label) for row in TRAIN)
    defined = starting_prompt(LabelSet(LABELS, {label: "is defined" for label in LABELS}))
    short = replace(defined, few_shot=FewShot("similar", 2, shots), shortlist=1)
    leak_study.run(replace(session, ask_all=ask_all), short, of(TRAIN), HELD_OUT[:9], LABELS)
    assert {each.messages[0].content.count("is defined") for each in asked} == {1}
    assert {len(each.messages) for each in asked} == {2 + 2 * 2}


def test_without_a_leak_it_says_so_and_asks_nothing_twice(session):
    leak = leak_study.run(session, PROMPT, of(TRAIN), HELD_OUT, LABELS)
    assert leak.touched == () and leak.points == 0 and leak.protected == leak.open
    assert leak_in_words(leak).startswith("No leak: none of 45")
    assert session.account.spends()["lightweight"].api <= 45


def test_nothing_to_measure_is_said(session):
    bare = replace(PROMPT, few_shot=FewShot())
    for prompt, neighbours, rows in (
        (PROMPT, of(TRAIN), []),
        (bare, of(TRAIN), HELD_OUT),
        (PROMPT, of([]), HELD_OUT),
    ):
        with pytest.raises(UsageError, match="nothing to measure"):
            leak_study.run(session, prompt, neighbours, rows, LABELS)
