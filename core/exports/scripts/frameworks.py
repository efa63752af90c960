"""Python that asks a model through LangChain, and a module of DSPy around the call of an SDK."""

from __future__ import annotations

from dataclasses import replace

from core.errors import PromptError
from core.exports.model_server import client_arguments, headers_literal
from core.exports.request_template import RequestTemplate
from core.exports.scripts.calls import Call, sdk_call, system_function


def langchain_call(template: RequestTemplate, reader: str) -> Call:
    """A chain from a text to what `reader` makes of the reply. PromptError for a model that LangChain asks in another form."""
    if template.turns_name != "messages":
        raise PromptError(
            f"LangChain would send {template.model} its messages in another form: export a Python file, "
            "or name another model with --lightweight."
        )
    name, code = template.wire, _LANGCHAIN[template.wire].replace("READ", reader)
    if name == "anthropic" and template.by_text is not None:
        system = system_function(template.cached_from) + "\n\n" + _SYSTEM_BY_TEXT
    else:
        system = _SYSTEM if "system" in template.parameters else _NO_SYSTEM
    code = (system + "\n\n" + code) if name == "anthropic" else code
    code = code.replace("CLIENT", _client(template))
    return Call(name, f"langchain-{name}", code)


def dspy_call(template: RequestTemplate, reader: str) -> Call:
    """Through the SDK: what DSPy itself sends has another form (developer turns, for one, become system turns)."""
    call = sdk_call(template)
    module = _DSPY.replace("NAME", call.name).replace("READ", reader)
    return replace(call, packages=f"dspy {call.packages}", code=call.code + "\n\n" + module)


def _client(template: RequestTemplate) -> str:
    """What stands between the brackets beside the parameters."""
    server = template.server
    parts = [each for each in (client_arguments(server), headers_literal(server)) if each]
    return "".join(", " + each for each in parts)


_LANGCHAIN = {
    "openai": '''\
def classifier():
    """A runnable of LangChain: a text in, its answer out."""
    from langchain_core.runnables import RunnableLambda
    from langchain_openai import ChatOpenAI

    extra = {**OPENAI, **OPENAI.get("extra_body", {})}
    body = {name: value for name, value in extra.items() if name not in ("model", "extra_body")}
    model = ChatOpenAI(model=OPENAI["model"], extra_body=bodyCLIENT)
    return RunnableLambda(openai_turns) | model | RunnableLambda(reply_of_message) | RunnableLambda(READ)


def reply_of_message(message):
    finish, refusal = message.response_metadata.get("finish_reason"), message.additional_kwargs.get("refusal")
    return Reply(refusal, refused=True) if refusal and finish != "length" else reply_of(message.text, OPENAI_PREFIX, finish)
''',
    "anthropic": '''\
def classifier():
    """A runnable of LangChain: a text in, its answer out."""
    from langchain_anthropic import ChatAnthropic
    from langchain_core.runnables import RunnableLambda

    own = {name: value for name, value in ANTHROPIC.items() if name not in ("system", "extra_body")}
    model = ChatAnthropic(**own, model_kwargs=ANTHROPIC.get("extra_body", {})CLIENT)
    return RunnableLambda(whole_turns) | model | RunnableLambda(reply_of_message) | RunnableLambda(READ)


def reply_of_message(message):
    return reply_of(message.text, ANTHROPIC_PREFIX, message.response_metadata.get("stop_reason"))
''',
}

_SYSTEM = """\
def whole_turns(text):
    return [{"role": "system", "content": ANTHROPIC["system"]}, *anthropic_turns(text)]
"""

_NO_SYSTEM = """\
def whole_turns(text):
    return anthropic_turns(text)
"""

_SYSTEM_BY_TEXT = """\
def whole_turns(text):
    turns = anthropic_turns(text)
    if turns[0]["role"] == "system":
        turns[0]["content"] = system_of(turns[0]["content"])
    return turns
"""

_DSPY = '''\
def classifier():
    """A module of DSPy: classifier()(text="...").answer."""
    import dspy

    class Classifier(dspy.Module):
        def forward(self, text):
            reply = ask_NAME(text)
            return dspy.Prediction(answer=READ(reply), reply=str(reply))

    return Classifier()
'''
