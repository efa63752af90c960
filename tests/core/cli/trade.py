"""A small trade with rules of its own, and models that follow them: the lightweight one says "idea" of
everything until its prompt has the rule for a text, the heavyweight one proposes the first rule that the
prompt lacks. Both answer by what they are sent and by nothing else, so runs are the same every time."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.fakes.wire import Said

KEY = "sk-test-Zx81Qm7TtuwRk02LpVd9"
LABELS = ("bug", "docs", "idea")
LIGHT, HEAVY = "openai:light", "openai:heavy"
PAIR = ("--lightweight", LIGHT, "--heavyweight", HEAVY)

_RULES = {  # a word of the texts: its label and the sentence that says so
    "crash": ("bug", "Texts about a crash are bug."),
    "guide": ("docs", "Anything about a guide is docs."),
    "slow": ("bug", "What is slow is bug."),
}
_THINGS = (
    "login page",
    "invoice list",
    "search box",
    "export",
    "calendar",
    "mail filter",
    "color picker",
    "backup job",
    "map view",
    "report",
)
_PLACES = (
    "on tablets",
    "for guests",
    "after an update",
    "in dark mode",
    "over a proxy",
    "with old files",
    "at night",
    "in French",
)


def rows(count: int = 60, seed: int = 0) -> list[tuple[str, str]]:
    """(text, label), a third of each word's rule and some that no rule is about; no two texts are alike."""
    rng, made = random.Random(f"trade/{seed}"), []
    words = (*_RULES, "wish")
    for number in range(count):
        word = words[number % len(words)]
        thing, place = rng.choice(_THINGS), rng.choice(_PLACES)
        made.append(
            (
                f"A {word} at the {thing} {place}, ticket {rng.randrange(10**9)} from desk {rng.randrange(10**6)}",
                _label(word),
            )
        )
    return made


def _label(word: str) -> str:
    return _RULES[word][0] if word in _RULES else "idea"


def write_csv(path: Path, table: Iterable[Sequence[str]], header: Sequence[str] = ("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *table])
    return path


def write_prompt(path: Path, **changes: object) -> Path:
    """A prompt file that knows every rule, for the lightweight model."""
    system = "Answer with one of these labels: bug, docs, idea.\n" + "\n".join(
        sentence for _, sentence in _RULES.values()
    )
    content = {
        "system_prompt": system,
        "user_prompt_prefix": "<text>",
        "user_prompt_suffix": "</text>",
        "labels": LABELS,
        "model": LIGHT,
    }
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


def answer(messages: list[tuple[str, str]]) -> Said:
    """What either model says; token counts are a quarter of the characters."""
    everything = "\n".join(text for _, text in messages)
    text = heavy_text(messages[-1][1]) if is_heavy(messages) else light_text(everything, messages[-1][1])
    return Said(text, input_tokens=len(everything) // 4 + 1, output_tokens=len(text) // 4 + 1)


def is_heavy(messages: list[tuple[str, str]]) -> bool:
    return "The current prompt, by fields:" in messages[-1][1]


def light_text(everything: str, asked: str) -> str:
    found = next(
        (label for word, (label, rule) in _RULES.items() if word in asked and rule in everything), "idea"
    )
    return "So the prompt has it. <label>" + found + "</label>"


def heavy_text(asked: str) -> str:
    prompt = asked[asked.index("<system_prompt>") : asked.index("</system_prompt>")]
    rule = next(
        (sentence for _, sentence in _RULES.values() if sentence not in asked),
        "Read on; when in doubt it is idea.",
    )
    if "<find>" in asked:
        return (
            "A rule is missing.\n<edit><field>system_prompt</field><find></find><replace>"
            + rule
            + "</replace></edit>"
        )
    others = ("user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix")
    fields = {name: re.search(f"<{name}>(.*?)</{name}>", asked, re.S)[1] for name in others}
    fields["system_prompt"] = prompt.removeprefix("<system_prompt>") + "\n" + rule
    return "\n".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
