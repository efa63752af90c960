"""The shortest prompt that loses nothing: what goes, what stays, and what a cap or a failure leaves of it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.errors import CallFailed, CapReached, Stopped
from core.studies import simplify
from core.studies.ablation import ablate
from core.studies.rule_ledger import ledger, tokens_of
from core.studies.simplify import Simplified, readings_planned
from core.types import FewShot, LabelSet, Progress, Request, Settings, Shot
from tests.core.studies.test_ablation import shared
from tests.core.tuning.toy import (
    LABELS,
    Editor,
    failing,
    otherwise,
    rule,
    session_of,
    small_model,
    text_of,
    with_lines,
    zoo,
)

NAMES = LabelSet(LABELS)
ZEBRA, APPLE, CRASH, IDLE = (
    rule("zebra", "question"),
    rule("apple", "wish"),
    rule("crash", "wish"),
    "Think carefully about every word.",
)
AGAIN = otherwise("zebra", "question")
ROWS = zoo(validation=6)


def shortened(*lines: str, light=small_model, calls: int | None = None, rows=ROWS, **more) -> Simplified:
    prompt = with_lines(*lines)
    session = session_of(Editor(), light, Settings(max_calls=calls))
    return simplify.run(session, prompt, ledger((), prompt, NAMES), rows, NAMES, **more)


def gone(found: Simplified) -> list[str]:
    return [each.text for each in found.removed]


# ---- what goes and what stays


def test_a_useless_rule_goes_and_a_needed_one_stays():
    found = shortened(ZEBRA, IDLE, APPLE)
    assert gone(found) == [IDLE] and found.prompt == with_lines(ZEBRA, APPLE)
    assert (
        not found.verdict.comparison.broke and found.before == found.after == 1.0 and found.unfinished == ""
    )
    assert found.tokens_before - found.tokens_after == pytest.approx(len(IDLE) / 4, abs=1)


def test_a_harmful_rule_goes_and_the_gain_is_told():
    found = shortened(ZEBRA, CRASH, APPLE)
    assert gone(found) == [CRASH] and found.prompt == with_lines(ZEBRA, APPLE)
    assert len(found.verdict.comparison.fixed) == 6 and found.after > found.before


def test_of_two_rules_that_say_the_same_one_stays():
    found = shortened(ZEBRA, AGAIN)
    assert len(found.removed) == 1 and found.before == found.after
    assert gone(found) == [max(ZEBRA, AGAIN, key=len)], "the longer one goes"


def test_a_rule_that_only_mended_what_a_harmful_one_did_goes_after_it():
    mends = otherwise("crash", "bug")
    found = shortened(CRASH, mends, ZEBRA)
    assert set(gone(found)) == {CRASH, mends} and found.prompt == with_lines(ZEBRA)


def test_where_every_rule_is_needed_nothing_goes():
    found = shortened(ZEBRA, APPLE)
    assert found.removed == () and found.prompt == with_lines(ZEBRA, APPLE)
    assert found.tokens_before == found.tokens_after == tokens_of(found.prompt) and found.looks == 2


def test_the_prompt_still_names_every_label_and_asks_for_one():
    found = shortened(IDLE, IDLE + " Twice.")
    assert (
        found.prompt.system_prompt.strip() == with_lines().system_prompt.strip() and len(found.removed) == 2
    )


def test_examples_that_bring_nothing_go_too():
    prompt = replace(with_lines(ZEBRA), few_shot=FewShot("fixed", 1, (Shot("A zebra.", "question"),)))
    found = simplify.run(session_of(Editor()), prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert found.prompt == with_lines(ZEBRA)


def test_in_any_world_nothing_is_lost_on_the_rows_that_were_read_and_no_rule_could_still_go():
    words, rng = ("zebra", "apple", "crash"), random.Random(6)
    for _ in range(25):
        lines = [
            rng.choice((rule, otherwise))(rng.choice(words), rng.choice(LABELS))
            for _ in range(rng.randint(1, 6))
        ]
        lines += rng.sample([IDLE], rng.randint(0, 1))
        found = shortened(*lines)
        compared = found.verdict.comparison
        assert len(compared.broke) <= len(compared.fixed) and found.after >= found.before
        left = ablate(session_of(Editor()), found.prompt, ledger((), found.prompt, NAMES), ROWS, NAMES)
        assert all(each.worth.startswith(("helps", "cannot")) for each in left)


def test_the_same_rows_and_replies_give_the_same_prompt():
    lines = (ZEBRA, AGAIN, IDLE, CRASH, APPLE)
    assert shortened(*lines) == shortened(*lines)


# ---- which rows are read, and how often


def test_nothing_of_the_training_and_test_parts_is_sent():
    sent: set[str] = set()

    def light(request: Request) -> str:
        sent.add(text_of(request))
        return small_model(request)

    shortened(ZEBRA, AGAIN, IDLE, CRASH, light=light)
    assert sent == {row.text for row in ROWS if row.split == "validation"}


def test_it_says_how_many_prompts_were_tried_and_no_more_than_planned_were():
    session, prompt = session_of(Editor()), with_lines(ZEBRA, AGAIN, IDLE, APPLE)
    rules = ledger((), prompt, NAMES)
    found = simplify.run(session, prompt, rules, ROWS, NAMES)
    calls = session.account.spends()["lightweight"].api
    assert calls == (found.looks + 1) * 18
    part = simplify.price(Settings("offline:reader"), prompt, rules, ROWS, NAMES, shared())
    assert calls <= part.calls == readings_planned(4) * 18, "four of the five lines can go"


# ---- failed calls, caps, stopping


def test_readings_with_too_many_failed_calls_take_nothing_out():
    texts = {row.text for row in ROWS if row.split == "validation" and "crash" in row.id}

    def light(request: Request):  # fails wherever the useless rule is gone
        dead = text_of(request) in texts and IDLE not in request.messages[0].content
        return CallFailed("The line went dead.") if dead else small_model(request)

    assert shortened(ZEBRA, IDLE, light=light).removed == ()


def test_where_the_whole_prompt_could_not_be_read_well_nothing_goes_and_it_says_why():
    texts = {row.text for row in ROWS if row.split == "validation" and "crash" in row.id}
    found = shortened(ZEBRA, IDLE, light=failing(texts))
    assert found.removed == () and found.verdict.comparison is None and "calls failed" in found.verdict.reason


def test_one_failed_call_is_left_out_of_the_comparison_and_scored_for_nobody():
    rows = zoo(validation=60)
    lost = next(row.text for row in rows if row.split == "validation" and "zebra" in row.id)

    def light(request: Request):
        dead = text_of(request) == lost and IDLE not in request.messages[0].content
        return CallFailed("The line went dead.") if dead else small_model(request)

    found = shortened(ZEBRA, IDLE, light=light, rows=rows)
    assert gone(found) == [IDLE] and found.verdict.comparison.n == 179 and not found.verdict.comparison.broke


def test_at_a_cap_it_ends_with_what_was_found_until_then():
    whole = shortened(IDLE, CRASH, ZEBRA, IDLE + " Twice.")
    for calls in range(18, 18 * 12, 7):
        found = shortened(IDLE, CRASH, ZEBRA, IDLE + " Twice.", calls=calls)
        assert set(gone(found)) <= set(gone(whole)) and len(found.verdict.comparison.broke) == 0
        assert bool(found.unfinished) == (calls < 18 * (whole.looks + 1))
    assert gone(shortened(IDLE, CRASH, ZEBRA, calls=18 * 2)) == [IDLE], "one was known to be useless by then"
    with pytest.raises(CapReached):
        shortened(IDLE, calls=17)


def test_a_stop_keeps_what_was_found():
    def stop(progress: Progress) -> None:
        if progress.done > 18 * 5:
            raise Stopped("Enough.")

    found = shortened(IDLE, CRASH, ZEBRA, IDLE + " Twice.", on_progress=stop)
    assert found.removed and found.unfinished == "Enough."


def test_progress_never_falls_back_and_never_passes_its_end():
    told: list[Progress] = []
    shortened(ZEBRA, AGAIN, IDLE, CRASH, APPLE, on_progress=told.append)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert all(each.done <= each.total for each in told)
