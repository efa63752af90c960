"""Odd bodies of HTTP calls: each is answered, or refused in one sentence; the API runs in this process, over real HTTP."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from core.prompts.starting_prompt import starting_prompt
from core.store.feedback.records import FeedbackRule
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, TextTemplate
from tests.core.http.serving import LABELS, NAME, Answer, Client, adopted, api_alone

POSTS = ("/v1/classify", "/v1/feedback")
_IDS = ("p1", "p2", "p" * 200, "../p", "p?a=b#c", "é", "\x00", "\u2028", " ")
_TEXTS = (
    *("a bug", "", " ", "\x00", "\ud83d", "\ufeff", "{subject}", "</text>", "=1+1"),
    "é" * 300,
    "x" * 20_000,
)
_SCORES = (0, 1, 1.0, -1, 0.5, 1e308, float("nan"), float("inf"), 10**400, 2**63, True, "1")
_FIELDS = ({"subject": "a", "message": "b"}, {"message": "{subject}"}, {"": ""}, {"subject": None})
_TEMPLATE = TextTemplate(("subject", "message"), "Subject: {subject}\nMessage: {message}")


@contextmanager
def http_bodies(odd: tuple[Any, ...]) -> Iterator[Callable[[random.Random], object]]:
    """One case of the surface, on a workspace of its own with two champions; `odd` values stand anywhere in a body."""
    with TemporaryDirectory() as folder:
        with Store.open(Path(folder) / "whetstone.db") as store:
            first, labels = adopted(store), LabelSet(LABELS[:2])
            rows = tuple(Example(f"r{n}", f"Subject: {n}\nMessage: m", LABELS[n % 2]) for n in range(4))
            mail = store.datasets.add(Dataset("mail", labels, rows, template=_TEMPLATE), "test")
            store.champions.adopt(mail, starting_prompt(labels), "offline:reader")
            for dataset_id in (first, mail):
                for kind in ("positive", "negative", "correction"):
                    store.rules.save(FeedbackRule("", dataset_id, kind))
        with api_alone(Path(folder), WHETSTONE_API_RATE="1000000") as api, closing(api.client()) as client:
            yield partial(_case, client, odd)


def _case(client: Client, odd: tuple[Any, ...], rng: random.Random) -> None:
    path = rng.choice(POSTS)
    body = _classify(rng) if path == POSTS[0] else _feedback(rng)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        body[rng.choice((*body, "dataset", "neighbours", "x"))] = rng.choice(odd)
    raw = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < 0.12:
        raw = _spoiled(rng, raw, odd)
    try:
        _check(client.post_raw(path, raw))
        if isinstance(named := body.get("prediction_id"), str) and rng.random() < 0.2:
            _check(client.get("/v1/predictions/" + quote(named.encode("utf-8", "surrogatepass"), safe="")))
    except (OSError, HTTPException):
        client.close()  # so that the next case begins with a connection of its own
        raise


def _check(answer: Answer) -> None:
    """AssertionError for a reply that is neither an answer nor a refusal of one sentence."""
    body = answer.body
    assert answer.status < 500, f"{answer.status}: {body}"
    assert isinstance(body, dict)
    if answer.status >= 400:
        sentence = answer.error
        assert sentence.strip() and "\n" not in sentence, sentence
    else:
        assert body.keys() & {"outcome", "predictions", "feedback_id"}, body


def _classify(rng: random.Random) -> dict[str, Any]:
    def text() -> dict[str, Any]:
        one = {"fields": rng.choice(_FIELDS)} if rng.random() < 0.3 else {"text": rng.choice(_TEXTS)}
        return one | ({"prediction_id": rng.choice(_IDS)} if rng.random() < 0.5 else {})

    body = {"texts": [text() for _ in range(rng.choice((0, 1, 3)))]} if rng.random() < 0.3 else text()
    return body | {"dataset": rng.choice((NAME, "mail"))}


def _feedback(rng: random.Random) -> dict[str, Any]:
    body: dict[str, Any] = {"prediction_id": rng.choice(_IDS)}
    said = rng.random()
    if said < 0.55:
        body["score"] = rng.choice(_SCORES)
    if said > 0.45:
        body["correction"] = rng.choice((*LABELS, *_TEXTS))
    for name in ("note", "who", "key"):
        if rng.random() < 0.3:
            body[name] = rng.choice(_TEXTS)
    return body | ({"dataset": rng.choice((NAME, "mail"))} if rng.random() < 0.7 else {})


def _spoiled(rng: random.Random, raw: bytes, odd: tuple[Any, ...]) -> bytes:
    at = rng.randrange(len(raw))
    put = str(rng.choice(odd)).encode("utf-8", "surrogatepass")
    cut = raw[:at] + put + raw[at + rng.randint(0, 9) :]
    return rng.choice(
        (cut, raw[:at], put, b"\xef\xbb\xbf" + raw, raw.decode("utf-8", "replace").encode("utf-16"), raw * 2)
    )
