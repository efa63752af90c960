"""Odd cells and values, and how files and values are spoiled by them; `fuzz.py` reads what comes of it."""

from __future__ import annotations

import random
from typing import Any

CELLS = (
    *(
        "",
        " ",
        "a",
        "true",
        "null",
        "NaN",
        "-1",
        "1e999",
        "9" * 400,
        "[]",
        "{}",
        "[[]]",
        "[null]",
        '[{"a": null}]',
        '{"a": [1, {"b": []}]}',
    ),
    *(
        "\x0b",
        "\u2028",
        "é" * 300,
        "=1+1",
        "'=1",
        "2024-02-30",
        "0001-01-01",
        "[" * 3_000,
        "{'a': 1",
        '["a"',
        "['a' 'b']",
        "\ud83d",
        "٣",
    ),
    *(
        '{"messages": 3}',
        '{"messages": [3]}',
        '{"role": []}',
        '[{"role": "user"}]',
        '{"text": {"text": 1}}',
        '"x"',
        "3.5",
    ),
    *(
        "{{ a | default(b) }}",
        "{% raw %}",
        "file://x",
        "<label>",
        "</label>",
        "<edit>",
        "<find>a</find>",
        "- a: b",
        "&a [*a]",
        "!!python/x",
    ),
    # As Python writes it, and nested deeply.
    *("{1: 'a'}", "{[1]: 2}", "{{}}", "{None: {b'a': (1,)}}", "[{'a': {1, 2}}]", "{'tags': {1: 2}}"),
    *(f"{{'label': 'a', 'score': {'9' * 400}}}", f"[0x{'f' * 5_000}]", "[1 2]", "array([0, 1])"),
    *(
        o * n + "1" + c * n
        for o, c in (("[", "]"), ('{"a": ', "}"), ('{"b": 1, "c": ', "}"))
        for n in (60, 400)
    ),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**63,
        10**400,
        1.5,
        "",
        [],
        {},
        [[]],
        [None],
        [{}],
        {"": None},
        {"a": {"a": {"a": []}}},
        [1, "a", None, {"b": 2}],
    ),
    *(
        {"value": {"value": []}},
        [{"values": 3}],
        {"type": 3},
        {"content": [{"type": "text", "text": 3}]},
        "x" * 300,
        *CELLS[:20],
    ),
)


KEYS = (
    *(
        "generations",
        "choices",
        "message",
        "messages",
        "content",
        "role",
        "kwargs",
        "output",
        "value",
        "text",
        "label",
        "labels",
        "score",
    ),
    *(
        "metadata",
        "dataset_split",
        "status",
        "type",
        "id",
        "lc",
        "tool_calls",
        "function",
        "arguments",
        "name",
        "args",
        "input",
        "result",
    ),
)


def nested(rng: random.Random, deep: int = 4) -> Any:
    """JSON of the keys that tools use, with values of any kind beneath."""
    kind = rng.random()
    if deep == 0 or kind < 0.3:
        return rng.choice(VALUES)
    if kind < 0.5:
        return [nested(rng, deep - 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice(KEYS): nested(rng, deep - 1) for _ in range(rng.randint(1, 3))}


def spoiled(rng: random.Random, value: Any) -> Any:
    if rng.random() < 0.06:
        return rng.choice(VALUES) if rng.random() < 0.5 else nested(rng)
    if isinstance(value, dict):
        return {key: spoiled(rng, each) for key, each in value.items() if rng.random() > 0.03}
    return [spoiled(rng, each) for each in value] if isinstance(value, list) else value


def bitten(rng: random.Random, raw: bytes) -> bytes:
    cut = bytearray(raw)
    for _ in range(rng.randint(1, 6)):
        cut[rng.randrange(len(cut))] = rng.randrange(256)
    return bytes(cut[: rng.randrange(1, len(cut))] if rng.random() < 0.3 else cut)
