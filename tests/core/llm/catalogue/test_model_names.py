"""A slip in a model's name is answered with the model that was meant."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.llm.catalogue.model_names import closest_model
from core.llm.catalogue.profiles import read_profiles
from core.llm.providers.connect_model import connect_model

PROFILES = read_profiles(
    '[endpoints.groq]\nbase_url = "https://api.groq.com/openai/v1"\n'
    '[models."groq:llama-4-maverick"]\nprefill = true\n[prices."openai-compatible:our-model"]\ninput = 1\noutput = 1\n'
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gpt-6-luna", "openai:gpt-6-luna"),
        ("GPT-6-Luna ", "openai:gpt-6-luna"),
        ("gpt6-luna", "openai:gpt-6-luna"),
        ("opnai:gpt-6-luna", "openai:gpt-6-luna"),
        ("OpenAI:gpt-6-luna", "openai:gpt-6-luna"),
        ("openai/gpt-6-luna", "openai:gpt-6-luna"),
        ("opnai:ft:gpt-4o:Me::Id", "openai:ft:gpt-4o:Me::Id"),
        ("claude-haiku-5-5", "anthropic:claude-haiku-5-5"),
        ("claude-haiku-55", "anthropic:claude-haiku-5-5"),
        ("anthropic/claude-haiku-5-5", "anthropic:claude-haiku-5-5"),
        ("antropic:claude-new", "anthropic:claude-new"),
        ("claude:claude-haiku-5-5", "anthropic:claude-haiku-5-5"),
        ("llama-4-maverik", "groq:llama-4-maverick"),
        ("grok:some-model", ""),
        ("gorq:some-model", ""),
        ("groqq:some-model", "groq:some-model"),
        ("our-model", "openai-compatible:our-model"),
        ("openai-compatable:x", "openai-compatible:x"),
        ("llama4:8b", ""),
        ("nobody:large", ""),
        ("reader", ""),
        ("", ""),
        (":", ""),
        ("openai", ""),
    ],
)
def test_the_closest_model_is_named(typed: str, meant: str) -> None:
    assert closest_model(typed, PROFILES) == meant


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("opnai:gpt-6-luna", "There is no provider 'opnai': did you mean openai:gpt-6-luna? Write"),
        ("gpt-6-luna", "'gpt-6-luna' names no provider: did you mean openai:gpt-6-luna? Write"),
        (
            "nobody:large",
            "There is no provider 'nobody'. Write a model as provider:model; providers are openai, ",
        ),
    ],
)
def test_it_stands_in_the_sentence_of_the_refusal(typed: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect_model(typed, {}, PROFILES)
    assert str(caught.value).startswith(sentence)
