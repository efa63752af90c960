"""What the server of a model can do, found out by a few short calls, and what models.toml should say of it.

The calls go past cache, retries and caps, and are told beforehand (CALLS). Nothing is written here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import CallFailed, ModelError, UsageError
from core.llm.catalogue.profile import Profile
from core.llm.connections import ModelContext
from core.llm.providers.base import ProviderModel
from core.llm.providers.bodies.answer_body import body_answer, read_usage
from core.llm.providers.connection import Connection
from core.llm.providers.failures import Filtered
from core.llm.providers.provider import Provider
from core.types import Finish, Message, Request

CALLS = 6  # about so many; two more where a parameter has another name
INPUT_TOKENS, OUTPUT_TOKENS = 100, 1_000  # of a call, at most; the room is for models that think first
_STRUCTURED = {"chat": "response_format", "responses": "text.format", "messages": "output_config.format"}
_OTHER_LENGTH = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_META = ("provider", "base_url", "endpoint", "query", "headers")


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that was tried: `works` (None: it could not be told), in words, and the fields of models.toml
    that fit it."""

    name: str
    works: bool | None
    words: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CapabilityReport:
    """`problem` is why the model answered nothing at all, in a sentence; else empty."""

    model: str
    capabilities: tuple[Capability, ...]
    calls: int
    problem: str = ""

    @property
    def fields(self) -> dict[str, object]:
        """What models.toml should say of the model."""
        return {key: value for each in self.capabilities for key, value in each.fields.items()}


async def find_capabilities(name: str, shared: ModelContext) -> CapabilityReport:
    """To be run on the loop of model calls (`CallLoop.run`). Raises UsageError for a model that cannot be
    opened, or where nothing may be sent."""
    provider = shared.profiles.provider_of(name)
    shared.connected(name, "lightweight")  # its sentence, where it cannot be opened
    if shared.silent:
        raise UsageError("Nothing is sent from here: this workspace is only to be looked at.")
    if provider is None or not provider.remote:
        raise UsageError(f"{name} is part of Whetstone: there is nothing to find out.")
    return await _Examination(name, provider, shared).report()


class _Examination:
    def __init__(self, name: str, provider: Provider, shared: ModelContext):
        self._name, self._provider, self._shared = name, provider, shared
        self._profile = replace(shared.profiles.of(name), lightweight_floor=0)
        self._connection: Connection | None = None
        self._calls = 0

    async def report(self) -> CapabilityReport:
        try:
            return await self._report()
        finally:
            if self._connection is not None:
                await self._connection.close()

    async def _report(self) -> CapabilityReport:
        try:
            found = [*await self._answer(), await self._length(), await self._structured()]
        except (ModelError, Filtered) as problem:
            return CapabilityReport(self._name, (), self._calls, str(problem))
        if self._profile.api != "responses":
            found.append(await self._prefill())
        if self._profile.api == "chat":
            found.append(await self._logprobs())
        if self._connection is not None and self._connection.streams:
            self._calls += 1  # the one that was refused
            found.append(Capability("Whole replies", False, _STREAMS))
        return CapabilityReport(self._name, tuple(found), self._calls)

    # ---- what is tried

    async def _answer(self) -> list[Capability]:
        """A first answer. Where the server refuses a parameter by name, the other one is tried."""
        turns = (
            Message("system", "Answer every message with the one word heron, whatever it says."),
            Message("user", "Which animal do you think of?"),
        )
        fields: dict[str, object] = {}
        try:
            body = await self._ask(turns)
        except ModelError as refusal:
            length = self._profile.length_parameter
            words = str(refusal).lower()
            if length in words and length in _OTHER_LENGTH:
                fields["length_parameter"] = _OTHER_LENGTH[length]
            elif "developer" in words and self._profile.system_role == "developer":
                fields["system_role"] = "system"
            elif "system" in words and "role" in words:
                body = await self._ask(turns[1:])
                return [_usage(body), Capability("System role", False, _NO_SYSTEM)]
            else:
                raise
            self._profile = replace(self._profile, **fields)  # type: ignore[arg-type]
            body = await self._ask(turns)
        role = self._profile.system_role
        answer = _text(body)
        heeds = "heron" in answer.lower() if answer else None
        words = {
            True: "The system text is heeded.",
            False: "The system text is taken, but was not heeded: this model may need its instructions in the prefix of the text.",
            None: "The answer was empty: whether the system text is heeded cannot be told.",
        }[heeds]
        return [
            _usage(body),
            Capability("System role", heeds, words, {"system_role": role} if role != "top-level" else {}),
        ]

    async def _length(self) -> Capability:
        """A limit that is ignored shows in a long answer."""
        turns = (Message("user", "Count from 1 to 200 in digits, with commas."),)
        name = "Length limit"
        first = self._profile.length_parameter
        for parameter in filter(None, (first, _OTHER_LENGTH.get(first))):
            profile = replace(self._profile, length_parameter=parameter)
            try:
                body = await self._ask(turns, profile, max_tokens=16)
            except (ModelError, Filtered) as refusal:
                if parameter != first:
                    break
                if isinstance(refusal, CallFailed) and refusal.transient:
                    return Capability(name, None, f"It could not be told: {refusal}")
                continue
            if body_answer(body)[1] is Finish.LENGTH:
                self._profile = profile
                return Capability(
                    name, True, f"Replies end where {parameter} says.", {"length_parameter": parameter}
                )
        return Capability(
            name,
            False,
            f"Replies go on beyond {first}: they may be longer, slower and dearer than the limit says.",
            {"length_parameter": first},
        )

    async def _structured(self) -> Capability:
        word = _STRUCTURED[self._profile.api]
        turns = (Message("user", "Which of the two is a bird, heron or otter? Answer as JSON."),)
        name = "JSON schema"
        try:
            body = await self._ask(turns, replace(self._profile, structured=word), choices=("heron", "otter"))
        except (ModelError, Filtered) as refusal:
            return _refused(name, refusal, {"structured": ""})
        try:
            label = json.loads(_text(body))["label"]
        except (ValueError, TypeError, KeyError, RecursionError):
            label = None
        if label in ("heron", "otter"):
            return Capability(
                name, True, "Replies keep to the schema of the label set.", {"structured": word}
            )
        return Capability(
            name, False, "The schema is taken, but the reply does not keep to it.", {"structured": ""}
        )

    async def _prefill(self) -> Capability:
        turns = (
            Message("user", "Write the name of a bird between tags, like this: <label>heron</label>"),
            Message("assistant", "<label>"),
        )
        name = "Start of the reply"
        try:
            answer = _text(await self._ask(turns, replace(self._profile, prefill=True))).lstrip()
        except (ModelError, Filtered) as refusal:
            return _refused(name, refusal, {"prefill": False})
        if answer and "</label>" in answer and "<label>" not in answer:
            return Capability(
                name, True, "The reply goes on from a given start (prefill).", {"prefill": True}
            )
        return Capability(
            name,
            False,
            "The reply begins anew: a given start is asked for by an instruction instead.",
            {"prefill": False},
        )

    async def _logprobs(self) -> Capability:
        name = "Token probabilities"
        turns = (Message("user", "Say heron."),)
        try:
            body = await self._ask(
                turns, replace(self._profile, extra={**self._profile.extra, "logprobs": True})
            )
        except (ModelError, Filtered) as refusal:
            return _refused(name, refusal, {})
        choices = body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        given = isinstance(first, dict) and bool(first.get("logprobs"))
        words = "They come with a reply." if given else "They are left out of the reply."
        return Capability(name, given, words + " A cascade can use them.")

    # ---- a call

    async def _ask(
        self,
        turns: Sequence[Message],
        profile: Profile | None = None,
        max_tokens: int = OUTPUT_TOKENS,
        choices: Sequence[str] = (),
    ) -> Mapping[str, Any]:
        """The body of the reply. Raises ModelError, Filtered."""
        profile = profile or self._profile
        target = self._provider.target(self._name, self._shared.keys, profile, "lightweight")
        model = self._provider.connect(target)
        assert isinstance(model, ProviderModel)
        exact = model.exact(Request(tuple(turns), max_tokens, tuple(choices)))
        if self._connection is None:
            self._connection = model.connection_to(str(exact["endpoint"]))
        self._calls += 1
        try:
            body = {key: value for key, value in exact.items() if key not in _META}
            async with asyncio.timeout(self._shared.limits_of(self._name).timeout):
                reply = await self._connection.post(body)
        except TimeoutError:
            raise CallFailed(f"{self._name} did not answer in time.", transient=True) from None
        if reply.get("error"):
            raise CallFailed(f"{self._name} answered with an error instead of a reply.")
        return reply


_STREAMS = "The server answers only as a stream, which is put together here: nothing has to be set."
_NO_SYSTEM = (
    "The server refuses system texts: put the instructions into the prefix of the text (user_prompt_prefix) and leave "
    "the system prompt empty."
)


def _refused(name: str, refusal: Exception, fields: Mapping[str, object]) -> Capability:
    """A refusal says that it does not work; trouble of the moment says nothing."""
    if isinstance(refusal, CallFailed) and refusal.transient:
        return Capability(name, None, f"It could not be told: {refusal}")
    return Capability(name, False, f"It is refused: {refusal}", fields)


def _usage(body: Mapping[str, Any]) -> Capability:
    given = not read_usage(body.get("usage")).estimated
    words = (
        "Tokens are reported with each reply."
        if given
        else "No tokens are reported: spend is estimated, as what was reserved."
    )
    return Capability("Usage", given, words)


def _text(body: Mapping[str, Any]) -> str:
    return body_answer(body)[0].strip()
