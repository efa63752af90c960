"""The log-probabilities of a reply's tokens, as OpenAI's chat completions and what imitates them give them."""

from __future__ import annotations

from collections.abc import Mapping

NOT_TOLD = 1.0  # in the place of a log-probability, which is never above 0
_LEAST = -100.0  # some servers say -9999, or minus infinity, for what is next to impossible


def token_logprobs(body: Mapping[str, object], text: str) -> tuple[tuple[int, float], ...]:
    """Of each token of `text` its length in bytes and its natural log-probability, up to the end of the text; NOT_TOLD for
    an end without tokens. Empty where none are given, or they do not spell the text: some servers list thoughts before
    it and an end mark behind, which are left out. llama.cpp repeats the start that a reply goes on from, and leaves out
    the token in which a stop text begins."""
    tokens = [_token(each) for each in _listed(body)]
    if not tokens or not all(tokens):
        return ()
    known = [token for token in tokens if token is not None]
    whole, spelled = text.encode("utf-8", "surrogatepass"), b"".join(piece for piece, _ in known)
    core = spelled.rstrip()
    if whole in spelled:
        return _between(known, spelled.rfind(whole), len(whole))
    if not core or core not in whole:
        return ()
    left = len(whole) - whole.rfind(core) - len(core)
    return (*_between(known, 0, len(core)), *([(left, NOT_TOLD)] if left else []))


def _between(known: list[tuple[bytes, float]], start: int, length: int) -> tuple[tuple[int, float], ...]:
    """Of the tokens that have a byte there, cut to it."""
    found, at = [], 0
    for piece, logprob in known:
        here = min(at + len(piece), start + length) - max(at, start)
        at += len(piece)
        if here > 0:
            found.append((here, logprob))
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
