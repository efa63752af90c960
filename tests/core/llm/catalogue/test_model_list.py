"""Models as one chooses among them."""

from __future__ import annotations

from datetime import date

from core.llm.catalogue.model_list import SOON, list_model, list_models
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import DEFAULTS, read_profiles

TODAY = date(2026, 11, 24)


def listed(name: str, own: str = "", today: date = TODAY):
    profiles = read_profiles(own)
    return list_model(name, profiles, Prices(profiles.prices), today)


def test_a_model_is_marked_before_and_after_its_end():
    assert (
        listed("openai:gpt-5").days,
        listed("openai:gpt-5").ends_soon,
        listed("openai:gpt-5").retired,
    ) == (17, True, False)
    assert listed("openai:gpt-5", today=date(2026, 12, 10)).ends_soon
    on_the_day = listed("openai:gpt-5", today=date(2026, 12, 11))
    assert on_the_day.retired and not on_the_day.ends_soon
    assert not listed("openai:gpt-5.1").ends_soon and listed("openai:gpt-5.1").days > SOON
    assert listed("openai:gpt-6-luna").days is None


def test_structured_output_is_told_where_the_model_has_it():
    own = '[models."openai-compatible:plain"]\nstructured = ""'
    assert listed("openai:gpt-6-luna").structured and listed("anthropic:claude-haiku-5-5").structured
    assert not listed("openai-compatible:plain", own).structured


def test_dated_names_end_with_their_model():
    assert listed("openai:gpt-4o-2024-08-06").retires == date(2027, 1, 14)


def test_prices_name_the_id_they_were_found_under():
    assert listed("anthropic:claude-haiku-5-5").matched == "claude-haiku-5-5"
    unknown = listed("openai:gpt-6.2-sol")
    assert (unknown.input, unknown.output, unknown.matched) == (None, None, "")
    own = listed("openai:gpt-6.2-sol", '[prices."openai:gpt-6.2-sol"]\ninput = 2\noutput = 10')
    assert (own.input, own.output, own.matched, own.own) == (2.0, 10.0, "yours", True)


def test_the_way_of_a_reply_prefix_is_told():
    assert (
        listed("anthropic:claude-haiku-4-5").prefix == "prefill"
        and listed("anthropic:claude-haiku-5-5").prefix == "instruction"
    )


def test_the_users_models_come_first_and_those_that_have_stopped_last():
    profiles = read_profiles(
        '[models."ollama:mine"]\nnote = "at home"\n[prices."openai:strange"]\ninput = 1\noutput = 1'
    )
    found = list_models(profiles, Prices(profiles.prices), TODAY)
    assert {each.name for each in found[:2]} == {"ollama:mine", "openai:strange"}
    assert {each.name for each in found[2:6]} == {name for names in DEFAULTS.values() for name in names}
    ended = [each.retired for each in found]
    assert any(ended) and ended == sorted(ended)
    assert len({each.name for each in found}) == len(found)
