"""A prompt in the forms that other tools take. Needs no key and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.exports.batch import anthropic_batch, custom_ids, openai_batch
from core.exports.curl import to_curl
from core.exports.markdown import to_markdown
from core.exports.plain_text import to_plain_text
from core.exports.request_template import RequestTemplate
from core.exports.scripts.script import to_dspy, to_langchain, to_script
from core.llm.catalogue.profiles import DEFAULTS
from core.llm.providers.registry import is_local
from core.prompts.files import to_json
from core.services.exports.promptfoo import llm_rubric, promptfoo
from core.services.exports.request import (
    PromptExport,
    batch_bodies,
    bodies,
    callable_model,
    script_template,
    server_for,
)


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """`title` is its name on screen, `use` says what it is for, `ending` is that of its file; `write` gives the file's
    text, and adds notices. `asks`: whether the file can name a model; None where it names none."""

    title: str
    use: str
    ending: str
    write: Callable[[PromptExport], str]
    asks: Callable[[str], bool] | None = None


def _json(export: PromptExport) -> str:
    return to_json(export.file)


def _markdown(export: PromptExport) -> str:
    return to_markdown(export.file, export.title, export.about)


def _text(export: PromptExport) -> str:
    return to_plain_text(export.file.prompt, export.file.template)


# ---- programs


def _python(export: PromptExport) -> str:
    """For both SDKs: the model's own, and the first model that we suggest of the other."""
    own = script_template(export, callable_model(export, "A file of its own"))
    other = script_template(export, _suggested("anthropic" if own.wire == "openai" else "openai"))
    openai, anthropic = (own, other) if own.wire == "openai" else (other, own)
    return to_script(export.about, export.form, [openai, anthropic])


def _python_openai(export: PromptExport) -> str:
    return to_script(export.about, export.form, [_template_of(export, "openai")])


def _python_anthropic(export: PromptExport) -> str:
    return to_script(export.about, export.form, [_template_of(export, "anthropic")])


def _template_of(export: PromptExport, wire: str) -> RequestTemplate:
    """For the model where that SDK speaks with it, else for the first that we suggest of it, which is said."""
    before = len(export.notices)
    made = script_template(export, callable_model(export, "A file of its own"))
    if made.wire == wire:
        return made
    suggested = _suggested(wire)
    export.notices[before:] = [
        f"The {wire} SDK does not ask {export.model}: the file names {suggested}{export.advice}."
    ]
    return script_template(export, suggested)


def _langchain(export: PromptExport) -> str:
    made = script_template(export, callable_model(export, "LangChain"))
    return to_langchain(export.about, export.form, made)


def _dspy(export: PromptExport) -> str:
    return to_dspy(export.about, export.form, script_template(export, callable_model(export, "DSPy")))


def _suggested(wire: str) -> str:
    return next(name for name in DEFAULTS["lightweight"] if name.startswith(wire))


def _curl(export: PromptExport) -> str:
    model = callable_model(export, "curl")
    return to_curl(bodies(export, model), [row.id for row in export.rows], server_for(export, model))


def _openai_batch(export: PromptExport) -> str:
    return openai_batch(custom_ids([row.id for row in export.rows]), batch_bodies(export, "openai"))


def _anthropic_batch(export: PromptExport) -> str:
    return anthropic_batch(custom_ids([row.id for row in export.rows]), batch_bodies(export, "anthropic"))


# ---- models that a file can name


def _remote(model: str) -> bool:
    return not is_local(model)


def _of_openai_sdk(model: str) -> bool:
    return _remote(model) and not _of_anthropic(model)


def _of_openai(model: str) -> bool:
    return model.startswith("openai:")


def _of_anthropic(model: str) -> bool:
    return model.startswith("anthropic:")


PROMPT_FORMATS: Mapping[str, PromptFormat] = {
    "text": PromptFormat("Plain text", "to copy into any tool", "txt", _text),
    "md": PromptFormat("Markdown", "to read and to hand on", "md", _markdown),
    "json": PromptFormat("Prompt file", "for Whetstone's command line and library", "json", _json),
    "python-openai": PromptFormat(
        "Python, OpenAI SDK", "a program that labels texts", "py", _python_openai, _of_openai_sdk
    ),
    "python-anthropic": PromptFormat(
        "Python, Anthropic SDK", "a program that labels texts", "py", _python_anthropic, _of_anthropic
    ),
    "python": PromptFormat("Python, both SDKs", "a program that labels texts", "py", _python, _remote),
    "curl": PromptFormat("curl", "one request, to try in a terminal", "sh", _curl, _remote),
    "promptfoo": PromptFormat("promptfoo", "to test it there, rows included", "yaml", promptfoo, _remote),
    "langchain": PromptFormat("LangChain", "for a program that uses it", "py", _langchain, _remote),
    "dspy": PromptFormat("DSPy", "for a program that uses it", "py", _dspy, _remote),
    "llm-rubric": PromptFormat(
        "promptfoo, as llm-rubric", "to judge answers there", "yaml", llm_rubric, _remote
    ),
    "openai-batch": PromptFormat(
        "OpenAI batch file", "rows as requests, to upload there", "jsonl", _openai_batch, _of_openai
    ),
    "anthropic-batch": PromptFormat(
        "Anthropic batch file", "rows as requests, to send there", "jsonl", _anthropic_batch, _of_anthropic
    ),
}
ALIASES = {"prompt": "json", "markdown": "md"}


def prompt_in_format(export: PromptExport, format: str) -> str:
    """KeyError for a format that is none of PROMPT_FORMATS or ALIASES; UsageError, PromptError for what it cannot hold."""
    return PROMPT_FORMATS[ALIASES.get(format, format)].write(export)
