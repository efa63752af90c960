"""A toy world in which everything is known: a small model that follows rules to the letter, an editor that
says what it is told to say, and books that count every call."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import CallFailed, CapReached
from core.prompts.starting_prompt import starting_prompt
from core.tuning.knowledge import Knowledge
from core.tuning.plan import plan
from core.tuning.search import Search
from core.tuning.session import Session
from core.tuning.setup import Setup, Switches
from core.tuning.tune import baseline, tune
from core.types import (
    Dataset,
    Example,
    LabelSet,
    Outcome,
    Prediction,
    Prompt,
    Reply,
    Request,
    Result,
    Settings,
    Spend,
    Step,
    Usage,
)

LABELS = ("bug", "question", "wish")
START = starting_prompt(LabelSet(LABELS))
_RULE = re.compile(
    r"If the text says (?P<word>\w+), the label is (?P<label>.+)\.|Choose (?P<label_2>.+) for whatever speaks of an? (?P<word_2>\w+)"
)
Said = str | Reply | CallFailed


def rule(word: str, label: str) -> str:
    return f"If the text says {word}, the label is {label}."


def otherwise(word: str, label: str) -> str:
    """The same rule in other words, too different to be taken for a new version of `rule`."""
    return f"Choose {label} for whatever speaks of a {word}"


def small_model(request: Request) -> str:
    """Says bug, unless a rule of the system prompt speaks of a word of the text; the last such rule
    counts."""
    system = next((message.content for message in request.messages if message.role == "system"), "")
    said = set(
        re.findall(
            r"\w+", next(message.content for message in reversed(request.messages) if message.role == "user")
        )
    )
    label = "bug"
    for line in system.split("\n"):
        found = _RULE.fullmatch(line.strip())
        if found and (found["word"] or found["word_2"]) in said:
            label = found["label"] or found["label_2"]
    return f"It says so. <label>{label}</label>"


def failing(texts: Collection[str], when: str = "") -> Callable[[Request], Said]:
    """The small model, but calls about these texts bring no reply once the prompt says `when`."""

    def answer(request: Request) -> Said:
        if text_of(request) in texts and when in request.messages[0].content:
            return CallFailed("The line went dead.")
        return small_model(request)

    return answer


def text_of(request: Request) -> str:
    """The row's text in a request rendered with the starting prompt's prefix and suffix."""
    return request.messages[-1].content.split("<text>\n")[1].split("\n</text>")[0]


class Editor:
    """A heavyweight model that gives these replies in turn and then has nothing more to say."""

    def __init__(self, *replies: Said):
        self.replies = deque(replies)
        self.seen: list[Request] = []

    def __call__(self, request: Request) -> Said:
        self.seen.append(request)
        return self.replies.popleft() if self.replies else "I see nothing more."


def edit(replace: str, find: str = "", field: str = "system_prompt") -> str:
    return f"<edit><field>{field}</field><find>{find}</find><replace>{replace}</replace></edit>"


def edits(*lines: str) -> str:
    return "\n".join(map(edit, lines))


# A run that finds one rule, a wrong turn and, in other words, the next rule.
ZEBRA, APPLE, WRONG = rule("zebra", "question"), rule("apple", "wish"), rule("crash", "wish")
THREE = Settings(iterations=3)
CAPPED = Settings(max_calls=200, max_heavy_calls=4)


def three_reflections() -> Editor:
    return Editor(edits(ZEBRA, WRONG), edits("Think."), edits(APPLE, otherwise("crash", "question")))


@dataclass(frozen=True)
class ToyModel:
    name: str
    answer: Callable[[Request], Said]

    def exact(self, request: Request) -> dict[str, object]:
        return {
            "model": self.name,
            "messages": [(each.role, each.content) for each in request.messages],
            "repeat": request.repeat,
        }


NONE_BESIDE: Mapping[str, int] = {}


@dataclass
class Books:
    """Calls under caps, with a cache of what succeeded; a call that fails counts, since it may have reached
    the provider."""

    caps: dict[str, int | None]
    spent: dict[str, Spend] = field(default_factory=lambda: {"lightweight": Spend(), "heavyweight": Spend()})
    kept: dict[str, Reply] = field(default_factory=dict)

    def spends(self) -> dict[str, Spend]:
        return dict(self.spent)

    def left(self, role: str) -> int | None:
        cap = self.caps.get(role)
        return None if cap is None else cap - self.spent[role].api

    def affords(self, role: str, calls: int, beside: Mapping[str, int] = NONE_BESIDE) -> bool:
        left = [(self.left(name), number) for name, number in {role: calls, **beside}.items()]
        return all(calls is None or number <= calls for calls, number in left)

    def ask_all(
        self, model: ToyModel, requests: Sequence[Request], *, concurrency: int, on_reply=None
    ) -> list[Reply | CallFailed]:
        replies = []
        for request in requests:
            replies.append(self._ask(model, request))
            if on_reply:
                on_reply(len(replies), len(requests))
        return replies

    def _ask(self, model: ToyModel, request: Request) -> Reply | CallFailed:
        role, key = model.name.split(":")[1], json.dumps(model.exact(request))
        spent = self.spent[role]
        if key in self.kept:
            self.spent[role] = replace(spent, cached=spent.cached + 1)
            return replace(self.kept[key], cached=True)
        if not self.affords(role, 1):
            raise CapReached(f"The cap of {role} calls is reached.")
        said = model.answer(request)
        if isinstance(said, CallFailed):
            self.spent[role] = replace(spent, api=spent.api + 1, failed=spent.failed + 1)
            return said
        reply = Reply(said, usage=Usage(10, 2)) if isinstance(said, str) else said
        self.kept[key] = reply
        tokens = spent.input_tokens + reply.usage.input, spent.output_tokens + reply.usage.output
        self.spent[role] = replace(spent, api=spent.api + 1, input_tokens=tokens[0], output_tokens=tokens[1])
        return reply


def session_of(
    editor: Callable[[Request], Said],
    light: Callable[[Request], Said] = small_model,
    settings: Settings = Settings(),
) -> Session:
    books = Books({"lightweight": settings.max_calls, "heavyweight": settings.max_heavy_calls})
    return Session(
        ToyModel("toy:lightweight", light), ToyModel("toy:heavyweight", editor), books.ask_all, books
    )


def rows(split: str, count: int, word: str, label: str, **more: object) -> list[Example]:
    """`count` rows of a part that say the word, all with different texts."""
    return [
        Example(
            f"{split}-{word}-{label}-{n}",
            f"They told us of the {word} on day {n} in room {split}{n * 7}.",
            label,
            split=split,
            **more,
        )
        for n in range(count)
    ]


def zoo(train: int = 11, validation: int = 5, test: int = 4) -> tuple[Example, ...]:
    """Rows that say zebra are questions, those that say apple wishes, those that say crash bugs: so many of
    each in every part. 33 training rows are too many to be tried as examples."""
    kinds = {"zebra": "question", "apple": "wish", "crash": "bug"}
    sizes = {"train": train, "validation": validation, "test": test}
    return tuple(
        row
        for split, size in sizes.items()
        for word, label in kinds.items()
        for row in rows(split, size, word, label)
    )


def dataset(examples: Sequence[Example]) -> Dataset:
    return Dataset("toy", LabelSet(LABELS), tuple(examples))


def run(
    examples: Sequence[Example], session: Session, settings: Settings, **more: object
) -> tuple[list[Step], Result]:
    """The steps and the result; anything else would be a defect."""
    events = list(tune(dataset(examples), session, settings, **more))
    assert [isinstance(event, Step) for event in events] == [True] * (len(events) - 1) + [False]
    assert isinstance(events[-1], Result)
    return events[:-1], events[-1]


def search_of(
    examples: Sequence[Example],
    session: Session,
    settings: Settings = Settings(),
    switches: Switches = Switches(),
) -> Search:
    """With the starting prompt evaluated."""
    parts = {
        name: tuple(row for row in examples if row.split == name) for name in ("train", "validation", "test")
    }
    setup = Setup(
        LabelSet(LABELS), session, settings, plan(settings, *parts.values()), switches, lambda progress: None
    )
    return baseline(setup, Knowledge(parts, settings.seed, switches), settings.start or START)


def with_lines(*lines: str) -> Prompt:
    return replace(START, system_prompt=START.system_prompt + "\n".join(lines))


def said(row: str, label: str) -> Prediction:
    return Prediction(row, Outcome.LABEL, label)


def failed(row: str) -> Prediction:
    return Prediction(row, Outcome.FAILED, error="No answer.")


def unreadable(row: str) -> Prediction:
    return Prediction(row, Outcome.UNREADABLE, reply="Well.")
