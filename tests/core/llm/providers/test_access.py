"""Which providers can be called, told without the text of a key."""

from __future__ import annotations

from core.llm.providers.registry import accesses
from tests.core.llm.providers.conftest import OPENAI_KEY


def of(provider: str, **keys: str):
    return next(each for each in accesses(keys, ()) if each.provider.name == provider)


def test_a_key_is_there_or_is_not():
    assert of("openai", OPENAI_API_KEY=OPENAI_KEY).present
    assert not of("openai").present and not of("openai", OPENAI_API_KEY="  ").present
    assert of("openai").problem == "", "a key that nobody set is no mistake"


def test_no_part_of_a_key_is_in_it():
    shown = repr(accesses({"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": "bad key with blanks"}, ()))
    assert OPENAI_KEY[-4:] not in shown and "blanks" not in shown


def test_a_key_that_cannot_be_one_is_a_sentence():
    assert "copy it again" in of("anthropic", ANTHROPIC_API_KEY="bad key").problem


def test_the_address_is_the_one_that_calls_go_to_without_its_query():
    assert of("openai").address == "https://api.openai.com/v1"
    assert of("openai", OPENAI_BASE_URL="http://proxy:8000/v1/?token=x").address == "http://proxy:8000/v1"
    assert (
        of("ollama").address == "http://127.0.0.1:11434/v1"
        and of("ollama", OLLAMA_HOST="gpu:1234").address == "http://gpu:1234/v1"
    )
    assert "none" in of("gemini", GEMINI_BASE_URL="ftp://x").problem
    refused = of("openai", OPENAI_BASE_URL="http://me:secret@proxy:8000/v1")
    assert refused.address == "" and "name or password" in refused.problem and "secret" not in refused.problem


def test_a_compatible_server_takes_its_own_address_and_key_or_those_of_openai():
    assert (
        of("openai-compatible").address == ""
        and of("openai-compatible").address_variable == "OPENAI_COMPATIBLE_BASE_URL"
    )
    own = of(
        "openai-compatible",
        OPENAI_COMPATIBLE_BASE_URL="http://gpu/v1",
        OPENAI_BASE_URL="http://x/v1",
        OPENAI_COMPATIBLE_API_KEY="abc",
    )
    assert (own.address, own.variable, own.present) == ("http://gpu/v1", "OPENAI_COMPATIBLE_API_KEY", True)


def test_an_address_is_custom_where_it_is_not_the_providers_usual_one():
    def custom(provider: str, **keys: str) -> str:
        return of(provider, **keys).provider.custom_address(keys)

    assert [custom(each) for each in ("openai", "anthropic", "gemini", "ollama", "openai-compatible")] == [
        ""
    ] * 5
    assert custom("openai", OPENAI_BASE_URL="https://api.openai.com/v1/") == ""
    assert custom("openai", OPENAI_BASE_URL="http://proxy/v1?token=x") == "http://proxy/v1"
    assert custom("ollama", OLLAMA_HOST="gpu") == "http://gpu:11434/v1"
    assert custom("openai-compatible", OPENAI_COMPATIBLE_BASE_URL="http://gpu/v1") == "http://gpu/v1"
