"""What both offline models say of a request: itself, and roughly its length."""

from __future__ import annotations

from core.types import Request, Usage


def described(model: str, request: Request) -> dict[str, object]:
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    return {
        "provider": "offline",
        "base_url": "",
        "model": model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "choices": list(request.choices),
        "repeat": request.repeat,
    }


def usage(request: Request, text: str) -> Usage:
    """Rough: four characters a token."""
    return Usage(
        input=sum(len(message.content) for message in request.messages) // 4, output=(len(text) + 3) // 4
    )
