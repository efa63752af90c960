"""What a person says of a proposal is heard before anything is measured, and said again when the run is done
again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.errors import Stopped
from core.tuning.session import Session
from core.tuning.supervision import VETOED, Proposal, Review, with_notes
from core.types import Decision, Edit, Settings
from tests.core.tuning.toy import Editor, edits, rule, run, session_of, with_lines, zoo

ZEBRA, APPLE, WRONG = rule("zebra", "question"), rule("apple", "wish"), rule("crash", "wish")
TWO = Settings(iterations=2)


@dataclass
class Person:
    """Answers proposals by their number; the others stand as they are."""

    words: dict[int, Callable[[Proposal], Review]] = field(default_factory=dict)
    seen: list[Proposal] = field(default_factory=list)

    def review(self, proposal: Proposal) -> Review:
        self.seen.append(proposal)
        return self.words.get(proposal.number, lambda each: Review(each.number))(proposal)


def attended(person: Person, *replies: str) -> tuple[Session, Editor]:
    editor = Editor(*replies)
    return replace(session_of(editor), overseer=person), editor


def added(line: str) -> Edit:
    return Edit("system_prompt", "", line)


def test_every_proposal_is_shown_before_it_is_tried():
    person = Person()
    session, _ = attended(person, edits(ZEBRA, WRONG), edits(APPLE))
    steps, _ = run(zoo(), session, TWO)
    assert [each.number for each in person.seen] == [1, 2]
    assert (
        person.seen[0].reflection.edits == (added(ZEBRA), added(WRONG))
        and person.seen[1].prompt == steps[1].prompt
    )


def test_a_vetoed_edit_is_not_tried_and_says_so():
    person = Person({1: lambda proposal: Review(1, vetoed=(added(ZEBRA),))})
    session, editor = attended(person, edits(ZEBRA, APPLE), edits(ZEBRA))
    steps, result = run(zoo(), session, TWO)
    verdicts = {trial.edit.replace: trial.verdict for trial in steps[1].trials}
    assert verdicts[ZEBRA].decision is Decision.REJECTED and verdicts[ZEBRA].reason == VETOED
    assert verdicts[APPLE].decision is Decision.ACCEPTED
    assert result.best.prompt == with_lines(APPLE), "proposed again, it is refused again"
    asked = editor.seen[1].messages[-1].content
    assert ZEBRA in asked and VETOED in asked


def test_an_edit_by_hand_is_tried_beside_the_others():
    person = Person({1: lambda proposal: Review(1, own=(added(APPLE),))})
    session, _ = attended(person, edits(ZEBRA))
    steps, result = run(zoo(), session, Settings(iterations=1))
    assert {trial.edit.replace for trial in steps[1].trials} == {ZEBRA, APPLE}
    assert set(result.best.prompt.system_prompt.split("\n")) >= {ZEBRA, APPLE}


def test_an_edit_by_hand_answers_for_itself_like_any_other():
    person = Person({1: lambda proposal: Review(1, vetoed=proposal.reflection.edits, own=(added(WRONG),))})
    session, _ = attended(person, edits(ZEBRA))
    steps, result = run(zoo(), session, Settings(iterations=1))
    assert {trial.edit.replace: trial.verdict.decision for trial in steps[1].trials} == {
        ZEBRA: Decision.REJECTED,
        WRONG: Decision.REJECTED,
    }
    assert result.best.step == 0


QUOTE = "They told us of the zebra on day 1 in room train7. That is a question."


def test_an_edit_by_hand_passes_the_screen_but_not_the_rules():
    quote, forgetful = (
        added(QUOTE.replace("a question", "one question")),
        Edit("user_prompt_suffix", "<label>the label</label>", "whatever"),
    )
    person = Person({1: lambda proposal: Review(1, own=(quote, forgetful))})
    session, _ = attended(person, edits(ZEBRA, QUOTE))
    steps, _ = run(zoo(), session, Settings(iterations=1))
    reasons = {trial.edit.replace: trial.verdict.reason for trial in steps[1].trials}
    assert "quotes a row" in reasons[QUOTE] and "quotes a row" not in reasons[quote.replace]
    assert (
        "label" in reasons["whatever"]
        and steps[1].prompt.user_prompt_suffix == steps[0].prompt.user_prompt_suffix
    )


def test_a_person_may_write_an_edit_where_the_model_had_none():
    person = Person({1: lambda proposal: Review(1, own=(added(ZEBRA),))})
    session, _ = attended(person, "I see nothing.")
    _, result = run(zoo(), session, Settings(iterations=1))
    assert result.best.prompt == with_lines(ZEBRA)


def test_a_note_is_read_by_the_next_reflection():
    row = next(each for each in zoo() if each.split == "train" and each.label == "wish")
    person = Person({1: lambda proposal: Review(1, notes={row.id: "whoever wants an apple wishes"})})
    session, editor = attended(person, edits(ZEBRA), edits(APPLE))
    run(zoo(), session, TWO)
    note = "whoever wants an apple wishes"
    assert note not in editor.seen[0].messages[-1].content and note in editor.seen[1].messages[-1].content
    assert with_notes([row], {row.id: "x"})[0].note == "x" and with_notes([row], {}) == (row,)


def test_a_run_ends_with_what_it_has_while_it_waits_and_says_the_same_when_it_goes_on():
    def wait(proposal: Proposal) -> Review:
        raise Stopped("Paused.")

    waiting, _ = attended(Person({2: wait}), edits(ZEBRA), edits(APPLE, WRONG))
    half, ended = run(zoo(), waiting, TWO)
    assert [step.number for step in half] == [0, 1] and ended.stop_reason == "stopped" and ended.test is None
    vetoing = Person({2: lambda proposal: Review(2, vetoed=(added(WRONG),))})
    on, _ = attended(vetoing, edits(ZEBRA), edits(APPLE, WRONG))
    whole, result = run(zoo(), on, TWO)
    assert whole[:2] == half and result.stop_reason == "iterations"
    assert [trial.verdict.reason for trial in whole[2].trials if trial.edit == added(WRONG)] == [VETOED]
