"""What a rule is worth: measured with and without it on validation rows, and on no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.costs.call_price import BYTES_PER_TOKEN, LATENCY, request_size
from core.errors import CallFailed, CapReached, ModelRefused, Stopped, UsageError
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.similarity.requests import classify_requests
from core.studies import ablation
from core.studies.ablation import Ablation, ablate, ablations
from core.studies.rule_ledger import ledger
from core.types import Decision, FewShot, LabelSet, Progress, Prompt, Request, Settings, Shot
from tests.core.tuning.toy import (
    LABELS,
    START,
    Editor,
    failing,
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
ROWS = zoo(validation=6)


def session(light=small_model, calls: int | None = None):
    return session_of(Editor(), light, Settings(max_calls=calls))


def measured(*lines: str, light=small_model, calls: int | None = None, **more) -> dict[str, Ablation]:
    prompt = with_lines(*lines)
    found = ablate(session(light, calls), prompt, ledger((), prompt, NAMES), ROWS, NAMES, **more)
    return {each.rule.text: each for each in found}


# ---- what is found


def test_a_rule_that_helps_is_shown_to_help_with_the_rows_that_would_be_lost():
    found = measured(ZEBRA, APPLE)[ZEBRA]
    assert found.worth == "helps" and found.verdict.decision is Decision.REJECTED
    assert found.verdict.comparison.broke == tuple(
        row.id for row in ROWS if row.split == "validation" and "zebra" in row.id
    )
    assert (found.before, found.after) == (1.0, pytest.approx(12 / 18))
    assert found.verdict.reason == "no mistake fixed, 6 new; worse, and not luck (p = 0.031)"


def test_a_rule_that_harms_is_shown_to_harm():
    found = measured(ZEBRA, APPLE, CRASH)[CRASH]
    assert found.worth == "harms" and len(found.verdict.comparison.fixed) == 6 and found.after == 1.0


def test_a_rule_that_nothing_depends_on_moves_no_row():
    found = measured(ZEBRA, IDLE)[IDLE]
    assert (
        found.worth == "no prediction changed"
        and found.before == found.after
        and found.verdict.comparison.p == 1.0
    )


def test_few_rows_prove_nothing_and_it_says_so():
    few = [row for row in ROWS if row.split == "validation" and row.id.endswith(("-0", "-1"))]
    prompt = with_lines(ZEBRA, CRASH)
    found = {
        each.rule.text: each.worth
        for each in ablate(session(), prompt, ledger((), prompt, NAMES), few, NAMES)
    }
    assert (found[ZEBRA], found[CRASH]) == ("helps, not proven", "harms, not proven")


def test_what_the_prompt_cannot_be_sent_without_is_not_measured_and_costs_nothing():
    prompt, here = with_lines(ZEBRA), session()
    [first, _] = ablate(here, prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert first.worth == "cannot go" and first.before is None and "lists the labels" in first.verdict.reason
    assert here.account.spends()["lightweight"].api == 2 * 18


def test_a_line_without_which_no_label_is_asked_for_cannot_go_either():
    prompt = replace(
        with_lines(ZEBRA, "Answer with <label>…</label>."), user_prompt_suffix="\n</text>\nThink."
    )
    *_, last = ablate(session(), prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert last.worth == "cannot go" and "no longer asks for the answer" in last.verdict.reason


def test_examples_in_the_prompt_are_ablated_like_a_rule():
    prompt = replace(with_lines(ZEBRA), few_shot=FewShot("fixed", 1, (Shot("A zebra.", "question"),)))
    *_, last = ablate(session(), prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert last.rule.field == "few_shot" and last.worth == "no prediction changed"


# ---- which rows are read


def test_validation_rows_are_read_and_nothing_else_is_ever_sent():
    sent: set[str] = set()

    def light(request: Request) -> str:
        sent.add(text_of(request))
        return small_model(request)

    out = next(row for row in ROWS if row.split == "validation")
    rows = [replace(row, excluded=row is out) for row in ROWS]
    prompt = with_lines(ZEBRA, CRASH)
    ablate(session(light), prompt, ledger((), prompt, NAMES), rows, NAMES)
    assert sent == {row.text for row in ROWS if row.split == "validation"} - {out.text}


def test_without_validation_rows_it_says_what_to_do():
    prompt = with_lines(ZEBRA)
    rows = [row for row in ROWS if row.split != "validation"]
    with pytest.raises(UsageError, match="no validation rows"):
        ablate(session(), prompt, ledger((), prompt, NAMES), rows, NAMES)


def test_the_whole_prompt_is_read_once_and_each_shorter_one_once():
    here, prompt = session(), with_lines(ZEBRA, APPLE, IDLE)
    ablate(here, prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert here.account.spends()["lightweight"].api == 4 * 18
    ablate(here, prompt, ledger((), prompt, NAMES), ROWS, NAMES)
    assert here.account.spends()["lightweight"].api == 4 * 18, "the second time all of it is in the cache"


# ---- failed calls, caps, stopping


def test_a_failed_call_is_never_scored_as_wrong():
    lost = next(row.text for row in ROWS if row.split == "validation" and "zebra" in row.id)
    many = zoo(validation=60)

    def light(request: Request):  # one of 180 fails, and only without the rule
        dead = text_of(request) == lost and IDLE not in request.messages[0].content
        return CallFailed("The line went dead.") if dead else small_model(request)

    prompt = with_lines(ZEBRA, IDLE)
    found = {
        each.rule.text: each
        for each in ablate(session(light), prompt, ledger((), prompt, NAMES), many, NAMES)
    }
    assert found[IDLE].worth == "no prediction changed" and found[IDLE].verdict.comparison.n == 179


def test_a_damaged_reading_decides_nothing():
    texts = {row.text for row in ROWS if row.split == "validation" and "zebra" in row.id}
    found = measured(ZEBRA, APPLE, light=failing(texts, APPLE))
    assert found[ZEBRA].worth == "not decided" and found[ZEBRA].verdict.comparison is None
    assert found[ZEBRA].verdict.reason == "12 of 36 calls failed, so this decides nothing."


def test_at_a_cap_what_was_measured_until_then_is_kept():
    found = measured(ZEBRA, APPLE, CRASH, calls=3 * 18 + 5)
    assert list(found) == [START.system_prompt.strip(), ZEBRA, APPLE]
    prompt = with_lines(ZEBRA)
    with pytest.raises(CapReached):
        ablate(session(calls=20), prompt, ledger((), prompt, NAMES)[1:], ROWS, NAMES)


def test_a_stop_keeps_what_was_measured_and_a_refusal_is_raised():
    def stop(progress: Progress) -> None:
        if progress.done > 40:
            raise Stopped("Enough.")

    assert list(measured(ZEBRA, APPLE, on_progress=stop)) == [START.system_prompt.strip(), ZEBRA]

    def refuses(request: Request) -> str:
        raise ModelRefused("The key was refused.")

    with pytest.raises(ModelRefused):
        measured(ZEBRA, light=refuses)


def test_progress_counts_all_the_calls():
    told: list[Progress] = []
    measured(ZEBRA, APPLE, on_progress=told.append)
    assert {each.total for each in told} == {54}
    assert [each.done for each in told] == sorted(each.done for each in told) and told[-1].done == 54
    assert "rule 3 of 3" in told[-1].what


def test_they_come_one_by_one():
    prompt = with_lines(ZEBRA, APPLE)
    here = session()
    made = ablations(here, prompt, ledger((), prompt, NAMES)[1:], ROWS, NAMES)
    assert next(made).rule.text == ZEBRA and here.account.spends()["lightweight"].api == 36


# ---- before


def shared(limits: CallLimits | None = None, prices: Prices | None = None) -> ModelContext:
    return ModelContext(
        load_profiles(), prices or Prices(), {}, limits={"openai:gpt-6.1-mini": limits} if limits else {}
    )


def priced(
    prompt: Prompt,
    settings: Settings = Settings("openai:gpt-6.1-mini", concurrency=4),
    rows=ROWS,
    at: ModelContext | None = None,
):
    return ablation.price(settings, prompt, ledger((), prompt, NAMES), rows, NAMES, at or shared())


def test_the_estimate_counts_the_calls_that_are_made():
    for lines in ((), (ZEBRA,), (ZEBRA, APPLE, IDLE)):
        prompt, here = with_lines(*lines), session()
        ablate(here, prompt, ledger((), prompt, NAMES), ROWS, NAMES)
        assert priced(prompt).calls == here.account.spends()["lightweight"].api


def test_tokens_are_measured_from_the_very_requests_and_money_follows():
    prompt = with_lines(ZEBRA)
    part = priced(prompt, at=shared(prices=Prices({"openai:gpt-6.1-mini": {"input": 1.0, "output": 10.0}})))
    texts = [row.text for row in ROWS if row.split == "validation"]
    size = sum(map(request_size, classify_requests(prompt, texts))) / len(texts)
    assert part.input.high == pytest.approx(size / BYTES_PER_TOKEN)
    assert part.usd.high == pytest.approx(round(part.input.high) * 1e-6 + part.output.high * 1e-5)
    assert part.seconds == 36 * LATENCY["lightweight"] / 4
    assert priced(prompt, Settings("openai-compatible:mine")).usd is None


def test_limits_a_minute_make_it_longer_and_no_rows_are_refused_before_anything_is_paid():
    assert priced(with_lines(ZEBRA), at=shared(CallLimits(requests_per_minute=2))).seconds == 36 / 2 * 60
    with pytest.raises(UsageError):
        priced(with_lines(ZEBRA), rows=[row for row in ROWS if row.split == "test"])


def test_a_locked_line_cannot_be_left_out():
    prompt = with_lines(ZEBRA, IDLE)
    rules = ledger((), prompt, NAMES, locked=(IDLE,))
    found = {each.rule.text: each for each in ablate(session(), prompt, rules, ROWS, NAMES)}
    assert found[IDLE].worth == "cannot go" and "locked" in found[IDLE].verdict.reason
    assert found[ZEBRA].worth == "helps"
