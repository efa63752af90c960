"""The log-probabilities of a reply's tokens, as OpenAI's chat completions and what imitates them give them."""

from __future__ import annotations

from collections.abc import Mapping

_LEAST = -100.0  # some servers say -9999, or minus infinity, for what is next to impossible


def token_logprobs(body: Mapping[str, object], text: str) -> tuple[tuple[int, float], ...]:
    """Of each token of `text` its length in bytes and its natural log-probability. Empty where none are given, or they
    do not spell the text: some servers list thoughts before it and an end mark behind, which are left out."""
    tokens = [_token(each) for each in _listed(body)]
    if not tokens or not all(tokens):
        return ()
    known = [token for token in tokens if token is not None]
    wanted, spelled = text.encode("utf-8", "surrogatepass"), b"".join(piece for piece, _ in known)
    start = spelled.rfind(wanted)
    if start < 0:
        return ()
    found, at = [], 0
    for piece, logprob in known:
        length = min(at + len(piece), start + len(wanted)) - max(at, start)
        at += len(piece)
        if length > 0:
            found.append((length, logprob))
    return tuple(found)


def _listed(body: Mapping[str, object]) -> list[object]:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    given = first.get("logprobs") if isinstance(first, Mapping) else None
    content = given.get("content") if isinstance(given, Mapping) else None
    return content if isinstance(content, list) else []


def _token(given: object) -> tuple[bytes, float] | None:
    """`bytes` goes before `token`, which cannot spell a part of a letter."""
    if not isinstance(given, Mapping):
        return None
    token, raw, logprob = given.get("token"), given.get("bytes"), given.get("logprob")
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or logprob != logprob:
        return None
    bounded = float(max(_LEAST, min(0.0, logprob)))
    if isinstance(raw, list):
        try:
            return bytes(raw), bounded
        except (TypeError, ValueError):
            return None
    return (token.encode("utf-8", "surrogatepass"), bounded) if isinstance(token, str) else None
