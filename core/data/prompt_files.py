"""Files that hold a prompt, whatever wrote them: our prompt file, a text with a placeholder, a chat as JSON (a list
of messages, or the body of a request to OpenAI or Anthropic), promptfoo's prompts in JSON or YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.formats.reading.messages import content_text, is_chat
from core.data.formats.reading.values import Skipped
from core.data.formats.reading.yaml_text import read_yaml
from core.errors import DataError, PromptError
from core.prompts.files import from_json
from core.prompts.rules import field_lines
from core.prompts.templates import ReadPrompt, has_placeholder, read_chat, read_template
from core.types import PROMPT_FIELDS, Message
from core.wording import quoted

MOST = 100_000  # characters of a prompt

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
}
_BODY = ("messages", "input", "contents")  # where the body of a request has its messages
_HEAD = ("system", "instructions")  # and its system prompt
_JSON_START = re.compile(r"\A\s*(?:\{\s*(?:\"|\}|\Z)|\[\s*(?:[{\"\]]|\Z))")
_YAML_LINE = re.compile(r"^(?:prompts|messages)[ \t]*:|\A\s*-[ \t]+role[ \t]*:", re.MULTILINE)
_BARE = re.compile(r"([:\[,]\s*)(\{\{[^{}\"]*\}\})(?=\s*[,}\]])")  # {{ text | dump }} where JSON wants quotes
_ELSEWHERE = re.compile(r"\A(?:file://\S+|[\w./\\-]+\.(?:txt|json|ya?ml|md|py|js|ts|j2|csv))\Z")


def read_prompt(text: str, labels: Sequence[str] = (), name: str = "") -> ReadPrompt:
    """The prompt of a file of any of these forms. `labels` are those that examples in it may have, `name` is the
    file's. Raises PromptError with one sentence."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise PromptError("The prompt holds a NUL character, so it is no plain text: save it as UTF-8 text.")
    read = _read(text, labels, name.casefold())
    if sum(map(len, field_lines(read.prompt))) > MOST:
        raise PromptError(f"The prompt has more than {MOST:,} characters: is this the right file?")
    return read


def _read(text: str, labels: Sequence[str], name: str) -> ReadPrompt:
    if _JSON_START.match(text) or name.endswith(".json"):
        return _of_json(text, labels)
    if name.endswith((".yaml", ".yml")) or _YAML_LINE.search(text):
        try:
            value = read_yaml(text)
        except DataError as wrong:
            if name.endswith((".yaml", ".yml")):
                raise PromptError(str(wrong)) from None
            return read_template(text)
        if _is_structured(value):
            return _of_value(value, labels)
        if name.endswith((".yaml", ".yml")):
            raise PromptError(
                "The YAML file holds no prompt: it needs promptfoo's prompts, or a list of messages with role and content."
            )
    return read_template(text)


def _of_json(text: str, labels: Sequence[str]) -> ReadPrompt:
    try:
        value = json.loads(_BARE.sub(r'\1"\2"', text))
    except (ValueError, RecursionError):
        value = None
    if _is_structured(value):
        return _of_value(value, labels)
    ours = isinstance(value, Mapping) and any(field in value for field in PROMPT_FIELDS)
    if not ours and has_placeholder(
        text
    ):  # a message that is JSON itself, or a text that begins with a brace
        return read_template(text)
    file = from_json(text)  # says what is wrong where it is none
    return ReadPrompt(file.prompt, file.labels, file.model, free=not file.labels, template=file.template)


def _is_structured(value: object) -> bool:
    """Whether it is a chat, the body of a request or promptfoo's, rather than a prompt file or text."""
    if isinstance(value, Mapping):
        return any(key in value for key in (*_BODY, "prompts")) or isinstance(value.get("raw"), str)
    return isinstance(value, list) and bool(value) and (is_chat(value) or all(map(_is_entry, value)))


def _is_entry(value: object) -> bool:
    """Whether it can be one of promptfoo's prompts."""
    return isinstance(value, str) or (isinstance(value, Mapping) and isinstance(value.get("raw"), str))


def _of_value(value: Any, labels: Sequence[str]) -> ReadPrompt:
    if is_chat(value):
        return read_chat(_messages(value), labels)
    if isinstance(value, list):
        return _of_entries(value, labels)
    if "prompts" in value:
        prompts = value["prompts"]
        named = list(prompts) if isinstance(prompts, Mapping) else prompts  # an older form: text to name
        return _of_entries(named if isinstance(named, list) else [named], labels)
    if isinstance(value.get("raw"), str):
        return _of_entries([value], labels)
    return read_chat(_body(value), labels)


def _body(value: Mapping[str, object]) -> list[Message]:
    """The messages of a request, its system prompt first."""
    head = [Message("system", content_text(value[key])) for key in _HEAD if value.get(key)]
    if "contents" in value:
        raise PromptError(
            "The file is a request to Gemini, which is not read: write it as a list of messages with role and content."
        )
    talk = value.get("messages", value.get("input"))
    if isinstance(talk, str) and "messages" not in value:
        return [*head, Message("user", talk)]
    if not is_chat(talk):
        raise PromptError(
            "The messages of the file must be a list of objects with role and content: correct it."
        )
    return [*head, *_messages(talk)]


def _messages(turns: Sequence[Mapping[str, object]]) -> list[Message]:
    messages = []
    for number, turn in enumerate(turns, 1):
        role, content = _ROLES.get(str(turn["role"]).casefold()), turn.get("content")
        if role is None:
            raise PromptError(
                f"Message {number} has the role {quoted(str(turn['role']))}: use system, user and assistant only."
            )
        parts = content if isinstance(content, list) else [content]
        if not all(isinstance(part, str) or (isinstance(part, Mapping) and "text" in part) for part in parts):
            raise PromptError(f"Message {number} holds something other than text: leave it out.")
        messages.append(Message(role, content_text(content)))
    return messages


def _of_entries(entries: Sequence[object], labels: Sequence[str]) -> ReadPrompt:
    """Of promptfoo's list of prompts, each a text, a chat in JSON or YAML, or an object that has it as raw."""
    if len(entries) != 1:
        raise PromptError(f"The file holds {len(entries):,} prompts: keep the one to begin with.")
    [entry] = entries
    text = entry.get("raw", entry.get("id")) if isinstance(entry, Mapping) else entry
    if not isinstance(text, str) or isinstance(text, Skipped) or not text.strip():
        raise PromptError(
            "The prompt of the file is no text: write it there as a text, or as a chat in JSON."
        )
    if _ELSEWHERE.match(text.strip()):
        raise PromptError(
            f"The prompt stands in another file ({quoted(text.strip())}), which is not opened from here: give that file."
        )
    return _read(text, labels, "")
