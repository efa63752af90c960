"""Odd files that people write or take from elsewhere, beside datasets: prompts of other tools, cascades, tables of costs and
definitions; and odd answers and references for every scorer."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.cli.inputs.definition_files import read_definition_file
from core.cli.inputs.objective import costs_from
from core.confidence.cascade import cascade_from_json, is_cascade
from core.data.prompt_files import read_prompt
from core.errors import UsageError
from core.prompts.files import from_json
from core.scoring.judge import judge_of_file, judge_scorer
from core.scoring.registry import scorer_of
from core.types import Example
from tests.soak.fuzz_values import CELLS, spoiled

_TURNS = [
    {"role": "system", "content": "Classify as bug or idea."},
    {"role": "user", "content": [{"type": "text", "text": "{{text}}"}]},
    {"role": "assistant", "content": "<label>"},
]
_FORMS: tuple[Any, ...] = (
    _TURNS,
    {"model": "gpt-5.6", "messages": _TURNS, "temperature": 0},
    {"system": "Classify.", "messages": _TURNS[1:2], "max_tokens": 5},
    {"instructions": "Classify.", "input": "{{ text | dump }}"},
    {"prompts": ["Classify {{text}}"]},
    {"prompts": [{"raw": json.dumps(_TURNS), "label": "first"}]},
    {"prompts": {"Classify {{text}}": "first"}, "tests": [{"vars": {"text": "a"}}]},
)
_PROMPT = {
    "system_prompt": "a",
    "user_prompt_prefix": "",
    "user_prompt_suffix": "",
    "labels": ["x", "y"],
    "few_shot": {"strategy": "none", "k": 0, "examples": []},
    "model": "offline:reader",
    "template": {"fields": ["question", "answer"], "text": "{question} {answer}"},
    "judge": {"good": "x", "agreed": 3, "of": 4},
}
_CASCADE = {
    "prompt": {name: _PROMPT[name] for name in list(_PROMPT)[:6]},
    "local": {"threshold": 0.9, "rows": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]},
    "abstain": {"samples": 3, "temperature": 1, "threshold": 0.5},
}
_SCORERS = (
    *("exact", "normalised", "number", "number:1%", "number:0.5", "json", "json:a,b", "token-f1", "regex"),
    *(r"regex:(\d+)", "labels:a;b"),
)
_ANSWERS = (
    *CELLS,
    *('{"a": 1, "b": [2]}', "```json\n{}\n```", "1,234.50", "1e999", "−3", "a{9999999999999}", "(" * 3_000),
    *("(?P<a>x)(?P<a>y)", "[a", "a{2}{3}", "12 345", "1.2.3", "Infinity", "9" * 5_000),
)


def prompt_forms(rng: random.Random) -> object:
    """A prompt in a form of another tool, as JSON or YAML."""
    import yaml

    value = spoiled(rng, spoiled(rng, rng.choice((*_FORMS, _PROMPT))))
    name = rng.choice(("a.json", "a.yaml", ""))
    if name == "a.yaml" and rng.random() < 0.7:
        text = yaml.safe_dump(value, allow_unicode=rng.random() < 0.5)
    else:
        text = json.dumps(value)
    at = rng.randrange(len(text))
    if rng.random() < 0.4:
        text = text[:at] + rng.choice(CELLS) + text[at + rng.randint(0, 6) :]
    return read_prompt(text, ("bug", "idea"), name)


def cascade_files(rng: random.Random) -> object:
    """A cascade's file, or a judge's."""
    if rng.random() < 0.5:
        text = json.dumps(spoiled(rng, _CASCADE))
        return cascade_from_json(text) if is_cascade(text) else None
    with TemporaryDirectory() as folder:
        (Path(folder) / "judge.json").write_text(json.dumps(spoiled(rng, _PROMPT)), encoding="utf-8")
        judge_scorer("judge:judge.json", Path(folder))
    return judge_of_file(from_json(json.dumps(spoiled(rng, _PROMPT))))


def typed_tables(rng: random.Random) -> object:
    """What labels mean, or what mistakes cost, as JSON or CSV."""
    meanings: Any = {"bug": "something fails", "idea": "a wish"}
    costs: Any = {"bug": {"idea": 2, "(unreadable)": 1.5}, "idea": {"bug": "0.5"}}
    wanted, read = rng.choice(((meanings, read_definition_file), (costs, costs_from)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / rng.choice(("a.json", "a.csv"))
        text = json.dumps(spoiled(rng, spoiled(rng, wanted)))
        if path.suffix == ".csv":
            text = "label,definition,x\n" + "\n".join(
                ",".join(json.dumps(rng.choice(CELLS)) for _ in range(rng.randint(1, 3))) for _ in range(3)
            )
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return read(path)


def scored_answers(rng: random.Random) -> object:
    """An answer and a reference that may be anything; without a problem with the reference there is a score from 0 to 1."""
    name = rng.choice(_SCORERS)
    if rng.random() < 0.15:
        name = name.partition(":")[0] + ":" + rng.choice(_ANSWERS)
    scorer = scorer_of(name, Path("nowhere"))
    reference, answer = rng.choice(_ANSWERS), rng.choice(_ANSWERS)
    if problem := scorer.problem(reference):
        raise UsageError(problem)
    score = scorer.score(Example("r", "text", reference), answer)
    assert 0 <= score <= 1, f"{name}: {score}"
    return score
