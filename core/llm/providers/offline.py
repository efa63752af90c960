"""The offline pair as models: functions of the request that count words (core/offline), free and without a
network."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import UsageError
from core.llm.providers.provider import ModelTarget, Provider
from core.types import Reply, Request, Usage


class OfflineModel:
    """A function from a request to the text of the reply, as a model."""

    def __init__(self, model: str, respond: Callable[[Request], str]):
        self.name = "offline:" + model
        self._model = model
        self._respond = respond

    def exact(self, request: Request) -> dict[str, object]:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        return {
            "provider": "offline",
            "base_url": "",
            "model": self._model,
            "messages": messages,
            "max_tokens": request.max_tokens,
            "choices": list(request.choices),
            "repeat": request.repeat,
        }

    async def reply(self, request: Request) -> Reply:
        """With a rough length: four characters a token."""
        text = self._respond(request)
        characters = sum(len(message.content) for message in request.messages)
        return Reply(text, usage=Usage(input=characters // 4, output=(len(text) + 3) // 4), cost_usd=0.0)


def offline_reader() -> OfflineModel:
    from core.offline.reader import PromptReader

    return OfflineModel("reader", PromptReader().classify)


def offline_editor() -> OfflineModel:
    from core.offline.editor import edit

    return OfflineModel("editor", edit)


def _connect(target: ModelTarget) -> OfflineModel:
    model = target.name.partition(":")[2]
    if model not in ("reader", "editor"):
        raise UsageError(f"There is no offline model {model!r}; there are offline:reader and offline:editor.")
    return offline_reader() if model == "reader" else offline_editor()


PROVIDER = Provider("offline", "Offline", _connect, free=True)
