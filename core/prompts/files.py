"""The prompt file (JSON): a prompt, the labels it was made for and, if known, the model. Unknown keys are
refused by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from core.errors import PromptError
from core.types import PROMPT_FIELDS, FewShot, Prompt, Shot, TextTemplate

REQUIRED = ("system_prompt", "user_prompt_prefix", "user_prompt_suffix", "labels")
OPTIONAL = ("bot_reply_prefix", "few_shot", "shortlist", "model", "template", "several", "judge")
STRATEGIES = ("none", "fixed", "similar")
_FEW_SHOT_KEYS = ("strategy", "k", "examples")
_SHOT_KEYS = ("text", "label")
_TEMPLATE_KEYS = ("fields", "text")
_JUDGE_KEYS = ("good", "agreed", "of")
_FILE = "The prompt file"


@dataclass(frozen=True, slots=True)
class JudgeRecord:
    """Of a prompt whose labels are verdicts: the one that says an answer is good, and on how many answers of how many
    it agreed with people (0 of 0: not known)."""

    good: str
    agreed: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class PromptFile:
    """`model` is "provider:model" or None. `template`: how several fields become the text; None where a text comes
    as it is. Without `labels` of its own a prompt that may name several has those. `judge`: where labels are verdicts."""

    prompt: Prompt
    labels: tuple[str, ...]
    model: str | None = None
    template: TextTemplate | None = None
    judge: JudgeRecord | None = None

    def __post_init__(self) -> None:
        if self.prompt.several and not self.labels:
            object.__setattr__(self, "labels", self.prompt.several)


def to_json(file: PromptFile) -> str:
    """All keys of docs/contracts.md section 1, in its order, indented, ending in a newline; those of the shortlist, of
    the template, of several labels and of a judge only where they hold, for readers who do not know them."""
    few_shot = file.prompt.few_shot
    content = {name: getattr(file.prompt, name) for name in PROMPT_FIELDS} | {
        "labels": list(file.prompt.several or file.labels),
        "few_shot": {
            "strategy": few_shot.strategy,
            "k": few_shot.k,
            "examples": [{"text": shot.text, "label": shot.label} for shot in few_shot.examples],
        },
        **({"shortlist": file.prompt.shortlist} if file.prompt.shortlist else {}),
        "model": file.model,
    }
    if file.template:
        content["template"] = {"fields": list(file.template.fields), "text": file.template.text}
    content |= {"several": True} if file.prompt.several else {}
    content |= {"judge": asdict(file.judge)} if file.judge else {}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    if any(
        "\ud800" <= character <= "\udfff" for character in text
    ):  # half a character: no file could hold it as it stands
        text = json.dumps(content, indent=2)
    return text + "\n"


def prompt_key(prompt: Prompt) -> str:
    """Ten hexadecimal digits of the hash of its JSON, few-shot choice included, labels and model left out."""
    return hashlib.sha256(to_json(PromptFile(prompt, ())).encode()).hexdigest()[:10]


def from_json(text: str) -> PromptFile:
    """Raises PromptError with one sentence that names the line, key or value at fault."""
    content = _parse(text)
    _known_keys(_FILE, content, REQUIRED + OPTIONAL)
    _required_keys(_FILE, content, REQUIRED)
    fields = {name: _string(_FILE, name, content.get(name, "")) for name in PROMPT_FIELDS}
    labels = _labels(content["labels"])
    several = content.get("several", False)
    if not isinstance(several, bool):
        raise PromptError(f'{_FILE} must have true or false for "several", not {_kind(several)}.')
    if several and not labels:
        raise PromptError(f'{_FILE} must have the labels of which a reply may name several in "labels".')
    few_shot = _few_shot(content.get("few_shot", {}), () if several else labels)
    model = content.get("model")
    if model is not None and (not isinstance(model, str) or not model.strip()):
        raise PromptError(
            f'{_FILE} must have a text such as "provider:model" or null for "model", not {_kind(model)}.'
        )
    template = _template(content["template"]) if content.get("template") is not None else None
    shortlist = _shortlist(content.get("shortlist", 0), few_shot)
    several_labels = labels if several else ()
    prompt = Prompt(**fields, few_shot=few_shot, shortlist=shortlist, several=several_labels)
    judge = _judge(content["judge"], labels) if content.get("judge") is not None else None
    return PromptFile(prompt, labels, model, template, judge)


def _parse(text: str) -> Mapping[str, object]:
    try:
        content = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise PromptError(
            f"{_FILE} is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except (RecursionError, ValueError) as error:
        raise PromptError(
            _FILE + " is not valid JSON that can be read: it is nested too deeply or holds a number too long."
        ) from error
    if not isinstance(content, dict):
        raise PromptError(f"{_FILE} must be a JSON object with {', '.join(REQUIRED)}, not {_kind(content)}.")
    return content


def _without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key, value in pairs:
        if key in content:
            raise PromptError(f'{_FILE} has the key "{key}" twice in one place: keep one of them.')
        content[key] = value
    return content


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise PromptError(f'{_FILE} must have a list of texts for "labels", not {_kind(value)}.')
    labels = tuple(_string(_FILE, f"labels[{i}]", label) for i, label in enumerate(value))
    for i, label in enumerate(labels):
        if not label.strip():
            raise PromptError(f"{_FILE} has an empty label (labels[{i}]): name it or take it out.")
        if label in labels[:i]:
            raise PromptError(f'{_FILE} has the label "{label}" twice: labels must differ.')
    if len(labels) == 1:
        raise PromptError(f'{_FILE} must have at least 2 "labels", not {len(labels)}.')
    return labels


def _few_shot(value: object, labels: Sequence[str]) -> FewShot:
    content = _object('"few_shot"', value, _FEW_SHOT_KEYS)
    strategy = content.get("strategy", "none")
    if strategy not in STRATEGIES:
        given = f'"{strategy}"' if isinstance(strategy, str) else _kind(strategy)
        raise PromptError(f'"few_shot" must have a strategy of none, fixed or similar, not {given}.')
    k = _whole_number('"few_shot"', "k", content.get("k", 0))
    examples = content.get("examples", [])
    if not isinstance(examples, list):
        raise PromptError(f'"few_shot" must have a list for "examples", not {_kind(examples)}.')
    return FewShot(str(strategy), k, tuple(_shot(i, example, labels) for i, example in enumerate(examples)))


def _shortlist(value: object, few_shot: FewShot) -> int:
    size = _whole_number(_FILE, "shortlist", value)
    if size and few_shot.strategy != "similar":
        raise PromptError(
            '"shortlist" chooses labels by similar examples: give "few_shot" the strategy similar and examples (k may be 0).'
        )
    return size


def _whole_number(name: str, key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PromptError(f'{name} must have a whole number of 0 or more for "{key}", not {_kind(value)}.')
    return value


def _shot(i: int, value: object, labels: Sequence[str]) -> Shot:
    name = f"few_shot.examples[{i}]"
    content = _object(name, value, _SHOT_KEYS)
    _required_keys(name, content, _SHOT_KEYS)
    shot = Shot(_string(name, "text", content["text"]), _string(name, "label", content["label"]))
    if labels and shot.label not in labels:
        raise PromptError(
            f'{name} has the label "{shot.label}", which is not in "labels": add it there or correct it.'
        )
    return shot


def _template(value: object) -> TextTemplate:
    content = _object('"template"', value, _TEMPLATE_KEYS)
    _required_keys('"template"', content, _TEMPLATE_KEYS)
    names, text = content["fields"], _string('"template"', "text", content["text"])
    if not isinstance(names, list) or not names:
        given = "an empty list" if names == [] else _kind(names)
        raise PromptError(f'"template" must have a list of names for "fields", not {given}.')
    fields = tuple(_string('"template"', f"fields[{i}]", name) for i, name in enumerate(names))
    for i, field in enumerate(fields):
        if field in fields[:i]:
            raise PromptError(f'"template" has the field "{field}" twice: fields must differ.')
        if "{" + field + "}" not in text:
            raise PromptError(
                f'"template" has no place for the field "{field}": write {{{field}}} in its text, or take the field out.'
            )
    return TextTemplate(fields, text)


def _judge(value: object, labels: Sequence[str]) -> JudgeRecord:
    content = _object('"judge"', value, _JUDGE_KEYS)
    _required_keys('"judge"', content, ("good",))
    good = _string('"judge"', "good", content["good"])
    if good not in labels:
        raise PromptError(f'"judge" calls "{good}" good, which is none of the "labels": name one of them.')
    agreed, rows = (_whole_number('"judge"', key, content.get(key, 0)) for key in ("agreed", "of"))
    if agreed > rows:
        raise PromptError(f'"judge" agreed on {agreed} of {rows} answers: correct "agreed" or "of".')
    return JudgeRecord(good, agreed, rows)


def _object(name: str, value: object, keys: Sequence[str]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise PromptError(
            f"{name} must be a JSON object with the keys {', '.join(keys)}, not {_kind(value)}."
        )
    _known_keys(name, value, keys)
    return value


def _known_keys(name: str, content: Mapping[str, object], keys: Sequence[str]) -> None:
    unknown = [key for key in content if key not in keys]
    if unknown:
        word = "an unknown key" if len(unknown) == 1 else "unknown keys"
        raise PromptError(f"{name} has {word}: {', '.join(unknown)}; it may have {', '.join(keys)}.")


def _required_keys(name: str, content: Mapping[str, object], keys: Sequence[str]) -> None:
    missing = [key for key in keys if key not in content]
    if missing:
        raise PromptError(f"{name} has no {', '.join(missing)}: add what is missing.")


def _string(name: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise PromptError(f'{name} must have a text for "{key}", not {_kind(value)}.')
    return value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value) if len(str(value)) <= 20 else "a long number"
    if isinstance(value, str) and not value.strip():
        return "an empty text"
    names: dict[type, str] = {str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")
