"""OpenAI's wire format, chat completions and responses, through the official `openai` SDK; also what speaks
it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from core.llm.catalogue.profile import Profile
from core.llm.providers.base import ProviderModel
from core.llm.providers.connection import Endpoint
from core.llm.providers.embedding_model import EmbeddingModel
from core.llm.providers.provider import ModelTarget, Provider
from core.llm.providers.reply_form import SCHEMA_NAME, label_schema
from core.types import Message


class OpenAIModel(ProviderModel):
    """One model behind an address that speaks OpenAI's format."""

    def _build(self, turns: Sequence[Message], max_tokens: int, choices: Sequence[str]) -> dict[str, object]:
        profile, role = self.profile, self._role
        responses = profile.api == "responses"
        body: dict[str, object] = {
            "model": self._model,
            "input" if responses else "messages": self._turns(turns),
            profile.length_parameter: max_tokens,
        }
        effort, temperature = profile.effort(role), profile.sent_temperature(role)
        if effort and profile.effort_parameter == "reasoning.effort":
            body["reasoning"] = {"effort": effort}
        elif effort:
            body["reasoning_effort"] = effort
        if temperature is not None:
            body["temperature"] = temperature
        if responses:
            body["store"] = False
        return body | self._format(choices) if choices else body

    def _turns(self, turns: Sequence[Message]) -> list[dict[str, str]]:
        system = self.profile.system_role
        return [
            {"role": system if turn.role == "system" else turn.role, "content": turn.content}
            for turn in turns
        ]

    def _format(self, choices: Sequence[str]) -> dict[str, object]:
        form = {"name": SCHEMA_NAME, "strict": True, "schema": label_schema(choices)}
        if self.profile.structured == "text.format":
            return {"text": {"format": {"type": "json_schema", **form}}}
        return {"response_format": {"type": "json_schema", "json_schema": form}}


# ---- how it is connected

OPENAI_URL = "https://api.openai.com/v1"


def connect_compatible(target: ModelTarget) -> OpenAIModel:
    """A model at any address that speaks this format, by its profile's API."""
    path = "/responses" if target.profile.api == "responses" else "/chat/completions"
    foreign = target.url.rstrip("/") != OPENAI_URL
    endpoint = Endpoint("openai", "AsyncOpenAI", target.url, path, foreign=foreign, extras=target.extras)
    return OpenAIModel(target.name, target.key, endpoint, target.profile, target.role)


def connect_embedding(target: ModelTarget) -> EmbeddingModel:
    return EmbeddingModel(connect_compatible(target))


PROVIDER = Provider(
    "openai",
    "OpenAI",
    connect_compatible,
    connect_embedding,
    key_variables=("OPENAI_API_KEY",),
    needs_key=True,
    url_variables=("OPENAI_BASE_URL",),
    url=OPENAI_URL,
    profile=Profile(
        length_parameter="max_completion_tokens",
        prompt_cache="automatic",
        prompt_cache_minimum=1024,
        batch_requests=50_000,
    ),
    price_list="openai",
)
