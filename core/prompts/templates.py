"""A prompt of one's own, read into the four fields: a text, or a chat, with a placeholder such as {{text}} where
the text to classify goes. What is added or left out is said in notices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Formatter

from core.errors import PromptError
from core.prompts.delimiters import delimiter, still_open
from core.prompts.label_match import match_label
from core.prompts.rules import has_answer_form, unnamed_labels
from core.prompts.starting_prompt import ANSWER_FORM, ANSWER_SENTENCE, PREFIX, SUFFIX
from core.types import FewShot, Message, Prompt, Shot, TextTemplate
from core.wording import listed, quoted

NO_PLACEHOLDER = (
    "There is no placeholder such as {{text}}, so all of it became the system prompt, and our own words go before "
    "and after the text."
)
ANSWER_ADDED = (
    "It did not ask for an answer in the form <label>…</label>: a sentence that does was added to its end."
)

_INSIDE = r"-?\s*[A-Za-z_][\w.]*\s*(?:\|[^{}]*)?-?"
_DOUBLE = re.compile(r"\{\{\{" + _INSIDE + r"\}\}\}|\{\{" + _INSIDE + r"\}\}")
_SINGLE = re.compile(r"(?<!\{)\$?\{\s*([A-Za-z_]\w*)\s*\}(?!\})")
_LITERAL = re.compile(r"\{\{-?\s*(['\"])((?:(?!\1).)*)\1\s*-?\}\}")  # how a template writes a text as it is
_INSTRUCTION = re.compile(r"\{[%#](?:(?!\{[%#]).)*?[%#]\}", re.DOTALL)
_TEXT = frozenset(
    "text input user_input input_text message user_message content document sentence query review comment ticket "
    "email issue body".split()
)
_ANSWER = frozenset("label labels class classes category categories answer output reason name reply".split())
_TAGGED = re.compile(r"<\s*label\s*>((?:(?!<\s*label\s*>).)*?)<\s*/\s*label\s*>", re.IGNORECASE | re.DOTALL)
_FENCES = ("```", '"""', "'''")
_LONGEST_LABEL = 200  # characters of an answer that is a label and nothing else


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """A prompt with what was noticed on the way. `labels` and `model` are those of a prompt file; other forms
    have none. `free`: a prompt file that says there are no labels, so that its answers are free. `template`: how
    several fields become the text."""

    prompt: Prompt
    labels: tuple[str, ...] = ()
    model: str | None = None
    notices: tuple[str, ...] = ()
    free: bool = False
    template: TextTemplate | None = None


@dataclass(frozen=True, slots=True)
class _Halves:
    """What stands before and after the placeholder."""

    before: str
    after: str
    mark: str
    notices: tuple[str, ...] = ()


def read_template(text: str) -> ReadPrompt:
    """Of a text: the paragraph that leads to the placeholder is the prefix, what stands above it the system
    prompt. Raises PromptError for an empty text and for more than one placeholder."""
    if not text.strip():
        raise PromptError("The prompt is empty: paste its text, or choose another file.")
    halves = _halves(text)
    if halves is None:
        return _finished(Prompt(text.strip(), PREFIX, SUFFIX), (NO_PLACEHOLDER,))
    system, prefix = _cut(halves.before, halves.after)
    return _finished(Prompt(system, prefix, halves.after.rstrip()), halves.notices)


def read_chat(turns: Sequence[Message], labels: Sequence[str] = ()) -> ReadPrompt:
    """Of system, user and assistant messages: the placeholder stands in the last user message. Turns before it
    become fixed examples, an assistant message after it the reply prefix. Raises PromptError."""
    system = "\n\n".join(turn.content.strip() for turn in turns if turn.role == "system")
    talk = [turn for turn in turns if turn.role != "system"]
    if not talk:
        return read_template(system)
    prefill = talk.pop().content if talk[-1].role == "assistant" else ""
    if not talk or talk[-1].role != "user":
        raise PromptError(
            "The chat has no user message before the assistant's last one: add it, with {{text}} in it."
        )
    halves = _halves(talk[-1].content)
    if halves is None:
        raise PromptError(
            "The last user message has no placeholder: put {{text}} there, where the text to classify goes."
        )
    elsewhere = [
        mark for turn in turns if turn is not talk[-1] for mark in _marks_like(halves.mark, turn.content)
    ]
    if elsewhere:
        raise _several([halves.mark, *elsewhere])
    if halves.mark.startswith("{{"):
        system, prefill = _literal(system), _literal(prefill)
    shots, reasons = _shots(talk[:-1], halves, labels)
    prefix = halves.before
    if not system and not shots:
        system, prefix = _cut(halves.before, halves.after)
    few_shot = FewShot("fixed", len(shots), shots) if shots else FewShot()
    notices = (
        *halves.notices,
        *(("Of the answers in the example turns only the labels are used.",) if reasons else ()),
    )
    return _finished(Prompt(system, prefix, halves.after.rstrip(), prefill, few_shot), notices)


def check_names_labels(read: ReadPrompt, labels: Sequence[str]) -> None:
    """Raise PromptError where labels are wanted and the prompt is of a file that has an empty list of them, which is to
    say that its answers are free."""
    if read.free and labels:
        raise PromptError(
            'The prompt file has no "labels", so its answers are free: name the labels in it, or choose a scorer for the answers.'
        )


def label_notices(prompt: Prompt, labels: Sequence[str]) -> tuple[str, ...]:
    """A sentence about the labels that the prompt does not name, if there are any."""
    missing = unnamed_labels(prompt, labels)
    if not missing:
        return ()
    some = "the labels " if len(missing) > 1 else "the label "
    which = "any label" if len(missing) == len(labels) else some + listed(missing, 5)
    return (
        f"The prompt does not name {which}: the lightweight model cannot know what it is to choose from.",
    )


# ---- the placeholder


def has_placeholder(text: str) -> bool:
    return bool(_marks(text))


def _halves(text: str) -> _Halves | None:
    """The text without its placeholder, None if it has none. Raises PromptError where it has several."""
    marks = _marks(text)
    if not marks:
        return None
    if len(marks) > 1:
        raise _several(marks)
    before, after = text.split(marks[0], 1)
    if marks[0].startswith("{{"):
        if instruction := _INSTRUCTION.search(text):
            raise PromptError(
                f"The prompt holds a template instruction, {quoted(instruction.group())}, which is not carried out: "
                "write out what it gives."
            )
        before, after = _literal(before), _literal(after)
    elif _is_format_string(text):  # str.format writes a brace as two
        before, after = (half.replace("{{", "{").replace("}}", "}") for half in (before, after))
    guessed = _named(marks[0]) not in _TEXT
    notices = (f"{marks[0]} was taken for the place of the text to classify.",) if guessed else ()
    return _Halves(before, after, marks[0], notices)


def _marks(text: str) -> list[str]:
    """The placeholders as they stand there: those in double braces if one of them is for the text, else those in
    single ones, else whatever looks like one. Names of an answer, as in {label}, are none."""
    doubles, singles = ([match.group() for match in style.finditer(text)] for style in (_DOUBLE, _SINGLE))
    singles = [mark for mark in singles if _named(mark) not in _ANSWER]
    for marks in (doubles, singles):
        if any(_named(mark) in _TEXT for mark in marks):
            return marks
    doubles = [mark for mark in doubles if _named(mark) not in _ANSWER]
    return doubles or (singles if len(singles) == 1 else [])


def _marks_like(mark: str, text: str) -> list[str]:
    """The placeholders of another message that are written in the same style."""
    if mark.startswith("{{"):
        return [match.group() for match in _DOUBLE.finditer(text)]
    return [match.group() for match in _SINGLE.finditer(text) if _named(match.group()) in _TEXT]


def _named(mark: str) -> str:
    name = mark.strip("${}- ").split("|")[0].strip()
    return name.rsplit(".", 1)[-1].casefold()


def _several(marks: Sequence[str]) -> PromptError:
    different = list(dict.fromkeys(marks))
    if len(different) == 1:
        return PromptError(
            f"The placeholder {different[0]} stands {len(marks)} times: keep the one where the text to classify goes."
        )
    return PromptError(
        f"The prompt has several placeholders, {listed(different, 5)}: keep the one where the text to classify goes, "
        "and write out the others."
    )


def _literal(text: str) -> str:
    return _LITERAL.sub(lambda match: match[2], text)


def _is_format_string(text: str) -> bool:
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        return False
    return all(name.isidentifier() for name in names)


# ---- the fields


def _cut(before: str, after: str) -> tuple[str, str]:
    """System prompt and prefix: cut at the last empty line, or else the last line end, that tears no tag and no
    fence apart."""
    before = before.lstrip("\n")
    tag = delimiter(before, after)
    opened = (
        next((start for name, start in reversed(still_open(before)) if name == tag), len(before))
        if tag
        else None
    )
    for gap in (r"\n[ \t]*\n\s*", r"\n"):
        for match in reversed(list(re.finditer(gap, before))):
            system, prefix = before[: match.start()], before[match.end() :]
            whole = opened is None or match.end() <= opened
            fenced = any(system.count(fence) % 2 for fence in _FENCES)
            if system.strip() and prefix.strip() and whole and not fenced:
                return system.strip(), prefix
    return "", before


def _finished(prompt: Prompt, notices: tuple[str, ...]) -> ReadPrompt:
    """With the sentence that asks for an answer in our form, where there is none."""
    if has_answer_form(prompt):
        return ReadPrompt(prompt, notices=notices)
    ask = f"End with your answer in this form: {ANSWER_FORM}" if prompt.bot_reply_prefix else ANSWER_SENTENCE
    suffix = prompt.user_prompt_suffix.rstrip() + "\n\n" + ask
    return ReadPrompt(replace(prompt, user_prompt_suffix=suffix), notices=(*notices, ANSWER_ADDED))


# ---- examples


def _shots(turns: Sequence[Message], halves: _Halves, labels: Sequence[str]) -> tuple[tuple[Shot, ...], bool]:
    """Examples, and whether an answer said more than its label."""
    if [turn.role for turn in turns] != ["user", "assistant"] * (len(turns) // 2):
        raise PromptError(
            "The chat has several user messages: before the last one only pairs of a user and an assistant message "
            "may stand, which become examples."
        )
    shots, more = [], False
    for number in range(0, len(turns), 2):
        question, answer = (_literal(turn.content).strip() for turn in turns[number : number + 2])
        before, after = halves.before.strip(), halves.after.strip()
        text = question.removeprefix(before).removesuffix(after).strip()
        if not question.startswith(before) or not question.endswith(after) or not text:
            raise PromptError(
                f"Example {number // 2 + 1} of the chat does not have the words around its text that the last user "
                "message has: write it in the same form, or leave it out."
            )
        tagged = _TAGGED.findall(answer)
        more = more or bool(tagged and _TAGGED.sub("", answer).strip())
        shots.append(Shot(text, _label(tagged[-1].strip() if tagged else answer, number // 2 + 1, labels)))
    return tuple(shots), more


def _label(answer: str, number: int, labels: Sequence[str]) -> str:
    label = match_label(answer, labels) if labels else answer if len(answer) <= _LONGEST_LABEL else ""
    if not label:
        raise PromptError(
            f"Example {number} of the chat is answered with {quoted(answer)}, which is not one of the labels: answer it "
            "with the label alone, or leave it out."
        )
    return label
