"""Blind votes: what is asked, what counts as a vote, and what it costs before it is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.costs.call_price import BYTES_PER_TOKEN
from core.errors import CallFailed, CapReached, Stopped, UsageError
from core.llm.call_loop import CallLoop
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.studies import blind_votes
from core.studies.blind_votes import VOTE, vote_requests
from core.types import Progress, Request, Settings
from tests.core.llm.scripted import Scripted
from tests.core.tuning.toy import LABELS, dataset, session_of, small_model, text_of, zoo

EVERY = replace(dataset(zoo()), labels=replace(dataset(()).labels, definitions={"wish": "What is wanted."}))
IDS = [row.id for row in EVERY.examples][:6]
SOL = Settings(heavyweight="openai:gpt-6.1-sol", concurrency=4)


def voting(answer):
    """A session whose heavyweight model answers so."""
    return session_of(answer)


# ---- what is asked


def test_each_row_is_asked_about_once_and_nothing_but_its_text_is_told():
    seen: list[Request] = []

    def answer(request: Request) -> str:
        seen.append(request)
        return "<label>wish</label>"

    assert blind_votes.run(voting(answer), EVERY, IDS) == dict.fromkeys(IDS, "wish")
    rows = {row.id: row for row in EVERY.examples}
    assert [text_of(request) for request in seen] == [rows[identity].text for identity in IDS]
    other = replace(
        EVERY,
        examples=tuple(replace(row, label="wish", note="a wish", canonical=True) for row in EVERY.examples),
    )
    assert vote_requests(other.examples, EVERY.labels) == vote_requests(EVERY.examples, EVERY.labels), (
        "labels and notes are not shown"
    )


def test_definitions_are_told_and_the_answer_is_held_to_the_labels_where_that_was_chosen():
    [request] = vote_requests(EVERY.examples[:1], EVERY.labels)
    assert "- wish: What is wanted." in request.messages[0].content and request.choices == ()
    assert vote_requests(EVERY.examples[:1], EVERY.labels, structured=True)[0].choices == LABELS


# ---- what counts as a vote


def test_failed_calls_and_replies_without_a_label_are_no_votes():
    said = {
        0: CallFailed("The line went dead."),
        1: "Hm.",
        2: "<label>nothing of yours</label>",
        3: "<label>BUG</label>",
    }
    texts = {row.text: place for place, row in enumerate(EVERY.examples)}
    votes = blind_votes.run(voting(lambda request: said[texts[text_of(request)]]), EVERY, IDS[:4])
    assert votes == {IDS[3]: "bug"}


def test_ids_that_are_no_rows_are_passed_over_and_none_ask_nothing():
    def never(request: Request) -> str:
        raise AssertionError("asked")

    assert blind_votes.run(voting(never), EVERY, []) == {} == blind_votes.run(voting(never), EVERY, ["gone"])


def test_the_offline_editor_has_no_vote_and_says_so():
    session = session_of(small_model)
    session = replace(session, heavyweight=replace(session.heavyweight, name="offline:editor"))
    with pytest.raises(UsageError, match="choose another heavyweight model"):
        blind_votes.run(session, EVERY, IDS)


# ---- progress, caps, stopping


def test_progress_is_told_from_none_to_all():
    told: list[Progress] = []
    blind_votes.run(voting(small_model), EVERY, IDS, told.append)
    assert [each.done for each in told] == list(range(7)) and {each.total for each in told} == {6}


def test_what_was_paid_for_before_a_cap_or_a_stop_is_returned():
    calls, session = CallLoop(), session_of(small_model)
    try:
        for script in (["<label>bug</label>"] * 2 + [CapReached("No more.")], [CapReached("No more.")]):
            capped = replace(session, heavyweight=Scripted(script), ask_all=calls.ask_all, concurrency=1)
            if len(script) == 1:
                with pytest.raises(CapReached):
                    blind_votes.run(capped, EVERY, IDS)
            else:
                assert blind_votes.run(capped, EVERY, IDS) == dict.fromkeys(IDS[:2], "bug")

        def stop(progress: Progress) -> None:
            if progress.done >= 2:
                raise Stopped("Enough.")

        slow = replace(session, heavyweight=Scripted(latency=0.08), ask_all=calls.ask_all, concurrency=1)
        votes = blind_votes.run(slow, EVERY, [row.id for row in EVERY.examples], stop)
        assert 2 <= len(votes) < len(EVERY.examples)
    finally:
        calls.close()


# ---- before


def shared(limits: CallLimits | None = None, prices: Prices | None = None) -> ModelContext:
    return ModelContext(
        load_profiles(), prices or Prices(), {}, limits={SOL.heavyweight: limits} if limits else {}
    )


def test_calls_and_tokens_are_those_of_the_very_requests():
    part = blind_votes.price(SOL, EVERY, [*IDS, "gone"], shared())
    rows = [row for row in EVERY.examples if row.id in IDS]
    size = sum(
        len(message.content.encode())
        for request in vote_requests(rows, EVERY.labels)
        for message in request.messages
    )
    assert part.calls == 6 and part.of_all(part.input).low == pytest.approx(size / BYTES_PER_TOKEN)
    assert (part.output.low, part.output.high) == VOTE.thought_tokens, "a heavyweight model thinks"
    assert part.seconds == 6 * VOTE.latency / 4


def test_money_is_tokens_times_price_and_unknown_without_one():
    flat = Prices({SOL.heavyweight: {"input": 1.0, "output": 10.0}})
    part = blind_votes.price(SOL, EVERY, IDS, shared(prices=flat))
    assert part.of_all(part.usd).high == pytest.approx(
        6 * (round(part.input.high) * 1e-6 + part.output.high * 1e-5)
    )
    assert (
        blind_votes.price(replace(SOL, heavyweight="openai-compatible:mine"), EVERY, IDS, shared()).usd
        is None
    )


def test_limits_a_minute_make_it_longer_and_no_rows_take_nothing():
    assert blind_votes.price(SOL, EVERY, IDS, shared(CallLimits(requests_per_minute=2))).seconds == 180
    nothing = blind_votes.price(SOL, EVERY, [], shared())
    assert nothing.calls == 0 and nothing.seconds == 0 and nothing.of_all(nothing.usd).high == 0
