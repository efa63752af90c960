"""Each row of facts.md's "Rules that break naive code": what leaves for each model is what that model
accepts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.connect_model import connect_model
from core.types import Message, Reply, Request
from tests.core.llm.providers.conftest import QUESTION, ask, keys_for, own_rules
from tests.fakes.rules import complaint
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

ROLES = ("lightweight", "heavyweight")
WITH_PREFIX = Request((*QUESTION.messages, Message("assistant", "Reason: ")))
WITH_CHOICES = Request(QUESTION.messages, choices=("bug", "improvement"))


def sent(server: FakeServer, name: str, request: Request = QUESTION, **settings: object) -> dict:
    ask(server, name, request, **settings)  # type: ignore[arg-type]
    return server.bodies[-1]


@pytest.mark.parametrize("role", ROLES)
def test_every_known_model_accepts_its_requests(strict: FakeServer, role: str) -> None:
    names = [name for name in load_profiles().known() if name.startswith(("openai:", "anthropic:"))]
    assert len(names) > 40
    for name in names:
        ask(strict, name, QUESTION, WITH_PREFIX, WITH_CHOICES, role=role)
    assert strict.counts["200"] == 3 * len(names)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "gpt-6-luna", "messages": [], "max_tokens": 5}),
        ("/v1/chat/completions", {"model": "gpt-6-luna", "messages": [], "temperature": 0}),
        ("/v1/chat/completions", {"model": "gpt-6-luna", "messages": [{"role": "system", "content": "x"}]}),
        ("/v1/chat/completions", {"model": "gpt-6.1-sol", "messages": [], "reasoning_effort": "none"}),
        ("/v1/responses", {"model": "gpt-5.2-pro", "input": "x", "seed": 1}),
        (
            "/v1/messages",
            {
                "model": "claude-haiku-5-5",
                "messages": [{"role": "user", "content": "x"}],
                "max_tokens": 5,
                "temperature": 0,
            },
        ),
        (
            "/v1/messages",
            {
                "model": "claude-haiku-5-5",
                "messages": [{"role": "user", "content": "x"}],
                "max_tokens": 30_000,
            },
        ),
        (
            "/v1/messages",
            {
                "model": "claude-sonnet-5-5",
                "messages": [{"role": "user", "content": "x"}],
                "max_tokens": 5,
                "thinking": {"type": "disabled"},
            },
        ),
        (
            "/v1/messages",
            {
                "model": "claude-sonnet-4-6",
                "messages": [{"role": "assistant", "content": "x"}],
                "max_tokens": 5,
            },
        ),
    ],
    ids=[
        "length",
        "temperature",
        "system role",
        "effort",
        "seed",
        "sampling",
        "streaming",
        "thinking",
        "prefill",
    ],
)
def test_the_strict_server_refuses_naive_requests(path: str, body: dict) -> None:
    assert complaint(path, body)


# ---- temperature, effort


def test_a_temperature_goes_out_only_where_the_effort_is_none(strict: FakeServer) -> None:
    cool = own_rules(
        '[models."openai:gpt-6-luna"]\ntemperature = 0.0\n[models."openai:gpt-6.1-sol"]\ntemperature = 0.0\n'
        '[models."anthropic:claude-haiku-5-5"]\ntemperature = 0.0\n'
    )
    light = sent(strict, "openai:gpt-6-luna", profiles=cool)
    assert (light["temperature"], light["reasoning_effort"]) == (0.0, "none")
    assert "temperature" not in sent(strict, "openai:gpt-6-luna", role="heavyweight", profiles=cool)
    assert "temperature" not in sent(strict, "openai:gpt-6.1-sol", profiles=cool)
    assert "temperature" not in sent(strict, "anthropic:claude-haiku-5-5", profiles=cool)
    sample = replace(QUESTION, repeat=1, temperature=1.0)
    assert sent(strict, "openai:gpt-6-luna", sample, profiles=cool)["temperature"] == 1.0
    assert "temperature" not in sent(strict, "anthropic:claude-haiku-5-5", sample)


def test_nothing_random_is_asked_for_by_default(strict: FakeServer) -> None:
    for name in ("openai:gpt-6-luna", "openai:gpt-4o-mini", "anthropic:claude-haiku-5-5"):
        assert not {"temperature", "top_p", "top_k", "seed", "logprobs", "top_logprobs"} & set(
            sent(strict, name)
        )


def test_the_effort_is_pinned_so_that_no_hidden_default_is_billed(strict: FakeServer) -> None:
    assert sent(strict, "openai:gpt-6-luna")["reasoning_effort"] == "none"
    assert sent(strict, "openai:gpt-6.1-sol")["reasoning_effort"] == "low"
    assert sent(strict, "openai:gpt-6.1-sol", role="heavyweight")["reasoning_effort"] == "medium"
    assert sent(strict, "openai:gpt-5.2-pro")["reasoning"] == {"effort": "medium"}
    assert sent(strict, "anthropic:claude-sonnet-5-5", role="heavyweight")["output_config"] == {
        "effort": "high"
    }


# ---- length


def test_the_length_goes_out_under_the_name_that_the_model_knows(strict: FakeServer) -> None:
    assert sent(strict, "openai:gpt-6-luna")["max_completion_tokens"] == 1_000
    assert sent(strict, "openai:gpt-5.2-pro")["max_output_tokens"] == 4_000
    assert sent(strict, "anthropic:claude-haiku-5-5")["max_tokens"] == 1_000


def test_a_thinking_model_gets_room_to_think(strict: FakeServer) -> None:
    assert sent(strict, "openai:gpt-6.1-sol")["max_completion_tokens"] == 4_000
    assert sent(strict, "anthropic:claude-sonnet-5-5", role="heavyweight")["max_tokens"] == 16_000
    roomy = Request(QUESTION.messages, max_tokens=20_000)
    assert sent(strict, "openai:gpt-6.1-sol", roomy, role="heavyweight")["max_completion_tokens"] == 20_000


def test_anthropic_is_never_asked_for_more_than_it_gives_without_streaming(strict: FakeServer) -> None:
    long = Request(QUESTION.messages, max_tokens=30_000)
    assert sent(strict, "anthropic:claude-haiku-5-5", long)["max_tokens"] == 21_333


# ---- system text


def test_the_system_text_goes_where_the_model_reads_it(strict: FakeServer) -> None:
    system = QUESTION.messages[0].content
    assert sent(strict, "openai:gpt-6-luna")["messages"][0] == {"role": "developer", "content": system}
    assert sent(strict, "openai:gpt-4o-mini")["messages"][0] == {"role": "system", "content": system}
    assert sent(strict, "openai-compatible:llama")["messages"][0] == {"role": "system", "content": system}
    claude = sent(strict, "anthropic:claude-haiku-5-5")
    assert claude["system"] == system and [turn["role"] for turn in claude["messages"]] == ["user"]


# ---- thinking


@pytest.mark.parametrize(
    ("name", "light", "heavy"),
    [
        ("anthropic:claude-haiku-5-5", {"type": "disabled"}, {"type": "adaptive"}),
        ("anthropic:claude-sonnet-5-5", {"type": "between_tools"}, {"type": "adaptive"}),
        ("anthropic:claude-opus-5-5", None, None),
        ("anthropic:claude-fable-5-2", None, None),
        ("anthropic:claude-haiku-4-5", None, None),
    ],
)
def test_thinking_follows_the_rule_of_each_model(
    strict: FakeServer, name: str, light: dict | None, heavy: dict | None
) -> None:
    assert sent(strict, name).get("thinking") == light
    assert sent(strict, name, role="heavyweight").get("thinking") == heavy


def test_thinking_is_not_disabled_at_an_effort_that_forbids_it(strict: FakeServer) -> None:
    keen = own_rules('[models."anthropic:claude-haiku-5-5"]\nlightweight_effort = "max"\n')
    body = sent(strict, "anthropic:claude-haiku-5-5", profiles=keen)
    assert body["output_config"] == {"effort": "max"} and "thinking" not in body


# ---- prefill


def test_the_reply_prefix_is_prefilled_only_where_the_model_takes_it(strict: FakeServer) -> None:
    old = sent(strict, "anthropic:claude-haiku-4-5", WITH_PREFIX)
    assert old["messages"][-1] == {"role": "assistant", "content": "Reason:"}
    for name in ("anthropic:claude-haiku-5-5", "anthropic:claude-sonnet-4-6", "openai:gpt-6-luna"):
        last = sent(strict, name, WITH_PREFIX)["messages"][-1]
        assert last["role"] == "user" and last["content"].endswith("Begin your reply with exactly: Reason: ")


# ---- structured output


def test_structured_output_takes_the_form_of_each_provider(strict: FakeServer) -> None:
    schema = {
        "type": "object",
        "required": ["reason", "label"],
        "additionalProperties": False,
        "properties": {
            "reason": {"type": "string"},
            "label": {"type": "string", "enum": ["bug", "improvement"]},
        },
    }
    assert sent(strict, "openai:gpt-6-luna", WITH_CHOICES)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "classification", "strict": True, "schema": schema},
    }
    claude = sent(strict, "anthropic:claude-haiku-5-5", WITH_CHOICES)
    assert claude["output_config"] == {
        "effort": "medium",
        "format": {"type": "json_schema", "schema": schema},
    }
    assert "output_format" not in claude and "tools" not in claude and "tool_choice" not in claude


def test_structured_output_by_responses_stands_under_text(strict: FakeServer) -> None:
    body = sent(strict, "openai:gpt-5.1-codex", WITH_CHOICES)
    assert body["text"]["format"]["type"] == "json_schema" and body["text"]["format"]["schema"]["properties"][
        "label"
    ]["enum"] == ["bug", "improvement"]


def test_choices_are_ignored_where_the_model_has_no_structured_output(strict: FakeServer) -> None:
    assert set(sent(strict, "openai-compatible:llama", WITH_CHOICES)) == {"model", "messages", "max_tokens"}


# ---- prompt cache


def test_a_long_system_text_is_marked_for_anthropics_prompt_cache(strict: FakeServer) -> None:
    long = "Classify with care. " * 200
    request = Request((Message("system", long), Message("user", "text")))
    assert sent(strict, "anthropic:claude-haiku-5-5", request)["system"] == [
        {"type": "text", "text": long, "cache_control": {"type": "ephemeral"}}
    ]
    assert sent(strict, "anthropic:claude-haiku-5-5", request, role="heavyweight")["system"] == long


def test_static_text_stands_before_the_text_to_classify(strict: FakeServer) -> None:
    shot = (Message("user", "an example"), Message("assistant", "<label>bug</label>"))
    request = Request((QUESTION.messages[0], *shot, QUESTION.messages[1]))
    for name in ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5"):
        assert [turn["content"] for turn in sent(strict, name, request)["messages"]][-3:] == [
            "an example",
            "<label>bug</label>",
            QUESTION.messages[1].content,
        ]


# ---- what is data and not yet sent


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("openai:gpt-6-luna", "prompt_cache_minimum", 1_024),
        ("anthropic:claude-haiku-5-5", "prompt_cache_minimum", 512),
        ("openai:gpt-6-luna", "batch_requests", 50_000),
        ("anthropic:claude-haiku-5-5", "batch_requests", 100_000),
    ],
)
def test_the_other_rules_are_data(name: str, field: str, value: object) -> None:
    assert getattr(load_profiles().of(name), field) == value


# ---- stop sequences


STOPPABLE = Request(QUESTION.messages, stop="</label>")


def test_a_reply_ends_where_its_label_closes_if_the_profile_says_how(server: FakeServer) -> None:
    assert sent(server, "ollama:llama4:8b", STOPPABLE)["stop"] == ["</label>"]
    own = own_rules('[models."anthropic:claude-haiku-5-5"]\nstop_parameter = "stop_sequences"\n')
    assert sent(server, "anthropic:claude-haiku-5-5", STOPPABLE, profiles=own)["stop_sequences"] == [
        "</label>"
    ]


@pytest.mark.parametrize(
    ("name", "request_", "role"),
    [
        ("ollama:llama4:8b", QUESTION, "lightweight"),
        ("ollama:llama4:8b", replace(STOPPABLE, choices=("bug", "idea")), "lightweight"),
        ("ollama:llama4:8b", STOPPABLE, "heavyweight"),
        ("ollama:qwen3:8b", STOPPABLE, "lightweight"),
        ("openai:gpt-6-luna", STOPPABLE, "lightweight"),
        ("openai-compatible:llama", STOPPABLE, "lightweight"),
    ],
)
def test_no_other_request_has_a_stop_sequence(
    server: FakeServer, name: str, request_: Request, role: str
) -> None:
    assert not {"stop", "stop_sequences"} & set(sent(server, name, request_, role=role))


@pytest.mark.parametrize("thought", ["", "<think>Is it <label>bug"])
def test_a_thought_that_the_stop_sequence_ended_is_asked_without_it(server: FakeServer, thought: str) -> None:
    """By another try, so that caps hold; its cache key stays the same."""
    said = iter([Said(thought), *[Said("<think>It is <label>bug</label>?</think><label>idea")] * 2])
    server.answer = lambda messages: next(said)
    model: Any = connect_model("ollama:a-thinker-of-tomorrow", keys_for(server), load_profiles())

    async def three_tries() -> list[Reply | CallFailed]:
        results: list[Reply | CallFailed] = []
        for _ in range(3):
            try:
                results.append(await model.reply(STOPPABLE))
            except CallFailed as error:
                results.append(error)
        await model.aclose()
        return results

    exact = model.exact(STOPPABLE)
    failure, *replies = asyncio.run(three_tries())
    assert isinstance(failure, CallFailed) and "a thought without an answer" in str(failure)
    assert failure.transient and failure.lost and not failure.unclear
    assert ["stop" in body for body in server.bodies] == [True, False, False]
    assert {reply.text[-11:] for reply in replies if isinstance(reply, Reply)} == {"<label>idea"}
    assert model.exact(STOPPABLE) == exact


# ---- unknown models


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("openai:sim-student@issues", {"model", "messages", "max_completion_tokens"}),
        ("openai:org/model:free", {"model", "messages", "max_completion_tokens"}),
        ("openai:gpt-7-nova", {"model", "messages", "max_completion_tokens"}),
        ("openai-compatible:org/model:free", {"model", "messages", "max_tokens"}),
        ("gemini:gemma-9", {"model", "messages", "max_tokens"}),
        ("ollama:llama4:8b", {"model", "messages", "max_tokens"}),
        ("anthropic:claude-next", {"model", "messages", "max_tokens", "system"}),
    ],
)
def test_an_unknown_model_gets_the_plainest_request(server: FakeServer, name: str, fields: set[str]) -> None:
    body = sent(server, name)
    assert set(body) == fields
    assert body["model"] == name.partition(":")[2]
    assert {turn["role"] for turn in body["messages"]} <= {"system", "user"}


def test_extra_parameters_of_the_users_own_server_are_sent(server: FakeServer) -> None:
    rules = own_rules(
        '[models."openai-compatible:qwen"]\nextra = {top_k = 1, chat_template_kwargs = {enable_thinking = false}}\n'
    )
    body = sent(server, "openai-compatible:qwen", profiles=rules)
    assert body["top_k"] == 1 and body["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_refused_request_form_stops_with_the_providers_message(strict: FakeServer) -> None:
    wrong = own_rules('[models."anthropic:claude-sonnet-5-5"]\nlightweight_thinking = "disabled"\n')
    with pytest.raises(ModelRefused, match=r"refuses the request .400.: .*thinking.type.disabled"):
        ask(strict, "anthropic:claude-sonnet-5-5", profiles=wrong)
