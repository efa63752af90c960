"""A run whose answers are free: the loop with a scorer in the place of labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.splits import split
from core.errors import DataError, UsageError
from core.prompts.starting_prompt import starting_prompt
from core.scoring.registry import scorer_of
from core.scoring.scorer import Scorer
from core.tuning.free_answers.run import OPEN
from core.types import Decision, Example, Objective, Prompt, Request, Settings
from core.types.objectives import BALANCED, SCORE
from tests.core.tuning.toy import CAPPED, Editor, edits, failing, run, session_of, text_of

LAST, WRONG = "Take the last number of the text.", "Answer with the word none."
SETTINGS = Settings(iterations=2, scorer="exact", purpose="How many parcels are there?")


def parcels(train: int = 34, validation: int = 20, test: int = 20) -> tuple[Example, ...]:
    """In most of them the last number is the answer, in one of five it is the only one."""
    sizes = {"train": train, "validation": validation, "test": test}
    return tuple(
        Example(
            f"{part}-{n}",
            f"Room {part}{n} has {100 + n} parcels now."
            if n % 5 == 0
            else f"Of {n} parcels in {part} {100 + n} are left.",
            str(100 + n),
            split=part,
        )
        for part, size in sizes.items()
        for n in range(size)
    )


def small_model(request: Request) -> str:
    """Answers the first number, or the last one where its prompt says so."""
    numbers = re.findall(r"(?<!\w)\d+", text_of(request))
    system = request.messages[0].content
    return f"<label>{'none' if WRONG in system else numbers[-1 if LAST in system else 0]}</label>"


def free_session(
    editor: Editor, scorer: Scorer | None = None, light: Callable = small_model, settings: Settings = SETTINGS
):
    return replace(session_of(editor, light, settings), scorer=scorer or scorer_of("exact", Path()))


def test_an_edit_that_helps_is_kept_and_proven_on_the_sealed_rows():
    editor = Editor(edits(LAST, WRONG))
    steps, result = run(parcels(), free_session(editor), SETTINGS)
    assert [step.verdict.decision for step in steps][:2] == [Decision.ACCEPTED] * 2
    assert LAST in result.best.prompt.system_prompt and WRONG not in result.best.prompt.system_prompt
    assert result.test is not None and result.test.decision is Decision.ACCEPTED
    compared = result.test.comparison
    assert (len(compared.fixed), compared.broke, compared.graded) == (16, (), False)
    assert compared.p == 2 / 2**16, "McNemar's exact"
    metrics = result.best.evaluations["test"].metrics
    assert (metrics.accuracy, metrics.score, metrics.per_label, metrics.confusion) == (1, 1, (), ())
    assert result.majority_accuracy == 1 / 20, "the best constant answer"


def test_the_heavyweight_model_reads_training_rows_with_their_scores_and_no_others():
    editor = Editor(edits(WRONG), edits(LAST))
    rows = parcels()
    run(rows, free_session(editor), SETTINGS)
    requests = [request.messages[-1].content for request in editor.seen]
    assert len(requests) == 2
    for text in requests:
        assert text.startswith("There is no list of labels")
        assert "<score>0.00</score>" in text and "<purpose>How many parcels are there?</purpose>" in text
        assert not [row.id for row in rows if row.split != "train" and row.text in text]
    assert "<refused>" in requests[1]


def near(example: Example, reply: str) -> float:
    """The share of the digits that are right, from the left."""
    alike = [one == other for one, other in zip(reply.rjust(3), example.label.rjust(3), strict=False)]
    return sum(alike) / 3


def test_scores_between_make_the_mean_count_and_the_worst_rows_come_first():
    editor = Editor(edits(LAST))
    steps, result = run(parcels(), free_session(editor, Scorer("near", near, graded=True)), SETTINGS)
    assert result.objective == Objective(SCORE)
    compared = result.test.comparison
    assert compared.graded and compared.difference > 0.3 and result.test.decision is Decision.ACCEPTED
    assert "rows better" in result.test.reason and "mean score" in result.test.reason
    [request] = [request.messages[-1].content for request in editor.seen[:1]]
    scores = [float(score) for score in re.findall("<score>(.+?)</score>", request)]
    assert scores[0] == min(scores) < max(scores)
    assert "rows better" in steps[1].trials[0].verdict.reason


def test_a_prompt_that_always_answers_the_same_is_never_called_better():
    """17 of 20 rows have one answer; the prompt that gives it to all gains, and proves nothing about texts."""
    rows = tuple(
        replace(row, label="none" if int(row.id.rpartition("-")[2]) % 7 else row.label) for row in parcels()
    )
    _, result = run(rows, free_session(Editor(edits(WRONG))), SETTINGS)
    assert WRONG in result.best.prompt.system_prompt
    assert result.test.decision is Decision.UNDECIDED
    assert "always answering “none”" in result.test.reason


def test_failed_calls_are_scored_for_nobody():
    rows = parcels()
    lost = {row.text for row in rows if row.split == "test"}

    def light(request: Request):
        return failing(lost)(request) if text_of(request) in lost else small_model(request)

    _, result = run(rows, free_session(Editor(edits(LAST)), light=light), SETTINGS)
    assert result.test.decision is Decision.UNDECIDED and "calls failed" in result.test.reason


def test_under_caps_it_keeps_to_them():
    settings = replace(CAPPED, scorer="exact")
    session = free_session(Editor(edits(LAST)), settings=settings)
    _, result = run(parcels(), session, settings)
    assert session.account.spends()["lightweight"].api <= 200
    assert LAST in result.best.prompt.system_prompt


def test_a_prompt_of_ones_own_may_ask_for_no_tag():
    """Its whole reply is the answer then, and no examples in tags are tried."""
    start = Prompt("Count.\n", "<text>\n", "\n</text>\nReply with the number alone.")

    def light(request: Request) -> str:
        assert not request.stop and len(request.messages) == 2
        return re.sub("</?label>", "", small_model(request))

    rows = parcels(train=12)
    settings = replace(SETTINGS, start=start)
    _, result = run(rows, free_session(Editor(edits(LAST)), light=light), settings)
    assert result.best.prompt.system_prompt == f"Count.\n{LAST}"
    assert result.best.evaluations["test"].metrics.accuracy == 1


@pytest.mark.parametrize(
    "more", [{"objective": Objective(BALANCED)}, {"rows_per_label": 3}, {"structured_output": True}]
)
def test_settings_that_need_labels_are_refused(more: dict):
    with pytest.raises(UsageError, match="there are no labels"):
        run(parcels(), free_session(Editor()), replace(SETTINGS, **more))


def test_an_answer_that_cannot_be_scored_against_is_refused_before_anything_is_asked():
    session = free_session(Editor(), scorer_of("json", Path()))
    with pytest.raises(DataError, match="no JSON object"):
        run(parcels(), session, SETTINGS)
    assert session.account.spends()["lightweight"].api == 0


def test_rows_are_parted_as_if_they_had_one_label():
    rows = [replace(row, split="") for row in parcels(60, 0, 0)]
    sizes = [
        sum(row.split == part for row in split(rows, 0, free=True))
        for part in ("train", "validation", "test")
    ]
    assert sizes == [30, 15, 15]
    assert sum(row.split == "train" for row in split(rows, 0)) == 59, (
        "by labels: 59 of training, 1 of validation"
    )
    assert [row.label for row in split(rows, 0, free=True)] == [row.label for row in rows]


def test_the_starting_prompt_says_what_is_wanted_as_far_as_anybody_said_it():
    assert starting_prompt(OPEN).system_prompt == "Give the answer that belongs to the text.\n"
    assert starting_prompt(OPEN, "Count\nthem.").system_prompt == "Count them.\n"
