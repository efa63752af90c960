"""Anthropic's messages, through the official `anthropic` SDK."""

from __future__ import annotations

from collections.abc import Sequence

from core.llm.catalogue.profile import Profile
from core.llm.providers.base import ProviderModel
from core.llm.providers.connection import Endpoint
from core.llm.providers.provider import ModelTarget, Provider
from core.llm.providers.reply_form import label_schema
from core.types import Message

# A cautious reading of "tokens": below the provider's minimum a cache mark has no effect.
_CHARACTERS_PER_TOKEN = 4


def cached_from(profile: Profile) -> int | None:
    """From how many characters on a system text is marked for the provider's prompt cache; None: never."""
    if profile.prompt_cache != "cache_control":
        return None
    return profile.prompt_cache_minimum * _CHARACTERS_PER_TOKEN


class AnthropicModel(ProviderModel):
    """One Claude model."""

    def _build(self, turns: Sequence[Message], max_tokens: int, choices: Sequence[str]) -> dict[str, object]:
        profile, role = self.profile, self._role
        body: dict[str, object] = {"model": self._model, profile.length_parameter: max_tokens}
        system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
        if system.strip():
            body["system"] = self._system(system)
        body["messages"] = [
            {"role": turn.role, "content": turn.content} for turn in turns if turn.role != "system"
        ]
        if profile.thinks(role):
            body["thinking"] = {"type": profile.thinks(role)}
        output = self._output(choices, profile.effort(role))
        if output:
            body["output_config"] = output
        return body

    def _system(self, text: str) -> object:
        """The one block that stays the same over a run's calls, marked for the provider's prompt cache if it
        is long enough for that."""
        least = cached_from(self.profile)
        if self._role == "lightweight" and least is not None and len(text) >= least:
            return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
        return text

    def _output(self, choices: Sequence[str], effort: str) -> dict[str, object]:
        output: dict[str, object] = {"effort": effort} if effort else {}
        if choices:
            output["format"] = {"type": "json_schema", "schema": label_schema(choices)}
        return output


# ---- how it is connected


def connect_messages(target: ModelTarget) -> AnthropicModel:
    """A model at any address that speaks this format."""
    endpoint = Endpoint("anthropic", "AsyncAnthropic", target.url, "/v1/messages", extras=target.extras)
    return AnthropicModel(target.name, target.key, endpoint, target.profile, target.role)


PROVIDER = Provider(
    "anthropic",
    "Anthropic",
    connect_messages,
    key_variables=("ANTHROPIC_API_KEY",),
    needs_key=True,
    url_variables=("ANTHROPIC_BASE_URL",),
    url="https://api.anthropic.com",
    profile=Profile(
        api="messages",
        system_role="top-level",
        output_limit=21_333,  # more than this must be streamed
        batch_requests=100_000,
    ),
    price_list="anthropic",
)
