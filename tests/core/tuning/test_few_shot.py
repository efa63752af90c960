from __future__ import annotations

from dataclasses import replace

from core.errors import CallFailed
from core.tuning.few_shot import A_HANDFUL, LONGEST_EXAMPLE, worth_showing
from core.types import Decision, Example, FewShot, Request, Settings, Step
from tests.core.tuning.toy import START, Editor, rows, run, session_of, small_model, zoo

ONE = Settings(iterations=1)
SMALL = zoo(train=5)


def learner(request: Request) -> str:
    """Copies the label of an example that speaks of the same animal or fruit, and says bug where there is
    none."""
    asked = request.messages[-1].content
    for shot, answer in zip(request.messages[1:-1:2], request.messages[2:-1:2], strict=True):
        if any(word in shot.content and word in asked for word in ("zebra", "apple", "crash")):
            return answer.content
    return small_model(request)


def tried(examples, light=learner, settings: Settings = ONE) -> tuple[list[Step], FewShot, FewShot | None]:
    """The steps, the examples of the best prompt, and those that were tried."""
    steps, result = run(examples, session_of(Editor(), light, settings), settings)
    candidate = steps[-1].candidate
    return steps, result.best.prompt.few_shot, candidate.few_shot if candidate and len(steps) > 1 else None


def test_a_handful_of_training_rows_is_tried_as_examples_and_kept_where_that_helps():
    steps, best, shown = tried(SMALL)
    assert best == shown and best.strategy == "fixed" and best.k == len(best.examples) == 15
    assert steps[-1].number == 2 and steps[-1].verdict.decision is Decision.ACCEPTED
    assert steps[-1].verdict.reason == "With 15 examples: 10 mistakes fixed, none new; not luck (p = 0.002)"


def test_examples_that_change_nothing_are_refused():
    steps, best, _ = tried(SMALL, small_model)
    assert best == FewShot() and steps[-1].verdict.decision is Decision.REJECTED
    assert steps[-1].prompt == START


def test_a_reading_with_too_many_failed_calls_decides_nothing_about_examples():
    def light(request: Request):
        dead = len(request.messages) > 2 and "crash" in request.messages[-1].content
        return CallFailed("The line went dead.") if dead else learner(request)

    steps, best, _ = tried(SMALL, light)
    assert best == FewShot() and steps[-1].verdict.decision is Decision.UNDECIDED
    assert steps[-1].verdict.reason == "5 of 30 calls failed, so this step takes no decision."


def test_many_training_rows_are_not_tried():
    steps, best, shown = tried(zoo(train=11))
    assert shown is None and best == FewShot() and len(steps) == 2


def test_of_many_training_rows_the_canonical_ones_are_tried():
    examples = [*zoo(train=11), *rows("train", 2, "zebra", "question", canonical=True)[:1]]
    examples[-1] = replace(examples[-1], id="canon", text="The zebra is the animal of all questions.")
    _, best, shown = tried(examples)
    assert [shot.text for shot in shown.examples] == ["The zebra is the animal of all questions."]
    assert best == shown


def test_a_row_that_stands_among_the_held_out_ones_is_never_shown():
    """With splits given by hand the same text may be on both sides; shown, it would give the answer away."""
    twin = next(row for row in SMALL if row.split == "validation" and row.label == "wish")
    copies = [
        Example(f"copy{n}", text, "wish", split="train")
        for n, text in enumerate((twin.text.upper() + " ", SMALL[-1].text))
    ]
    _, _, shown = tried([*SMALL, *copies])
    assert len(shown.examples) == 15 and not {copy.text for copy in copies} & {
        shot.text for shot in shown.examples
    }


def test_a_prompt_that_has_examples_keeps_them():
    start = replace(START, few_shot=FewShot("similar", 2))
    steps, best, _ = tried(SMALL, settings=Settings(iterations=1, start=start))
    assert best == start.few_shot and len(steps) == 2


def test_examples_belong_to_the_edit_strategy():
    assert len(tried(SMALL, settings=Settings(iterations=1, strategy="rewrite"))[0]) == 2


def test_without_calls_for_it_examples_are_not_tried_and_the_last_reading_is_made():
    settings = Settings(max_calls=40, max_heavy_calls=1)
    steps, result = run(
        zoo(train=5, validation=20, test=20), session_of(Editor(), learner, settings), settings
    )
    assert result.test is not None and result.best.prompt.few_shot in (FewShot(), steps[-1].prompt.few_shot)


def test_worth_showing_are_all_of_a_handful_or_the_canonical_ones_and_none_too_long():
    few = [Example(f"r{n}", "text " * 3, "bug", canonical=n < 3) for n in range(A_HANDFUL)]
    long = Example("long", "x" * (LONGEST_EXAMPLE + 1), "bug", canonical=True)
    assert worth_showing(few) == few
    assert worth_showing([*few, long]) == few[:3]
    assert worth_showing([few[0], long]) == few[:1]
    assert worth_showing([]) == []
