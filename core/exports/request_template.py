"""A request as a template: what stays the same in every call, and where the text goes.

The bodies come from the providers themselves (`exact` of a model), with a mark in the text's place: an
exported prompt is asked exactly as the app asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import PromptError
from core.exports.model_server import ModelServer
from core.llm.providers.reply_form import wish
from core.prompts.delimiters import delimiter
from core.types import Prompt, TextTemplate

MARK = "\ue000the text goes here\ue000"  # a private letter: no prompt holds it
NOT_IN_BODY = ("provider", "base_url", "endpoint", "query", "headers")
TURNS = ("messages", "input")


def body_of(exact: Mapping[str, object]) -> dict[str, object]:
    """Of an exact request what is sent as its body."""
    return {name: value for name, value in exact.items() if name not in NOT_IN_BODY}


def wire_of(endpoint: str) -> str:
    """Whose SDK speaks the format: "openai" or "anthropic"."""
    return "anthropic" if endpoint.endswith("/messages") else "openai"


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """`parameters` is the body without its turns; `first` are the turns before the text, `before` and `after`
    enclose it in the last user turn, `last` are turns after that (a reply prefix). `tag` encloses the text:
    closing tags of that name in it are broken. `reply_prefix` is what every reply is to begin with, which some
    models leave out. `server` is where it is asked, None for a vendor's own. `made_of`: how the text is made of several
    fields.

    `by_text`: the prompt whose turns differ from text to text, None where they do not. Then the template has none before
    the text, and no system text: both are made for each text, that with `system_role`; Anthropic's is marked for its
    prompt cache from `cached_from` characters on (None: never)."""

    model: str
    endpoint: str
    turns_name: str
    parameters: Mapping[str, object]
    first: tuple[Mapping[str, str], ...]
    before: str
    after: str
    last: tuple[Mapping[str, str], ...]
    tag: str
    reply_prefix: str = ""
    server: ModelServer | None = None
    made_of: TextTemplate | None = None
    by_text: Prompt | None = None
    system_role: str = "system"
    cached_from: int | None = None

    @property
    def wire(self) -> str:
        return wire_of(self.endpoint)


def check_fixed(prompt: Prompt) -> None:
    """Raises PromptError for a prompt whose turns differ from text to text."""
    if prompt.shortlist:
        raise PromptError(
            "This prompt names only the likeliest labels of each text, which a fixed file cannot do: "
            "export it as json, as a Python file, or for a batch of rows."
        )
    if prompt.few_shot.strategy == "similar":
        raise PromptError(
            "This prompt shows each text its nearest examples, which a fixed file cannot do: "
            "export it as json, as a Python file, or for a batch of rows."
        )


def template_by_text(
    model: str, exact: Mapping[str, object], prompt: Prompt, cached_from: int | None = None
) -> RequestTemplate:
    """From the exact body of `without_examples_by_text`; of a prompt whose turns do not differ, with all its turns."""
    made = _template(model, exact, prompt)
    if prompt.few_shot.strategy != "similar":
        return made
    parameters = {key: value for key, value in made.parameters.items() if key != "system"}
    role = made.first[0]["role"] if made.first else "system"
    return replace(
        made,
        parameters=parameters,
        first=(),
        by_text=prompt,
        system_role=role,
        cached_from=cached_from,
    )


def without_examples_by_text(prompt: Prompt) -> Prompt:
    """What all its requests have in common, where it shows each text its nearest examples."""
    if prompt.few_shot.strategy != "similar":
        return prompt
    return replace(prompt, few_shot=replace(prompt.few_shot, strategy="none"), shortlist=0)


def _template(model: str, exact: Mapping[str, object], prompt: Prompt) -> RequestTemplate:
    name = next(name for name in TURNS if name in exact)
    turns: Sequence[Mapping[str, str]] = exact[name]  # type: ignore[assignment]
    index = max(i for i, turn in enumerate(turns) if MARK in turn["content"])
    before, _, after = turns[index]["content"].partition(MARK)
    parameters = {key: value for key, value in exact.items() if key not in (*NOT_IN_BODY, name)}
    tag = delimiter(prompt.user_prompt_prefix, prompt.user_prompt_suffix)
    last = tuple(turns[index + 1 :])
    prefix = last[-1]["content"] if last else prompt.bot_reply_prefix
    if not last and not (prefix.strip() and after.endswith(wish("reply", prefix))):
        prefix = ""
    return RequestTemplate(
        model,
        str(exact["endpoint"]),
        name,
        parameters,
        tuple(turns[:index]),
        before,
        after,
        last,
        tag,
        prefix,
    )
