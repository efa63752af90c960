from __future__ import annotations

import pytest

from core.prompts.edits import apply_edits
from core.prompts.named_labels import named_labels
from core.tuning.hypotheses import EditPlan, Hypothesis, applied, hypothesis_of, repeats
from core.types import Edit
from tests.core.tuning.toy import START, with_lines

CRASHES = "A program that stops by itself is a bug."
ASKS = "Whoever wants to know how something works has a question."
HOPES = "Hopes for the next version count as wish."


def system(find: str, replace: str) -> Edit:
    return Edit("system_prompt", find, replace)


def taken_apart(edits, prompt, labels=()):
    return [each.edit for each in EditPlan(prompt, edits, labels).hypotheses]


# ---- taking edits apart


def test_lines_added_in_one_edit_become_several():
    assert taken_apart([system("", f"{CRASHES}\n{ASKS}\n\n{HOPES}")], START) == [
        system("", CRASHES),
        system("", ASKS),
        system("", HOPES),
    ]


def test_a_rule_replaced_by_itself_and_a_new_line_is_only_an_addition():
    prompt = with_lines(CRASHES, ASKS)
    assert taken_apart([system(CRASHES, f"{CRASHES}\n{HOPES}")], prompt) == [system("", HOPES)]
    assert taken_apart([system(CRASHES, f"{HOPES}\n{CRASHES}")], prompt) == [system("", HOPES)]


def test_overwriting_a_rule_with_another_becomes_an_addition_and_a_removal():
    assert taken_apart([system(CRASHES, HOPES)], with_lines(CRASHES, ASKS)) == [
        system("", HOPES),
        system(CRASHES, ""),
    ]


def test_a_rule_put_a_little_differently_stays_one_change():
    softer = "A program that often stops by itself is a bug."
    assert taken_apart([system(CRASHES, softer)], with_lines(CRASHES, ASKS)) == [system(CRASHES, softer)]


def test_a_word_changed_inside_a_line_becomes_a_change_of_the_line():
    assert taken_apart([system("by itself", "suddenly")], with_lines(CRASHES)) == [
        system(CRASHES, CRASHES.replace("by itself", "suddenly"))
    ]


def test_two_rules_rewritten_in_one_edit_are_two_changes():
    after = [CRASHES.replace("stops", "halts"), ASKS.replace("Whoever", "Who")]
    taken = taken_apart([system(f"{CRASHES}\n{ASKS}", "\n".join(after))], with_lines(CRASHES, ASKS))
    assert taken == [system(CRASHES, after[0]), system(ASKS, after[1])]


def test_a_removal_stays_a_removal_of_the_line():
    assert taken_apart([system(CRASHES, "")], with_lines(CRASHES, ASKS)) == [system(CRASHES, "")]


def test_a_text_to_find_that_is_nearly_there_is_found():
    misquoted = "A program which stops by itself is a bug"
    softer = "A program that often stops by itself is a bug."
    assert taken_apart([system(misquoted, softer)], with_lines(CRASHES, ASKS)) == [system(CRASHES, softer)]


def test_a_text_to_find_that_is_not_there_at_all_keeps_what_it_adds():
    assert taken_apart([system("Nothing like this stands anywhere in it.", HOPES)], with_lines(CRASHES)) == [
        system("", HOPES)
    ]


def test_removing_what_is_not_there_is_nothing():
    assert taken_apart([system("Nothing like this stands anywhere in it.", "")], with_lines(CRASHES)) == []


def test_edits_of_other_fields_stay_whole():
    other = Edit("user_prompt_suffix", "", "Think first.\nThen answer.")
    assert taken_apart([other, system("", CRASHES)], START) == [other, system("", CRASHES)]


def test_the_same_line_twice_is_one_hypothesis():
    assert taken_apart([system("", f"{CRASHES}\n{ASKS}"), system("", CRASHES)], START) == [
        system("", CRASHES),
        system("", ASKS),
    ]


def test_what_is_taken_apart_and_put_together_says_the_same():
    prompt = with_lines(CRASHES, ASKS)
    apart = taken_apart([system(CRASHES, f"{CRASHES}\n{HOPES}"), system(ASKS, "")], prompt)
    together = applied(prompt, [Hypothesis(edit, frozenset()) for edit in apart])
    assert sorted(filter(None, together.system_prompt.split("\n"))) == sorted(
        [START.system_prompt.strip(), CRASHES, HOPES]
    )


# ---- the labels that a line names

LABELS = ("bug", "question", "feature_request", "c++ (core)")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("Crashes are a bug.", {"bug"}),
        ("It is a Bug, not a question.", {"bug"}),
        ("Use question, even if it sounds like a bug.", {"question"}),
        ("Prefer question rather than bug.", {"question"}),
        ("Never bug; always question.", {"question"}),
        ("It isn't a bug. Say question.", {"question"}),
        ("Say bug or question.", {"bug", "question"}),
        ("Label: feature_request", {"feature_request"}),
        ("Wishes are a feature request.", {"feature_request"}),
        ("Wishes are a Feature-Request.", {"feature_request"}),
        ("Debugging tips and buggy screens say nothing.", set()),
        ("Anything about c++ (core) goes there.", {"c++ (core)"}),
        ("Anything about c (core) goes nowhere.", set()),
        ("Think carefully.", set()),
        ("", set()),
    ],
)
def test_a_line_names_the_labels_it_gives(line, named):
    assert named_labels(line, LABELS) == named


def test_a_line_that_only_sets_labels_aside_is_about_them():
    assert named_labels("This is not a bug but not a question either.", LABELS) == {"bug", "question"}


def test_what_is_set_aside_ends_with_its_sentence():
    assert named_labels("Do not hesitate. Say bug.", LABELS) == {"bug"}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("Say request.", {"request"}),
        ("Say feature request.", {"feature request"}),
        ("Say not a request.", {"not a request"}),
        ("Say request, else feature request.", {"request", "feature request"}),
    ],
)
def test_a_label_inside_a_longer_label_is_not_named_by_it(line, named):
    assert named_labels(line, ("request", "feature request", "not a request")) == named


@pytest.mark.parametrize("label", [".*", "a|b", "(", "[x]", "$5", "\\d+", "^", "+", "*"])
def test_signs_of_a_label_are_no_pattern(label):
    assert named_labels("Say " + label + " here.", (label, "other")) == {label}
    assert named_labels("Say 5 ab xyz here.", (label, "other")) == set()


def test_a_change_of_a_line_is_about_the_labels_of_both_and_a_removal_about_those_of_the_old():
    change = hypothesis_of(system(CRASHES, HOPES), ("bug", "wish"))
    assert (change.names, change.left, change.about) == ({"wish"}, {"bug"}, {"bug", "wish"})
    removal = hypothesis_of(system(CRASHES, " "), ("bug", "wish"))
    assert (removal.names, removal.left) == ({"bug"}, set())
    addition = hypothesis_of(system("", HOPES), ("bug", "wish"))
    assert (addition.names, addition.left) == ({"wish"}, set())


# ---- what is said already


def test_nearly_the_same_words_say_the_same():
    assert repeats("A program that stops BY ITSELF is a bug!", [ASKS, CRASHES])
    assert not repeats(HOPES, [ASKS, CRASHES])


def test_four_words_of_five_are_the_same_and_three_are_not():
    assert repeats("one two three four", ["one two three four five"])
    assert not repeats("one two three four", ["one two three five"])


def test_nothing_repeats_nothing():
    assert not repeats("", [CRASHES]) and not repeats("…", ["…"]) and not repeats(CRASHES, [])


# ---- applying


def test_hypotheses_are_applied_in_order_and_what_no_longer_fits_is_left_out():
    gone, changed, added = system(CRASHES, ""), system(CRASHES, HOPES), system("", ASKS)
    prompt = applied(with_lines(CRASHES), [Hypothesis(each, frozenset()) for each in (gone, changed, added)])
    assert prompt.system_prompt == with_lines(ASKS).system_prompt


def test_a_removal_speaks_of_the_line_it_removes():
    for nothing in ("", "  \n"):
        removal = Hypothesis(system(CRASHES, nothing), frozenset())
        assert removal.removes and removal.text == CRASHES
    assert not Hypothesis(system(CRASHES, HOPES), frozenset()).removes
    assert Hypothesis(system(CRASHES, HOPES), frozenset()).text == HOPES


# ---- what real replies look like

TWO = ("bug", "wish")
SECTIONS = "### bug\n- Crashes of any kind, even after an update.\n- Errors that\n  come and go, not wish.\n\n### wish\n- Hopes."
ORDERED = "Go through these in order:\n1. Hopes for later -> wish\n2. Errors -> bug\n3. Anything else -> wish"


def test_a_block_is_about_the_labels_of_its_heading():
    plan = EditPlan(START, [system("", SECTIONS)], TWO)
    assert [set(each.names) for each in plan.hypotheses] == [{"bug"}, {"bug"}, {"wish"}]
    assert [each.edit.replace.split("\n")[0] for each in plan.hypotheses] == [
        "### bug",
        "### bug",
        "### wish",
    ]
    assert plan.hypotheses[1].text == "- Errors that\n  come and go, not wish."


def test_the_parts_of_an_order_lean_on_each_other_and_those_of_a_list_do_not():
    assert {each.group for each in EditPlan(START, [system("", ORDERED)], TWO).hypotheses} == {1}
    free = "Rules:\n1. Hopes for later -> wish\n2. Errors -> bug\n3. Crashes -> bug"
    assert {each.group for each in EditPlan(START, [system("", free)], TWO).hypotheses} == {0}


def test_definitions_of_all_labels_lean_on_each_other_even_in_several_edits():
    edits = [system("", "bug: it does something wrong."), system("", "wish: it could do something more.")]
    assert {each.group for each in EditPlan(START, edits, TWO).hypotheses} == {1}
    assert {each.group for each in EditPlan(START, edits[:1], TWO).hypotheses} == {0}


def test_all_hypotheses_make_the_prompt_that_the_edits_make():
    edits = [system("", SECTIONS), system("", ORDERED), Edit("user_prompt_suffix", "", "Think.")]
    plan = EditPlan(START, edits, TWO)
    assert plan.prompt_with(plan.hypotheses) == apply_edits(START, edits)
    assert plan.prompt_with([]) == START


def test_a_restructured_prompt_is_one_group_and_its_rules_can_stand_in_the_old_form():
    prompt = with_lines(CRASHES, ASKS)
    text = prompt.system_prompt.strip()
    [first, *rules] = text.split("\n")
    after = f"## Task\n{first}\n\n## Rules\n" + "\n".join("- " + rule for rule in rules) + f"\n- {HOPES}"
    plan = EditPlan(prompt, [system(text, after)], TWO)
    [hypothesis] = plan.hypotheses
    assert plan.is_restructured and hypothesis.group == 1
    assert applied(prompt, [hypothesis]).system_prompt == f"{prompt.system_prompt}\n- {HOPES}"
    assert plan.prompt_with([hypothesis]).system_prompt.startswith("## Task\n")


def test_a_misquoted_text_of_several_lines_is_found():
    prompt = with_lines(CRASHES, ASKS)
    find = f"{CRASHES[:-1]}!\n{ASKS}"
    plan = EditPlan(prompt, [system(find, f"{CRASHES}\n{HOPES}\n{ASKS}")], TWO)
    assert [each.edit for each in plan.hypotheses] == [system("", HOPES)]


@pytest.mark.parametrize(
    ("text", "specific"),
    [
        ("Crashes are a bug.", True),
        ("When in doubt, answer bug.", False),
        ("Whenever an error is named, it is a bug.", False),
        ("Read the text twice.", False),
    ],
)
def test_what_speaks_of_all_rows_or_names_no_label_is_not_specific(text, specific):
    [hypothesis] = EditPlan(START, [system("", text)], TWO).hypotheses
    assert hypothesis.is_specific is specific
