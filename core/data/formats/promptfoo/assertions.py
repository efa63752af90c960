"""Which label a promptfoo assertion expects, what was passed over on the way to it, and what promptfoo would
read in a text as a template or as the address of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import Skipped, single
from core.wording import counted, listed

# The surest first. The last ones name a part of the answer, which for a label is the label.
NAMING = tuple("equals classifier iequals icontains contains starts-with contains-any icontains-any".split())
_CODE = ("javascript", "python", "ruby", "webhook", "fn", "eval", "exec")
_TYPED = re.compile(r"\s*([a-z][a-z\-]*)(?:\(([^)]*)\))?\s*:(?!//)\s*(.*)", re.DOTALL)
_CSV_TYPES = {
    *NAMING,
    *_CODE,
    *(
        "similar llm-rubric grade factuality model-graded-closedqa is-json contains-json regex "
        "levenshtein cost latency contains-all icontains-all rouge-n bleu perplexity answer- "
        "relevance context-recall moderation is-refusal guardrails g-eval is-valid-openai-tools- "
        "call"
    ).split(),
}


@dataclass(slots=True)
class Passed:
    """What the file asks for and was not done: kinds of assertion that name no label, and things that stand
    elsewhere."""

    kinds: Counter[str] = field(default_factory=Counter)
    elsewhere: list[str] = field(default_factory=list)
    code: int = 0

    def notices(self) -> list[str]:
        notices = []
        if self.elsewhere:
            notices.append(
                f"{counted(len(self.elsewhere), 'reference')} to something outside the file (such as {listed(self.elsewhere[:1])}) "
                f"{'was' if len(self.elsewhere) == 1 else 'were'} skipped: nothing is opened, fetched or run."
            )
        if self.code:
            notices.append(f"Assertions that are code were skipped, not run ({self.code:,}).")
        if self.kinds:
            notices.append(
                f"Assertions that name no label were skipped ({self.kinds.total():,} of the kind {listed(list(self.kinds), 4)})."
            )
        return notices


def expected_label(asserted: Sequence[object], passed: Passed) -> str:
    """As the file writes it, templates and all; "" where no assertion names one."""
    labels: list[tuple[int, str]] = []
    for each in asserted:
        if not isinstance(each, Mapping):
            if isinstance(each, Skipped | str):
                passed.elsewhere.append(str(each))
            continue
        if isinstance(each.get("assert"), list):  # a set of assertions
            inner = expected_label(each["assert"], passed)
            labels += [(0, inner)] if inner else []
            continue
        _weigh(each, labels, passed)
    return min(labels, key=lambda pair: pair[0])[1] if labels else ""


def _weigh(each: Record, labels: list[tuple[int, str]], passed: Passed) -> None:
    kind, value = single(each.get("type")), each.get("value")
    if "$ref" in each:
        passed.elsewhere.append(single(each["$ref"]))
    elif kind in _CODE:
        passed.code += 1
    elif isinstance(value, Skipped) or (isinstance(value, str) and value.startswith(("file://", "package:"))):
        passed.elsewhere.append(str(value))
    elif kind in NAMING and single(value) and not (isinstance(value, list) and len(value) > 1):
        labels.append((NAMING.index(kind), single(value)))
    elif kind:
        passed.kinds[kind] += 1


def from_csv(cell: str, passed: Passed) -> str:
    """The label in a cell of an __expected column: "equals: billing", or just "billing"."""
    typed = _TYPED.fullmatch(cell)
    kind = typed[1] if typed else ""
    bare = kind.removeprefix("not-")
    if not typed or bare not in _CSV_TYPES:
        if is_address(cell) and not cell.lstrip().startswith("http"):
            passed.elsewhere.append(cell)
            return ""
        return cell
    if bare in _CODE:
        passed.code += 1
    elif kind in NAMING:
        return typed[3]
    else:
        passed.kinds[kind] += 1
    return ""


# ---- templates and addresses: an export writes a text so that promptfoo displays the text itself, an import takes
# that back; nothing is ever rendered or opened

_MEANT = re.compile(r"\{[{%#]|\A(?:file|package)(?=:)")
_ESCAPED = re.compile(r"\{\{'(\{[{%#]|file|package)'\}\}")
_VARIABLE = re.compile(r"\s*\{\{-?\s*([\w.\-]+)\s*-?\}\}\s*")
_NAMED = re.compile(r"\{\{-?\s*([\w\-]+)")
_ADDRESS = re.compile(r"\s*(?:file|package|https?|huggingface|s3|gs)://|\s*package:")


def shielded(text: str) -> str:
    """`{{x}}` becomes `{{'{{'}}x}}`, which promptfoo's templates (Nunjucks) show as `{{x}}`."""
    return _MEANT.sub(lambda match: "{{'" + match[0] + "'}}", text)


def unshielded(text: str) -> str:
    return _ESCAPED.sub(lambda match: match[1], text)


def variable(text: str) -> str:
    """The name in a text that is nothing but {{name}}, else ""."""
    match = _VARIABLE.fullmatch(text)
    return match[1] if match else ""


def variables_in(text: str) -> list[str]:
    return _NAMED.findall(text)


def is_address(text: str) -> bool:
    """Whether promptfoo would load something from elsewhere."""
    return bool(_ADDRESS.match(text))
