"""Anthropic's messages, through the official `anthropic` SDK."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from core.llm.catalogue.profile import Profile
from core.llm.providers.base import Answer, ProviderModel
from core.llm.providers.connection import Endpoint
from core.llm.providers.provider import ModelTarget, Provider
from core.llm.providers.reply_form import label_schema
from core.types import Finish, Message, Usage

# A cautious reading of "tokens": below the provider's minimum a cache mark has no effect.
_CHARACTERS_PER_TOKEN = 4


class AnthropicModel(ProviderModel):
    """One Claude model."""

    # ---- what is sent

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
        cached = self.profile.prompt_cache == "cache_control" and self._role == "lightweight"
        if cached and len(text) >= self.profile.prompt_cache_minimum * _CHARACTERS_PER_TOKEN:
            return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
        return text

    def _output(self, choices: Sequence[str], effort: str) -> dict[str, object]:
        output: dict[str, object] = {"effort": effort} if effort else {}
        if choices:
            output["format"] = {"type": "json_schema", "schema": label_schema(choices)}
        return output

    # ---- what comes back

    async def _ask(self, body: dict[str, object]) -> Answer:
        message = await self._connection.post(body, _ClaudeMessage)
        text = "".join(block.text or "" for block in message.content if block.type == "text")
        used = message.usage or _ClaudeUsage()
        cached, written = used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0
        thought = used.output_tokens_details.thinking_tokens if used.output_tokens_details else None
        usage = Usage(
            (used.input_tokens or 0) + cached + written,
            used.output_tokens or 0,
            cached,
            thought or 0,
            written,
        )
        return text, _FINISHES.get(message.stop_reason or "", Finish.STOP), usage


_FINISHES = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.REFUSAL,
}


# ---- the parts of a reply that are read; everything else in it is skipped


class _ClaudeDetails(Struct):
    thinking_tokens: int | None = None


class _ClaudeUsage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: _ClaudeDetails | None = None


class _ClaudeBlock(Struct):
    type: str = ""
    text: str | None = None


class _ClaudeMessage(Struct):
    content: list[_ClaudeBlock]
    stop_reason: str | None = None
    usage: _ClaudeUsage | None = None


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
