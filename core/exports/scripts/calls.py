"""Python that asks a model: through the official SDKs."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.model_server import call_arguments, client_arguments
from core.exports.request_template import RequestTemplate

# What the SDKs take by name; all else goes into the body beside it.
KNOWN_PARAMETERS = frozenset(
    (
        "model max_tokens max_completion_tokens max_output_tokens temperature reasoning_effort reasoning response_format text "
        "store seed system thinking output_config"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is that of the function, ask_NAME, and of the constants; `packages` are to be installed."""

    name: str
    packages: str
    code: str


def sdk_call(template: RequestTemplate) -> Call:
    name = template.wire
    code = _ANTHROPIC if name == "anthropic" else _CALLS[template.turns_name]
    if template.by_text is not None and name == "anthropic":
        code = _with_system(code, template.cached_from)
    return Call(name, name, _connected(code, template))


def _connected(code: str, template: RequestTemplate) -> str:
    """Asked where the template says."""
    server = template.server
    client = "Anthropic" if template.wire == "anthropic" else "OpenAI"
    code = code.replace("CLIENT", f"{client}({client_arguments(server)})")
    code = code.replace("turnsMORE", "turns" + call_arguments(server))
    if server and server.omits_authorization:
        code = code.replace(f"import {client}\n", f"import {client}, Omit\n")
    return code


def _with_system(code: str, cached_from: int | None) -> str:
    """Anthropic takes the system text beside the turns."""
    code = code.replace("    reply = ", _TAKE_SYSTEM + "    reply = ").replace(
        "**ANTHROPIC,", "**ANTHROPIC, **system,"
    )
    return system_function(cached_from) + "\n\n" + code


def system_function(cached_from: int | None) -> str:
    """The source of `system_of(text)`: marked for the provider's prompt cache where that is worth it."""
    return _SYSTEM if cached_from is None else _CACHED_SYSTEM.replace("LEAST", str(cached_from))


_SYSTEM = """\
def system_of(text):
    return text
"""

_CACHED_SYSTEM = """\
def system_of(text):
    block = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
    return [block] if len(text) >= LEAST else text
"""

_TAKE_SYSTEM = """\
    system = {"system": system_of(turns.pop(0)["content"])} if turns[0]["role"] == "system" else {}
"""

_CALLS = {
    "messages": """\
def ask_openai(text):
    from openai import OpenAI

    turns = openai_turns(text)
    choice = CLIENT.chat.completions.create(**OPENAI, messages=turnsMORE).choices[0]
    if choice.message.refusal and choice.finish_reason != "length":
        return Reply(choice.message.refusal, refused=True)
    return reply_of(choice.message.content or "", OPENAI_PREFIX, choice.finish_reason)
""",
    "input": """\
def ask_openai(text):
    from openai import OpenAI

    turns = openai_turns(text)
    reply = CLIENT.responses.create(**OPENAI, input=turnsMORE)
    parts = [part for item in reply.output if item.type == "message" for part in item.content]
    if refusal := "".join(part.refusal for part in parts if part.type == "refusal"):
        return Reply(refusal, refused=True)
    why = reply.incomplete_details.reason if reply.incomplete_details else ""
    return reply_of(reply.output_text, OPENAI_PREFIX, why)
""",
}

_ANTHROPIC = """\
def ask_anthropic(text):
    from anthropic import Anthropic

    turns = anthropic_turns(text)
    reply = CLIENT.messages.create(**ANTHROPIC, messages=turnsMORE)
    text = "".join(block.text for block in reply.content if block.type == "text")
    return reply_of(text, ANTHROPIC_PREFIX, reply.stop_reason)
"""
