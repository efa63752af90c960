"""A prompt in the forms that other tools take. Needs no key and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.exports.batch import anthropic_batch, custom_ids, openai_batch
from core.exports.curl import to_curl
from core.exports.markdown import to_markdown
from core.exports.model_server import ModelServer, server_of
from core.exports.plain_text import to_plain_text
from core.exports.request_template import RequestTemplate
from core.exports.scripts.script import to_dspy, to_langchain, to_script
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.prompts.files import to_json
from core.services.exports.promptfoo import llm_rubric, promptfoo
from core.services.exports.request import (
    PromptExport,
    batch_bodies,
    bodies,
    callable_model,
    script_template,
)


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """`title` is its name on screen, `ending` that of its file; `write` gives the file's text, and adds notices."""

    title: str
    ending: str
    write: Callable[[PromptExport], str]


def _json(wanted: PromptExport) -> str:
    return to_json(wanted.file)


def _markdown(wanted: PromptExport) -> str:
    return to_markdown(wanted.file, wanted.title, wanted.about)


def _text(wanted: PromptExport) -> str:
    return to_plain_text(wanted.file.prompt, wanted.file.template)


# ---- programs


def _python(wanted: PromptExport) -> str:
    """For both SDKs: the model's own, and the first model that we suggest of the other."""
    own = script_template(wanted, callable_model(wanted, "A file of its own"))
    other = script_template(wanted, _suggested("anthropic" if own.wire == "openai" else "openai"))
    openai, anthropic = (own, other) if own.wire == "openai" else (other, own)
    return to_script(wanted.about, wanted.form, [openai, anthropic])


def _python_openai(wanted: PromptExport) -> str:
    return to_script(wanted.about, wanted.form, [_template_of(wanted, "openai")])


def _python_anthropic(wanted: PromptExport) -> str:
    return to_script(wanted.about, wanted.form, [_template_of(wanted, "anthropic")])


def _template_of(wanted: PromptExport, wire: str) -> RequestTemplate:
    """For the model where that SDK speaks with it, else for the first that we suggest of it, which is said."""
    model = callable_model(wanted, "A file of its own")
    made = script_template(wanted, model)
    if made.wire == wire:
        return made
    suggested = _suggested(wire)
    wanted.notices[:] = [
        f"The {wire} SDK does not ask {wanted.model}: the file names {suggested}{wanted.advice}."
    ]
    return script_template(wanted, suggested)


def _langchain(wanted: PromptExport) -> str:
    made = script_template(wanted, callable_model(wanted, "LangChain"))
    return to_langchain(wanted.about, wanted.form, made)


def _dspy(wanted: PromptExport) -> str:
    return to_dspy(wanted.about, wanted.form, script_template(wanted, callable_model(wanted, "DSPy")))


def _suggested(wire: str) -> str:
    return next(name for name in DEFAULTS["lightweight"] if name.startswith(wire))


def _curl(wanted: PromptExport) -> str:
    model = callable_model(wanted, "curl")
    provider = load_profiles(wanted.workspace.folder).provider_of(model)
    server: ModelServer | None = server_of(provider) if provider else None
    return to_curl(bodies(wanted, model), [row.id for row in wanted.rows], server)


def _openai_batch(wanted: PromptExport) -> str:
    return openai_batch(custom_ids([row.id for row in wanted.rows]), batch_bodies(wanted, "openai"))


def _anthropic_batch(wanted: PromptExport) -> str:
    return anthropic_batch(custom_ids([row.id for row in wanted.rows]), batch_bodies(wanted, "anthropic"))


PROMPT_FORMATS: Mapping[str, PromptFormat] = {
    "json": PromptFormat("Prompt file", "json", _json),
    "md": PromptFormat("Markdown", "md", _markdown),
    "text": PromptFormat("Plain text", "txt", _text),
    "python-openai": PromptFormat("Python, OpenAI SDK", "py", _python_openai),
    "python-anthropic": PromptFormat("Python, Anthropic SDK", "py", _python_anthropic),
    "python": PromptFormat("Python, both SDKs", "py", _python),
    "curl": PromptFormat("curl", "sh", _curl),
    "promptfoo": PromptFormat("promptfoo", "yaml", promptfoo),
    "langchain": PromptFormat("LangChain", "py", _langchain),
    "dspy": PromptFormat("DSPy", "py", _dspy),
    "llm-rubric": PromptFormat("promptfoo, as llm-rubric", "yaml", llm_rubric),
    "openai-batch": PromptFormat("OpenAI batch file", "jsonl", _openai_batch),
    "anthropic-batch": PromptFormat("Anthropic batch file", "jsonl", _anthropic_batch),
}
ALIASES = {"prompt": "json", "markdown": "md"}


def prompt_in_format(wanted: PromptExport, format: str) -> str:
    """KeyError for a format that is none of PROMPT_FORMATS or ALIASES; UsageError, PromptError for what it cannot hold."""
    return PROMPT_FORMATS[ALIASES.get(format, format)].write(wanted)
