"""A cascade: a local model where it is sure, the prompt elsewhere, and no answer where that is unsure. Its file is JSON:
a prompt file, what the local model learns from, and both thresholds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import PromptError
from core.prompts.files import PromptFile, from_json, to_json
from core.types import Prediction, Shot

KEYS = ("prompt", "local", "abstain")
_FILE = "The cascade file"


class AnsweredBy(StrEnum):
    LOCAL = "local"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class LocalPart:
    """The local model answers from a confidence of `threshold` on; it learns from `rows`."""

    threshold: float
    rows: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Abstention:
    """An answer of the prompt is given where at least `threshold` (0 to 1) of `samples` further replies, drawn at
    `temperature`, agree with it; with `logprobs`, where the model itself gave its label that probability."""

    samples: int
    temperature: float
    threshold: float
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Cascade:
    """None: it does without that part."""

    file: PromptFile
    local: LocalPart | None = None
    abstain: Abstention | None = None


@dataclass(frozen=True, slots=True)
class CascadeAnswer:
    """What came of one text. `confidence` is the local model's, the agreement of samples or the model's own probability of its
    label, 0 to 1; None where nothing measured it. `abstained`: the prediction is too unsure to be given."""

    prediction: Prediction
    by: AnsweredBy
    confidence: float | None = None
    abstained: bool = False


def cascade_to_json(cascade: Cascade) -> str:
    """Indented, ending in a newline. It holds the training rows that the local model learns from."""
    local, abstain = cascade.local, cascade.abstain
    content = {
        "prompt": json.loads(to_json(cascade.file)),
        "local": local
        and {
            "threshold": local.threshold,
            "rows": [{"text": row.text, "label": row.label} for row in local.rows],
        },
        "abstain": abstain and _abstain_fields(abstain),
    }
    return json.dumps(content, indent=2, ensure_ascii=True) + "\n"


def _abstain_fields(abstain: Abstention) -> dict[str, object]:
    if abstain.logprobs:
        return {"logprobs": True, "threshold": abstain.threshold}
    return {
        "samples": abstain.samples,
        "temperature": abstain.temperature,
        "threshold": abstain.threshold,
    }


def is_cascade(text: str) -> bool:
    """Whether this is meant to be a cascade file, and no prompt file."""
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("prompt"), dict) and set(content) <= set(KEYS)


def cascade_from_json(text: str) -> Cascade:
    """Raises PromptError with one sentence that names the key at fault."""
    content = json.loads(text.removeprefix("\ufeff"))
    file = from_json(json.dumps(content["prompt"]))
    if not file.labels or file.prompt.several:
        raise PromptError(f"{_FILE} must have a prompt that answers with one label of its own.")
    local, abstain = content.get("local"), content.get("abstain")
    return Cascade(
        file,
        None if local is None else _local(_object("local", local, ("threshold", "rows")), file),
        None if abstain is None else _abstention(abstain),
    )


def _local(content: Mapping[str, Any], file: PromptFile) -> LocalPart:
    rows = content["rows"]
    if not isinstance(rows, list):
        raise PromptError(f'{_FILE} must have a list for "rows".')
    shots = []
    for number, row in enumerate(rows):
        _object(f"rows[{number}]", row, ("text", "label"))
        if not isinstance(row["text"], str) or row["label"] not in file.labels:
            raise PromptError(f'{_FILE} must have a text, and a label of its prompt, in "rows[{number}]".')
        shots.append(Shot(row["text"], row["label"]))
    return LocalPart(_share("local", content), tuple(shots))


def _abstention(content: object) -> Abstention:
    if isinstance(content, dict) and "logprobs" in content:
        known = _object("abstain", content, ("logprobs", "threshold"))
        if known["logprobs"] is not True:
            raise PromptError(f'{_FILE} must have true for "logprobs", or no such key.')
        return Abstention(0, 0.0, _share("abstain", known), logprobs=True)
    known = _object("abstain", content, ("samples", "temperature", "threshold"))
    samples, temperature = known["samples"], known["temperature"]
    if type(samples) is not int or not 1 <= samples <= 100:
        raise PromptError(f'{_FILE} must have a whole number from 1 to 100 for "samples".')
    if type(temperature) not in (int, float) or not 0 <= temperature <= 2:
        raise PromptError(f'{_FILE} must have a number from 0 to 2 for "temperature".')
    return Abstention(samples, float(temperature), _share("abstain", known))


def _object(name: str, value: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise PromptError(f'{_FILE} must have an object with exactly {", ".join(keys)} for "{name}".')
    return value


def _share(name: str, content: Mapping[str, Any]) -> float:
    value = content["threshold"]
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise PromptError(f'{_FILE} must have a number from 0 to 1 for "threshold" of "{name}".')
    return float(value)
