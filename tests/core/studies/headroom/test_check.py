"""The headroom check: what is asked of whom, what is never asked, and what it concludes."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from core.data.splits import split
from core.errors import CallFailed
from core.metrics.metrics import wilson
from core.prompts.starting_prompt import starting_prompt
from core.studies.headroom import check as headroom_study
from core.studies.headroom.advice import Kind, Worth
from core.studies.headroom.check import NO_CEILING, NOT_WANTED, Check, rows_to_check, usable
from core.types import Example, Progress, Request, Settings
from tests.core.studies.headroom.toy import ROWS, by_kind, dull, knowing, mumbling, recorded
from tests.core.tuning.toy import LABELS, Said, rule, session_of, small_model, text_of, zoo

# ---- which rows


def test_nothing_of_the_test_part_is_ever_sent_to_anybody():
    sealed = {row.text for row in split(ROWS.examples, 0) if row.split == "test"}
    sent: list[Request] = []
    headroom_study.run(
        session_of(recorded(knowing, sent), recorded(mumbling, sent)), ROWS, Settings(), Check(100)
    )
    said = "\n".join(message.content for request in sent for message in request.messages)
    assert len(sealed) > 30 and len(sent) > 300
    assert not [text for text in sealed if text in said]


def test_rows_left_out_are_never_sent_either():
    out = replace(
        ROWS, examples=tuple(replace(row, excluded=int(row.id[1:]) % 2 == 0) for row in ROWS.examples)
    )
    sent: list[Request] = []
    found = headroom_study.run(
        session_of(recorded(knowing, sent), recorded(dull, sent)), out, Settings(), Check(100)
    )
    said = "\n".join(message.content for request in sent for message in request.messages)
    assert found.rows and not [row.id for row in out.examples if row.excluded and row.text in said]


def test_validation_rows_come_first_and_training_rows_fill_up():
    parted = usable(split(ROWS.examples, 0))
    validation = {row.id for row in parted if row.split == "validation"}
    few, many = rows_to_check(parted, 20, 0), rows_to_check(parted, 100, 0)
    assert len(few) == 20 and {row.id for row in few} <= validation
    assert len(many) == 100 and validation < {row.id for row in many}
    assert len(rows_to_check(parted, 1_000, 0)) == len(parted)


def test_training_rows_that_the_prompt_knows_do_not_count():
    """As where its definitions were drafted from them."""
    parts = {row.text: row for row in split(ROWS.examples, 0)}

    def drafted(request: Request) -> str:
        row = parts[text_of(request)]
        other = next(name for name in LABELS if name != row.label)
        return f"<label>{row.label if row.split == 'train' else other}</label>"

    found = headroom_study.run(session_of(knowing, drafted), ROWS, Settings(), Check(100))
    start, ceiling = (by_kind(found)[kind] for kind in (Kind.STARTING, Kind.CEILING))
    validation = {row.id for row in parts.values() if row.split == "validation"}
    assert set(found.rows) == validation
    assert (start.accuracy, ceiling.accuracy) == (0, 1) and found.advice.worth is Worth.YES
    known = 100 - len(validation)
    assert found.advice.sentence.endswith(
        f"Training rows do not count here, since the prompt knows them: {known} of {known} are right, "
        f"and 0 of {len(validation)} validation rows."
    )


def test_every_label_has_its_share_and_canonical_rows_no_more_than_theirs():
    many = [replace(row, split="validation", canonical=True) for row in zoo()[:6]]
    many += [Example(f"n{n}", f"text {n}", "bug", split="validation") for n in range(194)]
    drawn = rows_to_check(many, 50, 0)
    assert sum(row.id.startswith("n") for row in drawn) >= 45


def test_the_draw_depends_on_the_seed_alone():
    parted = usable(split(ROWS.examples, 0))
    assert rows_to_check(parted, 20, 1) == rows_to_check(list(parted), 20, 1) != rows_to_check(parted, 20, 2)


# ---- the six lines


def test_six_lines_each_with_accuracy_and_interval():
    found = headroom_study.run(session_of(knowing, dull), ROWS, Settings(), Check(40))
    assert [line.kind for line in found.lines] == list(Kind)
    rows = {row.id: row for row in ROWS.examples}
    bugs = sum(rows[identity].label == "bug" for identity in found.rows)
    start = by_kind(found)[Kind.STARTING].evaluation.metrics
    assert (start.n, start.correct, start.interval) == (40, bugs, wilson(bugs, 40))
    assert by_kind(found)[Kind.CEILING].accuracy == 1.0
    assert len(by_kind(found)[Kind.CEILING].against.fixed) == 40 - bugs


def test_the_majority_is_of_training_and_validation_rows():
    uneven = replace(
        ROWS,
        examples=(
            *ROWS.examples,
            *(
                Example(f"t{n}", f"sealed text {n} {random.Random(n).random()}", "wish", split="test")
                for n in range(300)
            ),
        ),
    )
    found = headroom_study.run(session_of(knowing, dull), uneven, Settings(), Check(40))
    counts = {label: sum(row.label == label for row in usable(split(uneven.examples, 0))) for label in LABELS}
    assert counts[found.majority] == max(counts.values())


def test_each_row_is_shown_its_neighbours_and_never_its_near_duplicates():
    doubled = replace(
        ROWS,
        examples=tuple(
            replace(row, id=f"{row.id}{ending}", text=row.text + ending)
            for row in ROWS.examples
            for ending in ("", "!", " ?")
        ),
    )
    sent: list[Request] = []
    found = headroom_study.run(session_of(knowing, recorded(dull, sent)), doubled, Settings(), Check(80))
    shown = [request for request in sent if len(request.messages) > 2]
    assert len(shown) == len(found.rows) == 80
    for request in shown:
        own = text_of(request).rstrip("!? ")
        examples = [message.content for message in request.messages[1:-1] if message.role == "user"]
        assert len(examples) == 5 and not [text for text in examples if own in text]


def test_neighbours_without_a_model_do_not_know_a_row_by_heart():
    """Every text is there twice; labels are drawn by lot, so whoever does better than the lot has looked at
    the twin."""
    rng = random.Random(3)
    lots = [
        replace(row, label=rng.choice(LABELS), text=re.sub(r" \w+$", "", row.text)) for row in ROWS.examples
    ]
    twice = replace(
        ROWS,
        examples=tuple(
            replace(row, id=row.id + ending, text=row.text + ending) for row in lots for ending in ("", "!")
        ),
    )
    found = headroom_study.run(session_of(dull, dull), twice, Settings(), Check(100))
    assert by_kind(found)[Kind.NEAREST].accuracy < 0.6


# ---- advice


def test_a_model_as_good_as_the_heavyweight_one_is_hardly_worth_tuning():
    def mostly(request: Request) -> str:
        """One row in seven is too hard for both."""
        return dull(request) if sum(map(ord, text_of(request))) % 7 == 0 else knowing(request)

    found = headroom_study.run(session_of(mostly, mostly), ROWS, Settings(), Check(60))
    assert by_kind(found)[Kind.CEILING].accuracy == by_kind(found)[Kind.STARTING].accuracy < 1
    assert found.advice.worth is Worth.HARDLY and found.advice.sentence.startswith("Worth tuning: hardly, ")
    perfect = headroom_study.run(session_of(knowing, knowing), ROWS, Settings(), Check(60))
    assert "right on all 60 rows" in perfect.advice.sentence and perfect.advice.worth is Worth.HARDLY


def test_room_that_the_heavyweight_model_shows_is_worth_tuning():
    found = headroom_study.run(session_of(knowing, dull), ROWS, Settings(), Check(60))
    assert found.advice.worth is Worth.YES
    assert found.advice.room == pytest.approx(1 - by_kind(found)[Kind.STARTING].accuracy)
    assert found.advice.interval[0] < found.advice.room < found.advice.interval[1]
    assert re.fullmatch(
        r"Worth tuning: yes, about \d+ points of room \(\d+ to \d+\); .*\.", found.advice.sentence
    )


def test_replies_that_nobody_can_read_are_a_matter_of_output_format():
    found = headroom_study.run(session_of(knowing, mumbling), ROWS, Settings(), Check(60))
    assert by_kind(found)[Kind.STARTING].evaluation.metrics.unreadable == 60
    assert by_kind(found)[Kind.REPAIRED].accuracy == 1.0 and found.repaired == 60
    assert found.advice.worth is Worth.YES
    assert "most of it is output format (60 of 60 replies name no label of the set)" in found.advice.sentence


def test_labels_that_contradict_each_other_are_to_be_reviewed_first():
    torn = replace(
        ROWS,
        examples=(
            *ROWS.examples,
            *(
                replace(row, id=row.id + "x", label="wish" if row.label == "bug" else "bug")
                for row in ROWS.examples
            ),
        ),
    )
    found = headroom_study.run(session_of(knowing, knowing), torn, Settings(), Check(60))
    assert found.advice.worth is Worth.LABELS_FIRST and len(found.contradicted) == 60
    assert found.advice.sentence.endswith("review them first.")


def test_rows_on_which_both_models_and_the_nearest_rows_agree_against_the_label_contradict_it():
    wrong = {f"r{n}" for n in range(0, 160, 5)}
    noisy = replace(
        ROWS,
        examples=tuple(
            replace(row, text=row.text + f" {row.text.split()[-1]}s of the {row.text.split()[-1]}")
            for row in ROWS.examples
        ),
    )
    noisy = replace(
        noisy,
        examples=tuple(replace(row, label="wish") if row.id in wrong else row for row in noisy.examples),
    )
    found = headroom_study.run(session_of(knowing, knowing), noisy, Settings(), Check(100))
    assert len(found.contradicted) >= 3 and set(found.contradicted) <= wrong
    assert found.advice.worth is Worth.LABELS_FIRST
    without = headroom_study.run(session_of(knowing, knowing), noisy, Settings(), Check(100, ceiling=False))
    assert without.contradicted == (), "the lightweight model and its neighbours are no two witnesses"


def test_where_nothing_beats_the_most_frequent_label_the_labels_are_to_be_defined():
    rng = random.Random(1)
    lots = replace(
        ROWS,
        examples=tuple(
            replace(
                row,
                label="bug" if rng.random() < 0.8 else "wish",
                text=re.sub(r" \w+$", f" {rng.random()}", row.text),
            )
            for row in ROWS.examples
        ),
    )
    found = headroom_study.run(
        session_of(lambda r: "<label>wish</label>", lambda r: "<label>wish</label>"),
        lots,
        Settings(),
        Check(60),
    )
    assert found.advice.worth is Worth.DEFINE_FIRST and "“bug”" in found.advice.sentence


def test_a_custom_of_the_house_shows_in_neighbours_though_no_model_knows_it():
    swapped = {"zebra": "wish", "apple": "bug", "crash": "question"}
    house = replace(
        ROWS, examples=tuple(replace(row, label=swapped[row.text.split()[-1]]) for row in ROWS.examples)
    )

    def copying(request: Request) -> str:
        """Follows the examples that it is shown, if one has the word."""
        word = text_of(request).split()[-1]
        for place, message in enumerate(request.messages):
            if message.role == "user" and word in message.content and place < len(request.messages) - 1:
                return request.messages[place + 1].content
        return knowing(request)

    found = headroom_study.run(session_of(knowing, copying), house, Settings(), Check(60))
    assert by_kind(found)[Kind.CEILING].accuracy == 0.0
    assert found.advice.worth is Worth.YES and "neighbour examples" in found.advice.sentence


# ---- failures, refusals, the offline pair


def test_failed_calls_are_no_mistakes():
    def sometimes(request: Request) -> Said:
        return CallFailed("The line went dead.") if "zebra" in text_of(request) else knowing(request)

    found = headroom_study.run(session_of(knowing, sometimes), ROWS, Settings(), Check(60))
    start = by_kind(found)[Kind.STARTING].evaluation.metrics
    assert start.failed == 60 - start.n > 10 and start.accuracy == 1.0
    ceiling = by_kind(found)[Kind.CEILING]
    assert ceiling.evaluation.metrics.n == start.n, "a row without a reply is not asked about again"
    assert found.advice.worth is Worth.HARDLY
    assert found.repaired == 0, "a failed call is not reread"


def test_where_most_calls_fail_there_is_no_advice():
    found = headroom_study.run(
        session_of(knowing, lambda request: CallFailed("The line went dead.")), ROWS, Settings(), Check(40)
    )
    assert found.advice.worth is Worth.UNKNOWN and "40 of 40 calls" in found.advice.sentence
    assert by_kind(found)[Kind.STARTING].accuracy is None


def test_the_offline_editor_is_no_ceiling_and_the_reason_is_said():
    session = session_of(knowing, dull)
    session = replace(session, heavyweight=replace(session.heavyweight, name="offline:editor"))
    found = headroom_study.run(session, ROWS, Settings(), Check(40))
    assert (
        by_kind(found)[Kind.CEILING].evaluation is None
        and by_kind(found)[Kind.CEILING].left_out == NO_CEILING
    )
    assert session.account.spends()["heavyweight"].api == 0


def test_the_ceiling_is_left_out_on_request():
    found = headroom_study.run(session_of(knowing, dull), ROWS, Settings(), Check(40, ceiling=False))
    assert by_kind(found)[Kind.CEILING].left_out == NOT_WANTED
    assert found.spend["heavyweight"].api == 0


def test_progress_goes_up_to_what_was_foreseen():
    told: list[Progress] = []
    headroom_study.run(session_of(knowing, mumbling), ROWS, Settings(), Check(40), told.append)
    counted = [each for each in told if each.total]
    assert [each.done for each in counted] == sorted(each.done for each in counted)
    assert counted[-1].done == counted[-1].total == 160


def test_a_rule_in_the_prompt_that_a_run_starts_with_counts():
    told = starting_prompt(ROWS.labels)
    told = replace(
        told, system_prompt=told.system_prompt + "\n".join([rule("zebra", "question"), rule("apple", "wish")])
    )
    found = headroom_study.run(session_of(knowing, small_model), ROWS, Settings(start=told), Check(40))
    assert by_kind(found)[Kind.STARTING].accuracy == 1.0
