"""OpenAI's wire format, chat completions and responses, through the official `openai` SDK; also what speaks
it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from core.llm.catalogue.profile import Profile
from core.llm.providers.base import Answer, ProviderModel
from core.llm.providers.connection import Endpoint
from core.llm.providers.embedding_model import EmbeddingModel
from core.llm.providers.failures import from_status, unreadable
from core.llm.providers.provider import ModelTarget, Provider
from core.llm.providers.reply_form import SCHEMA_NAME, label_schema
from core.types import Finish, Message, Usage


class OpenAIModel(ProviderModel):
    """One model behind an address that speaks OpenAI's format."""

    # ---- what is sent

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

    # ---- what comes back

    async def _ask(self, body: dict[str, object]) -> Answer:
        if self.profile.api == "responses":
            return self._read_response(await self._connection.post(body, _Response))
        return self._read_chat(await self._connection.post(body, _Chat))

    def _read_chat(self, chat: _Chat) -> Answer:
        if chat.error and not chat.choices:
            raise self._failed(chat.error)
        if not chat.choices:
            raise unreadable(self._connection.caller, "a reply without a choice in it")
        choice = chat.choices[0]
        message, usage = choice.message, (chat.usage or _ChatUsage()).counted()
        if message.refusal:
            return message.refusal, Finish.REFUSAL, usage
        reason = choice.finish_reason or "stop"
        if reason == "error":
            raise self._failed(choice.error or {})
        return _plain(message.content), _FINISHES.get(reason, Finish.STOP), usage

    def _read_response(self, response: _Response) -> Answer:
        if response.error or response.status == "failed":
            raise self._failed(response.error or {})
        parts = [part for item in response.output if item.type == "message" for part in item.content]
        usage = (response.usage or _ResponseUsage()).counted()
        refused = "".join(part.refusal for part in parts if part.type == "refusal")
        if refused:
            return refused, Finish.REFUSAL, usage
        if not parts and response.status == "completed":
            raise unreadable(self._connection.caller, "a reply without a message in it")
        why = (
            str((response.incomplete_details or {}).get("reason")) if response.status == "incomplete" else ""
        )
        return (
            "".join(part.text for part in parts if part.type == "output_text"),
            _FINISHES.get(why, Finish.STOP),
            usage,
        )

    def _failed(self, error: dict[str, object] | str) -> Exception:
        """The failure inside a reply with status 200: its own code if that is a status, else the provider's
        trouble."""
        given = error.get("code") if isinstance(error, dict) else None
        code = (
            given
            if isinstance(given, int) and 400 <= given < 600
            else 429
            if given == "rate_limit_exceeded"
            else 500
        )
        return from_status(self._connection.caller, code, {}, {"error": error})


_FINISHES = {
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "max_output_tokens": Finish.LENGTH,
    "content_filter": Finish.FILTER,
    "safety": Finish.FILTER,
    "refusal": Finish.REFUSAL,
}


def _plain(content: object) -> str:
    """A message's text: a string, or a list of parts as some servers send it."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


# ---- the parts of a reply that are read; everything else in it is skipped


class _TokenDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class _ChatUsage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _TokenDetails | None = None
    completion_tokens_details: _TokenDetails | None = None

    def counted(self) -> Usage:
        return _usage(
            self.prompt_tokens,
            self.completion_tokens,
            self.prompt_tokens_details,
            self.completion_tokens_details,
        )


class _ResponseUsage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _TokenDetails | None = None
    output_tokens_details: _TokenDetails | None = None

    def counted(self) -> Usage:
        return _usage(
            self.input_tokens, self.output_tokens, self.input_tokens_details, self.output_tokens_details
        )


def _usage(
    given: int | None,
    made: int | None,
    given_details: _TokenDetails | None,
    made_details: _TokenDetails | None,
) -> Usage:
    read, out = given_details or _TokenDetails(), made_details or _TokenDetails()
    return Usage(
        given or 0,
        made or 0,
        read.cached_tokens or 0,
        out.reasoning_tokens or 0,
        read.cache_write_tokens or 0,
    )


class _ChatMessage(Struct):
    content: object = None
    refusal: str | None = None


class _Choice(Struct):
    message: _ChatMessage
    finish_reason: str | None = None
    error: dict[str, object] | str | None = None


class _Chat(Struct):
    choices: list[_Choice] | None = None
    usage: _ChatUsage | None = None
    error: dict[str, object] | str | None = None


class _OutputPart(Struct):
    type: str = ""
    text: str = ""
    refusal: str = ""


class _OutputItem(Struct):
    type: str = ""
    content: list[_OutputPart] = []


class _Response(Struct):
    output: list[_OutputItem]
    status: str = "completed"
    incomplete_details: dict[str, object] | None = None
    usage: _ResponseUsage | None = None
    error: dict[str, object] | str | None = None


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
