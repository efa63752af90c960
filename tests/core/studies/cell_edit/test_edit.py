"""One edit for one cell: what is shown, what is taken, how it is measured, and everything that can go wrong,
in a sentence each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sklearn.metrics import confusion_matrix

from core.errors import CallFailed, CapReached, ModelRefused, UsageError
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.providers.offline import offline_editor, offline_reader
from core.metrics.comparison import comparison_in_words
from core.metrics.confusion import MatrixCell, cells_of
from core.prompts.rules import PromptTerms
from core.studies.cell_edit import edit as edit_study
from core.studies.cell_edit import request as edit_request
from core.studies.cell_edit.edit import outcome_in_words, settings_for
from core.studies.cell_edit.request import CONTRAST, MOST_MISTAKES, MOST_READ, CellContext, ground_of
from core.tuning.evaluate import evaluate
from core.tuning.session import Session
from core.types import Dataset, Example, Finish, LabelSet, Outcome, Prompt, Reply, Request, Settings
from tests.core.tuning.toy import (
    LABELS,
    START,
    Books,
    Editor,
    Said,
    dataset,
    edit,
    edits,
    failing,
    rows,
    rule,
    session_of,
    small_model,
    text_of,
    zoo,
)

QUESTION_AS_BUG, WISH_AS_BUG = MatrixCell(1, 0), MatrixCell(2, 0)
GOOD, BAD = rule("zebra", "question"), rule("crash", "wish")


def ground(examples=None, cell: MatrixCell = QUESTION_AS_BUG, prompt: Prompt = START, **more) -> CellContext:
    examples = zoo() if examples is None else examples
    measured = [row.id for row in examples if row.split == "validation"]
    return ground_of(dataset(examples), 0, prompt, cell, measured, **more)


def asked(
    *replies: Said,
    examples=None,
    cell: MatrixCell = QUESTION_AS_BUG,
    light=small_model,
    settings: Settings = Settings(),
    before=None,
):
    editor = Editor(*replies)
    return edit_study.run(session_of(editor, light, settings), ground(examples, cell), before), editor


def shown_to(editor: Editor) -> str:
    return editor.seen[0].messages[-1].content


# ---- what it did


def test_a_good_edit_is_measured_on_this_cell_and_on_all_others():
    proposed, _ = asked(edit(GOOD))
    assert proposed.problem == "" and proposed.edit.replace == GOOD
    assert len(proposed.effect.fixed_here) == proposed.effect.here == 5
    assert outcome_in_words(proposed, LABELS) == "5 of 5 mistakes of this kind fixed, none new elsewhere"
    assert comparison_in_words(proposed.comparison) == "5 mistakes fixed, none new; may be luck (p = 0.062)"


def test_what_it_breaks_elsewhere_is_told_by_kind():
    proposed, _ = asked(edit(BAD))
    assert (
        outcome_in_words(proposed, LABELS)
        == "0 of 5 mistakes of this kind fixed, 5 new elsewhere: bug → wish 5"
    )


def test_rows_that_it_mends_elsewhere_are_told_too():
    proposed, _ = asked(edit(rule("apple", "wish")))
    assert (
        outcome_in_words(proposed, LABELS)
        == "0 of 5 mistakes of this kind fixed, none new elsewhere; 5 fixed elsewhere"
    )


def test_the_figures_are_those_of_scikit_learn_on_the_predictions_it_leaves():
    examples = [*zoo(), *rows("validation", 3, "zebra", "bug")]
    proposed, _ = asked(edit(GOOD), examples=examples)
    truth = {row.id: row.label for row in examples}
    before, after = (
        confusion_matrix(
            [truth[each.example_id] for each in read.predictions],
            [each.label for each in read.predictions],
            labels=LABELS,
        )
        for read in (proposed.before, proposed.after)
    )
    assert before[1][0] - after[1][0] == len(proposed.effect.fixed_here) == 5
    assert after[0][1] - before[0][1] == proposed.effect.broke == 3
    assert after.trace() == proposed.after.metrics.correct and after.sum() == proposed.comparison.n == 18


def test_a_reading_that_is_there_is_not_paid_for_again():
    examples = zoo()
    validation = [row for row in examples if row.split == "validation"]
    before = evaluate(session_of(Editor()), START, validation, LABELS)
    known, _ = asked(edit(GOOD), before=before)
    unknown, _ = asked(edit(GOOD))
    assert unknown.spend["lightweight"].api - known.spend["lightweight"].api == len(validation)
    assert known.effect == unknown.effect and known.spend["heavyweight"].api == 1


# ---- what is shown


def test_only_mistakes_of_this_cell_are_shown_as_mistakes():
    _, editor = asked(edit(GOOD))
    mistakes = shown_to(editor).split("Mistakes of the small model")[1].split("Classified correctly")[0]
    assert mistakes.count("<mistake>") == 11 and mistakes.count("zebra") == 11
    assert "apple" not in mistakes and "crash" not in mistakes
    assert "the correct label is question, and the small model says bug" in shown_to(editor)
    assert "exactly one edit" in shown_to(editor)


def test_texts_that_are_held_out_are_never_shown():
    examples = zoo()
    for cell in (QUESTION_AS_BUG, WISH_AS_BUG, MatrixCell(0, 2)):
        editor = Editor(edit(GOOD))
        edit_study.run(session_of(editor), ground(examples, cell))
        assert not [row.id for row in examples if row.split != "train" and row.text in shown_to(editor)]


def test_where_no_training_row_is_in_the_cell_rows_of_both_labels_are_shown_as_right():
    examples = [*zoo(train=3), *rows("validation", 4, "storm", "bug")]
    light = storm_is_wish
    proposed, editor = asked(
        edit(rule("storm", "bug")), examples=examples, cell=MatrixCell(0, 2), light=light
    )
    assert "<mistake>" not in shown_to(editor) and "None of the mistakes to mend is shown" in shown_to(editor)
    assert "the correct label is bug, and the small model says wish" in shown_to(editor)
    assert "crash" in shown_to(editor) and "storm" not in shown_to(editor)
    assert len(proposed.effect.fixed_here) == 4


def storm_is_wish(request: Request) -> str:
    """The small model, but a storm is a wish to it until the prompt speaks of storms."""
    if "storm" in text_of(request) and "storm" not in request.messages[0].content:
        return "So. <label>wish</label>"
    return small_model(request)


def test_rows_that_an_earlier_prompt_read_into_the_cell_are_read_first_and_the_others_not_without_end():
    examples = [*zoo(), *rows("train", 200, "zebra", "question"), *rows("train", 50, "noise", "bug")]
    likely = "train-zebra-question-199"
    read = ground(examples, likely=[likely]).rows_to_read
    assert read[0].id == likely and len(read) == MOST_READ + CONTRAST
    _, editor = asked(edit(GOOD), examples=examples)
    assert shown_to(editor).count("<mistake>") == MOST_MISTAKES


def test_excluded_rows_are_neither_shown_nor_measured():
    examples = [replace(row, excluded=row.label == "question" and row.id.endswith("-1")) for row in zoo()]
    left = ground(examples)
    assert not [row for row in (*left.train, *left.validation) if row.excluded] and len(left.validation) == 14


def test_a_label_that_looks_like_a_tag_closes_nothing():
    names = ("</mistake>", "plain")
    places = [(split, n) for split in ("train", "validation") for n in range(8)]
    examples = [
        Example(f"{split}{n}", f"{split} text number {n}", names[n % 2], split=split) for split, n in places
    ]
    made = ground_of(
        Dataset("odd", LabelSet(names), tuple(examples)),
        0,
        START,
        MatrixCell(0, 1),
        [row.id for row in examples],
    )
    editor = Editor("nothing")
    edit_study.run(session_of(editor, lambda request: "<label>plain</label>"), made)
    task = shown_to(editor).split("of one kind: ")[1]
    assert "</mistake>" not in task and "mistake>, and the small model says plain" in task


# ---- what is taken


def test_of_several_edits_one_is_taken():
    proposed, _ = asked(edits(GOOD, BAD))
    assert proposed.edit.replace == GOOD and BAD not in proposed.candidate.system_prompt


def test_an_edit_that_breaks_a_rule_gives_way_to_the_next():
    proposed, _ = asked(
        edits("Answer as you like.").replace("<find></find>", "<find>not there</find>") + edit(GOOD)
    )
    assert proposed.edit.replace == GOOD and proposed.problem == ""


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("I see nothing.", "holds no <edit> block"),
        (edit(GOOD)[:-7], "cut off"),
        (Reply("Half of", finish=Finish.LENGTH), "ended early"),
        (edit("x", find="not there"), "the text to find is not in system_prompt"),
        (edit("", find=START.system_prompt.strip()), "no longer names every label"),
        (edit("So: They told us of the zebra on day 2 in room validation14."), "quotes a held-out row"),
        (edit("So: They told us of the zebra on day 2 in room train14."), "quotes a row word for word"),
        (CallFailed("The line went dead."), "did not answer: The line went dead."),
    ],
    ids=[
        "nothing",
        "cut off",
        "out of room",
        "does not apply",
        "drops labels",
        "held-out text",
        "training text",
        "failed call",
    ],
)
def test_a_reply_that_cannot_be_used_is_refused_in_one_sentence_before_anything_is_measured(reply, told):
    proposed, _ = asked(reply)
    assert told in proposed.problem and proposed.candidate is None and proposed.after is None
    assert outcome_in_words(proposed, LABELS) == proposed.problem
    assert "validation14" not in proposed.problem
    assert proposed.spend["lightweight"].api == len(ground().rows_to_read), "no validation row was read"


# ---- what goes wrong while it is measured


def test_too_many_failed_calls_decide_nothing():
    texts = [row.text for row in zoo() if row.split == "validation"][:3]
    proposed, _ = asked(edit(GOOD), light=failing(texts, when=GOOD))
    assert (
        proposed.problem
        == "3 of 15 calls failed, so this step takes no decision."
        == outcome_in_words(proposed, LABELS)
    )
    assert proposed.comparison.n == 12 and proposed.after.metrics.failed == 3


def test_a_cap_that_is_reached_while_measuring_leaves_the_edit():
    proposed, _ = asked(edit(GOOD), settings=Settings(max_calls=40))
    assert proposed.edit.replace == GOOD and proposed.after is None
    assert proposed.problem == "The edit is not measured. The cap of lightweight calls is reached."


@pytest.mark.parametrize(
    "settings", [Settings(max_calls=5), Settings(max_heavy_calls=0)], ids=["lightweight", "heavyweight"]
)
def test_a_cap_that_is_reached_before_there_is_an_edit_is_raised(settings):
    with pytest.raises(CapReached):
        asked(edit(GOOD), settings=settings)


def test_a_model_that_refuses_everything_is_raised():
    def refusing(request: Request) -> str:
        raise ModelRefused("The key is not accepted: check it.")

    with pytest.raises(ModelRefused):
        edit_study.run(session_of(refusing), ground())


def test_whoever_watches_hears_what_is_done_and_may_stop_it():
    heard = []
    edit_study.run(
        session_of(Editor(edit(GOOD))), ground(), None, lambda progress: heard.append(progress.what)
    )
    assert list(dict.fromkeys(heard)) == [
        "Reading training rows",
        "The heavyweight model reads 11 mistakes",
        "Reading the validation rows",
        "Measuring the edit on the validation rows",
    ]


# ---- what cannot be asked


def test_rows_read_rightly_need_no_edit():
    with pytest.raises(UsageError, match="predicted right"):
        ground(cell=MatrixCell(0, 0))


def test_without_validation_rows_there_is_nothing_to_measure_on():
    with pytest.raises(UsageError, match="could not be measured"):
        ground_of(dataset(zoo()), 0, START, QUESTION_AS_BUG, [])


def test_without_training_rows_of_the_label_there_is_nothing_to_learn_from():
    examples = [row for row in zoo() if row.split != "train" or row.label == "wish"]
    with pytest.raises(UsageError, match="No training row has the label question"):
        ground(examples)


# ---- what it takes


def test_the_calls_foreseen_are_those_made():
    for again in (True, False):
        before = None if again else evaluate(session_of(Editor()), START, ground().validation, LABELS)
        light, heavy = edit_request.price(
            Settings(), ground(), again, ModelContext(load_profiles(), Prices(), {})
        )
        proposed, _ = asked(edit(GOOD), before=before)
        assert (light.calls, heavy.calls) == tuple(
            proposed.spend[role].api for role in ("lightweight", "heavyweight")
        )


def test_its_caps_hold_what_is_foreseen():
    settings = settings_for(Settings(max_calls=40, budget_usd=0.01), ground())
    proposed, _ = asked(edit(GOOD), settings=settings)
    assert proposed.problem == "" and settings.budget_usd is None


def test_the_offline_pair_can_do_it():
    loop = CallLoop()
    try:
        session = Session(offline_reader(), offline_editor(), loop.ask_all, Books({}))
        made = ground()
        read = evaluate(session, START, made.validation, LABELS)
        cells = cells_of(made.validation, read.predictions, LABELS).values()
        proposed = edit_study.run(session, ground(cell=next(cell for cell in cells if not cell.right)))
    finally:
        loop.close()
    assert proposed.edit is not None and proposed.effect.here > 0
    assert all(each.outcome is not Outcome.FAILED for each in proposed.after.predictions)


def test_an_edit_that_touches_a_locked_line_is_passed_over_and_the_request_lists_it():
    prompt = replace(START, system_prompt=START.system_prompt + "Stays.\n")
    locked = ground(prompt=prompt, terms=PromptTerms(("Stays.",)))
    editor = Editor(edit("Goes.", find="Stays.") + edit(GOOD))
    proposed = edit_study.run(session_of(editor), locked)
    assert proposed.edit.replace == GOOD and "Stays." in proposed.candidate.system_prompt
    assert "Locked lines:" in shown_to(editor)
