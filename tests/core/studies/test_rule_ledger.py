"""Where each line of a prompt came from, what it did when it was tried, and what it costs."""

from __future__ import annotations

from dataclasses import replace

from core.costs.call_price import BYTES_PER_TOKEN
from core.studies.rule_ledger import FEW_SHOT, ledger, tokens_of, without
from core.tuning.supervision import Proposal, Review
from core.types import Decision, Edit, FewShot, LabelSet, Prompt, Settings, Shot
from tests.core.tuning.test_few_shot import SMALL, learner
from tests.core.tuning.toy import (
    LABELS,
    START,
    Editor,
    edit,
    edits,
    rule,
    run,
    session_of,
    small_model,
    with_lines,
    zoo,
)

NAMES = LabelSet(LABELS)
ZEBRA, APPLE, CRASH = rule("zebra", "question"), rule("apple", "wish"), rule("crash", "wish")
LABEL_LINE = START.system_prompt.strip()
TWO = Settings(iterations=2)


def told(*replies: str, settings: Settings = TWO, examples=None, light=small_model):
    rows = zoo() if examples is None else examples
    steps, result = run(rows, session_of(Editor(*replies), light, settings), settings)
    return (
        steps,
        result.best.prompt,
        {each.text: each for each in ledger(steps, result.best.prompt, NAMES, rows)},
    )


def test_rules_stand_in_the_order_of_the_prompt_with_the_step_that_brought_each():
    _, prompt, rules = told(edits(ZEBRA), edits(APPLE))
    assert prompt == with_lines(ZEBRA, APPLE)
    assert list(rules) == [LABEL_LINE, ZEBRA, APPLE]
    assert [each.origin for each in rules.values()] == ["starting prompt", "step 1", "step 2"]
    assert [each.step for each in rules.values()] == [0, 1, 2]
    assert rules[LABEL_LINE].tried is None and rules[LABEL_LINE].rows == ()


def test_a_rule_tells_the_rows_it_fixed_and_broke_in_its_trial_by_id():
    _, _, rules = told(edits(ZEBRA))
    fixed = rules[ZEBRA].fixed
    assert len(fixed) == 16 and {row.split(sep="-")[1] for row in fixed} == {"zebra"}
    assert rules[ZEBRA].broke == () and rules[ZEBRA].together == 1
    assert rules[ZEBRA].tried.reason == "16 mistakes fixed (11 of them shown), none new"


def test_a_rule_that_broke_rows_and_was_kept_says_which():
    odd = [
        replace(row, id="odd-" + row.id, label="bug", text=row.text + " Odd.")
        for row in zoo()
        if "zebra" in row.id
    ][:2]
    odd = [
        replace(row, split="validation", note="This one is a bug.") for row in odd
    ]  # a note, or its label would be in doubt
    _, _, rules = told(edits(ZEBRA), examples=[*zoo(), *odd], settings=Settings(iterations=1))
    assert set(rules[ZEBRA].broke) == {row.id for row in odd}


def test_a_rule_was_written_for_the_shown_mistakes_of_the_labels_that_it_names():
    steps, _, rules = told(edits(ZEBRA, APPLE))
    shown = set(steps[1].reflection.shown)
    assert set(rules[ZEBRA].rows) == {row for row in shown if "zebra" in row} and rules[ZEBRA].rows
    assert set(rules[APPLE].rows) == {row for row in shown if "apple" in row}
    nothing_known = ledger(steps, steps[-1].prompt, NAMES)
    assert all(each.rows == () for each in nothing_known)


def test_a_definition_was_written_for_no_mistakes():
    steps, _, rules = told(edits(ZEBRA), settings=Settings(iterations=8, definitions_first=True))
    assert steps[1].batch is None and steps[1].reflection.shown
    assert rules[ZEBRA].step == 1 and rules[ZEBRA].rows == ()


def test_a_reworded_rule_says_what_it_rewords():
    better = rule("zebra", "question").replace("says zebra", "says apple").replace("question", "wish")
    steps, _, _ = told(edits(ZEBRA))
    first = steps[1]
    trial = replace(first.trials[0], edit=Edit("system_prompt", ZEBRA, better))
    prompt = with_lines(better)
    reflection = replace(first.reflection, edits=(trial.edit,))
    second = replace(first, number=2, prompt=prompt, candidate=prompt, trials=(trial,), reflection=reflection)
    [_, last] = ledger([*steps[:2], second], prompt, NAMES)
    assert (last.text, last.origin, last.step) == (better, "step 2, rewording step 1", 2)


def test_what_a_person_wrote_into_a_step_is_by_hand():
    class Writes:
        def review(self, proposal: Proposal) -> Review:
            return Review(proposal.number, own=(Edit("system_prompt", "", ZEBRA),))

    session = replace(session_of(Editor(edits(APPLE))), overseer=Writes())
    steps, result = run(zoo(), session, Settings(iterations=1))
    rules = {each.text: each.origin for each in ledger(steps, result.best.prompt, NAMES)}
    assert rules[ZEBRA] == "step 1, by hand" and rules[APPLE] == "step 1"


def test_lines_that_no_step_brought_are_by_hand():
    steps, prompt, _ = told(edits(ZEBRA))
    mine = replace(
        prompt,
        system_prompt=prompt.system_prompt + "\nBe brief.",
        user_prompt_suffix=prompt.user_prompt_suffix + "\nNow.",
    )
    added = {
        each.text: (each.field, each.origin, each.step)
        for each in ledger(steps, mine, NAMES)
        if each.step is None
    }
    assert added == {
        "Be brief.": ("system_prompt", "by hand", None),
        "Now.": ("user_prompt_suffix", "by hand", None),
    }


def test_the_frame_around_the_text_is_no_rule_until_an_edit_adds_to_it():
    said = edit("Zebras are questions: a question is what a zebra is.", field="user_prompt_suffix")
    steps, _ = run(zoo(), session_of(Editor(said)), Settings(iterations=1))
    candidate = steps[1].candidate
    rules = ledger(steps, candidate, NAMES)
    assert [each.field for each in rules] == ["system_prompt", "user_prompt_suffix"]
    assert rules[1].origin == "step 1" and rules[1].tried == steps[1].trials[0].verdict


def test_a_refused_candidate_has_its_refused_rules_in_the_ledger():
    steps, _ = run(zoo(), session_of(Editor(edits(CRASH))), Settings(iterations=1))
    rules = {each.text: each for each in ledger(steps, steps[1].candidate, NAMES)}
    assert rules[CRASH].tried.decision is Decision.REJECTED and len(rules[CRASH].broke) == 5


def test_a_rule_that_was_refused_and_later_kept_is_told_by_what_kept_it():
    steps, _ = run(zoo(), session_of(Editor(edits(ZEBRA))), Settings(iterations=1))
    kept = steps[1]
    refused = replace(
        kept,
        prompt=START,
        trials=tuple(
            replace(each, verdict=replace(each.verdict, decision=Decision.REJECTED)) for each in kept.trials
        ),
    )
    rules = ledger([steps[0], refused, replace(kept, number=2)], kept.prompt, NAMES)
    assert rules[-1].origin == "step 2" and rules[-1].tried.decision is Decision.ACCEPTED


def test_the_rules_of_a_rewrite_are_measured_one_by_one():
    whole = f"<system_prompt>{LABEL_LINE}\n{ZEBRA}\n{APPLE}</system_prompt>"
    settings = Settings(iterations=1, strategy="rewrite")
    _, _, rules = told(whole, settings=settings)
    assert {text: (each.together, each.origin) for text, each in rules.items()} == {
        LABEL_LINE: (1, "starting prompt"),
        ZEBRA: (1, "step 1"),
        APPLE: (1, "step 1"),
    }
    assert not set(rules[ZEBRA].fixed) & set(rules[APPLE].fixed) and rules[ZEBRA].fixed and rules[APPLE].fixed


def test_examples_in_the_prompt_are_one_rule_with_their_price():
    steps, prompt, _ = told(examples=SMALL, light=learner, settings=Settings(iterations=1))
    last = ledger(steps, prompt, NAMES)[-1]
    assert (last.field, last.text, last.origin) == (FEW_SHOT, "15 examples, always shown", "step 2")
    assert last.tokens == tokens_of(prompt) - tokens_of(replace(prompt, few_shot=FewShot())) > 100
    assert len(last.fixed) == 10
    assert without(prompt, (last,)) == replace(prompt, few_shot=FewShot())


def test_neighbours_cost_what_examples_cost_on_the_average():
    shots = tuple(Shot("x" * 40, "bug") for _ in range(10))
    fixed, similar = (
        replace(START, few_shot=FewShot(kind, k, shots)) for kind, k in (("fixed", 10), ("similar", 5))
    )
    [_, dear] = ledger((), fixed, NAMES)
    [_, half] = ledger((), similar, NAMES)
    assert abs(half.tokens - dear.tokens / 2) <= 1


def test_tokens_are_bytes_over_four_and_add_up_with_the_frame():
    _, prompt, rules = told(edits(ZEBRA), edits(APPLE))
    assert rules[ZEBRA].tokens == round((len(ZEBRA) + 1) / BYTES_PER_TOKEN)
    frame = tokens_of(replace(prompt, system_prompt=""))
    assert abs(tokens_of(prompt) - frame - sum(each.tokens for each in rules.values())) <= len(rules)
    [_, russian] = ledger((), Prompt("bug\nвопрос", "", ""), NAMES)
    assert russian.tokens == round((12 + 1) / BYTES_PER_TOKEN)


def test_rules_are_taken_out_by_place_and_nothing_else_changes():
    prompt = with_lines(ZEBRA, APPLE, ZEBRA)
    _, first, second, third = ledger((), prompt, NAMES)
    assert without(prompt, (third,)) == with_lines(ZEBRA, APPLE)
    assert without(prompt, (first,)) == with_lines(APPLE, ZEBRA)
    assert without(prompt, (first, second, third)).system_prompt.strip() == LABEL_LINE
    assert without(prompt, ()) == prompt


def test_without_steps_every_line_was_there_at_the_start():
    assert [each.origin for each in ledger((), with_lines(ZEBRA), NAMES)] == ["starting prompt"] * 2
