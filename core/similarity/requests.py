"""Classification requests: one a text, with the examples and the labels that are nearest to it where the prompt chooses
them so."""

from __future__ import annotations

from collections.abc import Sequence

from core.prompts.render import STOP, asks_for_tag, render
from core.similarity.shortlist import Shortener, neighbours_read, shown_of
from core.types import Prompt, Request, Shot
from core.types.runs import REPLY_TOKENS


def classify_requests(
    prompt: Prompt,
    texts: Sequence[str],
    choices: Sequence[str] = (),
    neighbours: Sequence[Sequence[Shot]] | None = None,
    reply_tokens: int = REPLY_TOKENS,
) -> list[Request]:
    """One request per text, in order. With `choices`, the model is held to these labels by structured output,
    where it has that; the schema is the same for every text, shortlist or not, since providers compile each once.
    `neighbours`: per text those that the request of a prompt with similar rows, or a shortlist, is made from
    (`examples_read` says how many), least similar first; None: chosen from the prompt's own. `reply_tokens`: how long
    a reply may be."""
    if neighbours is None:
        neighbours = neighbours_read(prompt, texts)
    stop, shortener = STOP if asks_for_tag(prompt) else "", Shortener(prompt)
    return [
        Request(
            render(shortener.prompt_for(nearest), text, shown_of(prompt, nearest)),
            reply_tokens,
            tuple(choices),
            stop=stop,
        )
        for text, nearest in zip(texts, neighbours, strict=True)
    ]
