"""What the layers of a model share: each holds a model and is one."""

from __future__ import annotations

from core.llm.base import Model
from core.types import Finish, Reply, Request


class Layer:
    """A model around a model: the same name, the same exact request. Subclasses write `reply`."""

    def __init__(self, model: Model):
        self.model = model
        self.name = model.name
        self.exact = model.exact


def is_empty(request: Request, reply: Reply) -> bool:
    """True for a reply that ended normally and says nothing, or no more than the prefix it was given: worth
    another try."""
    if reply.finish is not Finish.STOP:
        return False
    text = reply.text.strip()
    last = request.messages[-1]
    return not text or (last.role == "assistant" and text == last.content.strip())


def most_input_tokens(request: Request) -> int:
    """No fewer tokens than the request has: a token is at least a byte of UTF-8, and a message has a few
    around it."""
    size = sum(len(message.content.encode("utf-8", "surrogatepass")) + 8 for message in request.messages)
    schema = (
        sum(len(choice.encode("utf-8", "surrogatepass")) + 8 for choice in request.choices) + 800
        if request.choices
        else 0
    )
    return size + schema + 32
