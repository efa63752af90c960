"""The offline pair as models: functions of the request that count words (core/offline), free and without a
network."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import UsageError
from core.llm.providers.provider import ModelTarget, Provider
from core.types import Reply, Request, Usage

SKIMMED_WORDS = 5  # at the end of a text


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


def offline_skimmer() -> OfflineModel:
    """A weaker reader, to try a change of models on: it reads the end of each text only."""
    from core.offline.reader import PromptReader

    return OfflineModel("skimmer", PromptReader(SKIMMED_WORDS).classify)


def _connect(target: ModelTarget) -> OfflineModel:
    model = target.name.partition(":")[2]
    makers = {"reader": offline_reader, "editor": offline_editor, "skimmer": offline_skimmer}
    if model not in makers:
        raise UsageError(
            f"There is no offline model {model!r}; there are offline:reader and offline:editor, and offline:skimmer, "
            "which reads the end of a text only."
        )
    return makers[model]()


PROVIDER = Provider("offline", "Offline", _connect, free=True)
