"""What the providers share: the steps of one attempt, from the request to the reply."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from core.errors import CallFailed
from core.llm.catalogue.profile import Profile
from core.llm.providers.access import public_url
from core.llm.providers.bodies.answer_body import Answer, body_answer
from core.llm.providers.bodies.token_logprobs import token_logprobs
from core.llm.providers.connection import MOST_BYTES, Connection, Endpoint
from core.llm.providers.failures import Caller, Filtered, unreadable
from core.llm.providers.reply_form import instructed, prefix_mode, take_prefix
from core.prompts.answers import with_prefix
from core.prompts.thoughts import split_thoughts
from core.types import Finish, Message, Reply, Request, Usage


class ProviderModel:
    """One model of one provider. `name` is "provider:model"; `role` decides its effort, thinking and length
    floor.

    Subclasses say what to post (`_build`); what comes back is read in whatever form it is (answer_body.py)."""

    def __init__(self, name: str, key: str, endpoint: Endpoint, profile: Profile, role: str = "lightweight"):
        self.name = name
        self.profile = profile
        self._role = role
        self._provider, _, self._model = name.partition(":")
        self._url, self._endpoint = public_url(endpoint.base_url), endpoint.path
        self._thinks_aloud = False
        self._connection = Connection(Caller(name, self._url, key, endpoint.extras.secrets), endpoint)

    def exact(self, request: Request) -> dict[str, object]:
        """The body as it would be sent, with the provider, its address and the endpoint."""
        return {
            "provider": self._provider,
            "base_url": self._url,
            "endpoint": self._endpoint,
            **self._connection.endpoint.extras.exact(),
            **self._body(request)[0],
        }

    async def reply(self, request: Request) -> Reply:
        """One attempt. Raises CallFailed or ModelRefused."""
        started = time.perf_counter()
        body, prefix = self._body(request)
        try:
            if self._thinks_aloud:
                body.pop(self.profile.stop_parameter, None)
            answered = await self._connection.post(body)
            text, finish, usage = body_answer(answered)
            logprobs = token_logprobs(answered, text) if request.logprobs else ()
            if finish is Finish.STOP and body.get(self.profile.stop_parameter) and _ends_in_thought(text):
                # a thought that tries the answer out ends at the stop text, too: from now on it is not sent
                self._thinks_aloud = True
                raise CallFailed(f"{self.name} sent a thought without an answer.", transient=True, lost=True)
        except Filtered as why:
            text, finish, usage, logprobs = str(why), Finish.FILTER, Usage(), ()
        except RecursionError:
            raise unreadable(self._connection.caller, "a reply that is nested too deeply") from None
        whole = whole_reply(prefix, (text, finish, usage), self._connection.caller)
        known = logprobs if whole.text.endswith(text) else ()  # what is no more as it came cannot be measured
        return replace(whole, seconds=time.perf_counter() - started, logprobs=known)

    def prefix(self, request: Request) -> str:
        """What the reply must begin with; "" for nothing."""
        return self._body(request)[1]

    def connection_to(self, path: str, most_bytes: int = MOST_BYTES) -> Connection:
        """A connection of its own to another endpoint at the same address, with the same key."""
        endpoint = replace(self._connection.endpoint, path=path, most_bytes=most_bytes)
        return Connection(self._connection.caller, endpoint)

    async def aclose(self) -> None:
        await self._connection.close()

    def _build(self, turns: Sequence[Message], max_tokens: int, choices: Sequence[str]) -> dict[str, object]:
        raise NotImplementedError

    def _body(self, request: Request) -> tuple[dict[str, object], str]:
        """The body, and the prefix that the reply must begin with. Under structured output the prefix can
        only begin the reason."""
        profile = self.profile
        choices = request.choices if profile.structured else ()
        turns, prefix = take_prefix(request.messages)
        if prefix and choices:
            turns, prefix = instructed(turns, prefix, "reason"), ""
        elif prefix and prefix_mode(profile) == "prefill":
            prefix = prefix.rstrip()  # a prefill that ends in white space is refused
            turns = (*turns, Message("assistant", prefix))
        elif prefix:
            turns = instructed(turns, prefix)
        body = self._build(turns, profile.cap(self._role, request.max_tokens), choices)
        if self._stops_at(request) and not choices:
            body[profile.stop_parameter] = [request.stop]
        if request.temperature is not None and profile.takes_temperature(self._role):
            body["temperature"] = request.temperature
        if request.logprobs and profile.gives_logprobs(self._role):
            body["logprobs"] = True
        return body | dict(profile.extra), prefix

    def _stops_at(self, request: Request) -> bool:
        """Whether the server is to end the reply at the request's stop text. Hidden reasoning could hold it."""
        profile = self.profile
        thinks = profile.lightweight_floor or profile.thinks(self._role) not in ("", "disabled")
        return bool(request.stop and profile.stop_parameter and self._role == "lightweight" and not thinks)


def whole_reply(prefix: str, answer: Answer, caller: Caller) -> Reply:
    """With the prefix, which some models leave out, and without a key that the server has put into it: before
    anybody keeps, shows or logs it."""
    text, finish, usage = answer
    text = caller.without_secrets(text)
    if finish in (Finish.STOP, Finish.LENGTH) and text.strip():
        text = with_prefix(prefix, text)
    return Reply(text, finish, usage)


def _ends_in_thought(text: str) -> bool:
    """Whether the reply never came to its answer: nothing but a thought, in a field of its own or not closed."""
    _, answer, is_open = split_thoughts(text)
    return is_open or not answer.strip()
