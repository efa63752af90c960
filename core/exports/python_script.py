"""A Python file that classifies texts with a prompt, through the OpenAI or the Anthropic SDK, and needs
nothing of Whetstone. It holds the source of our modules that read replies, so it reads them as the app does."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pprint import pformat

from core.exports.model_server import call_arguments, client_arguments
from core.exports.request_template import RequestTemplate
from core.prompts import answers, matching, thoughts
from core.types import TextTemplate

WIDTH = 110
_OURS = __name__.removesuffix("exports.python_script")  # "core.", or "whetstone.core." where it is installed
_KNOWN = {
    "model",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "temperature",
    "reasoning_effort",
    "reasoning",
    "response_format",
    "text",
    "store",
    "seed",
    "system",
    "thinking",
    "output_config",
}


def to_snippet(
    about: Sequence[str], labels: Sequence[str], openai: RequestTemplate, anthropic: RequestTemplate
) -> str:
    """The file's text. `about` are lines for its head; both providers are asked exactly as the app asks
    them."""
    openai_name, anthropic_name = (_name_of(each) for each in (openai, anthropic))
    reading = [inspect.getsource(module) for module in (matching, thoughts, answers)]
    head = [
        "Classifies texts with a prompt that Whetstone tuned.",
        "",
        *about,
        "",
        "    pip install openai anthropic",
        *(
            f"    python classify.py {_name_of(each)} 'the text'".ljust(47) + f" ({_where(each)})"
            for each in (openai, anthropic)
        ),
    ]
    return "\n".join(
        [
            '"""' + "\n".join(map(_in_docstring, head)) + '\n"""',
            "",
            *_imports(reading, _modules(openai, anthropic)),
            "",
            "LABELS = " + _literal(list(labels)),
            f"TAG = {openai.tag!r}  # encloses the text, which must not close it",
            *_fields(openai.made_of),
            "",
            _constants("OPENAI", openai),
            "",
            _constants("ANTHROPIC", anthropic),
            "",
            "",
            _asking(openai, anthropic),
            "",
            *map(_source, reading),
            (_MAIN_OF_FIELDS if openai.made_of else _MAIN).format(
                openai=openai_name, anthropic=anthropic_name
            ),
        ]
    )


def _modules(openai: RequestTemplate, anthropic: RequestTemplate) -> set[str]:
    """What the file itself imports besides the usual."""
    return ({"os"} if openai.server or anthropic.server else set()) | ({"json"} if openai.made_of else set())


def _fields(made_of: TextTemplate | None) -> list[str]:
    """How the text is made of fields; nothing where it comes as it is."""
    if made_of is None:
        return []
    names = "FIELDS = " + _literal(list(made_of.fields))
    return [names, "TEMPLATE = " + text_literal(made_of.text), "", "", _TEXT_OF.rstrip("\n")]


def _name_of(template: RequestTemplate) -> str:
    """By which the file is told whom to ask."""
    return template.server.name if template.server else template.wire


def _where(template: RequestTemplate) -> str:
    return "asks " + template.server.where() if template.server else f"with {template.wire.upper()}_API_KEY"


def _asking(openai: RequestTemplate, anthropic: RequestTemplate) -> str:
    code = _ASKING.replace("OPENAI_CALL", _CALLS[openai.turns_name])
    for name, template in (("OpenAI", openai), ("Anthropic", anthropic)):
        server = template.server
        code = code.replace(f" {name}().", f" {name}({client_arguments(server)}).")
        code = code.replace(
            f"(**{name.upper()}, {template.turns_name}=turns)",
            f"(**{name.upper()}, {template.turns_name}=turns{call_arguments(server)})",
        )
        if server and server.omits_authorization:
            code = code.replace(f"import {name}\n", f"import {name}, Omit\n")
    return code


def _imports(sources: Iterable[str], own: set[str]) -> list[str]:
    """The lines that import what the sources and the file itself use: the standard library, none of ours."""
    modules = {"re", "sys"} | own
    names: defaultdict[str, set[str]] = defaultdict(set)
    for node in (node for source in sources for node in ast.parse(source).body):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(_OURS):
            names[node.module].update(alias.name for alias in node.names)
    first = names.pop("__future__")
    return [
        f"from __future__ import {', '.join(sorted(first))}\n",
        *(f"import {name}" for name in sorted(modules)),
        *(f"from {name} import {', '.join(sorted(names[name]))}" for name in sorted(names)),
    ]


def _source(module: str) -> str:
    """The module under its first sentence, without what it imports."""
    body = ast.parse(module).body
    last = max(node.end_lineno or 0 for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    about = str(ast.get_docstring(ast.parse(module))).split("\n\n")[0]
    heading = "\n".join("# " + line for line in ("---- " + about).splitlines())
    return heading + "\n\n" + "".join(module.splitlines(keepends=True)[last:]).strip() + "\n\n"


def _in_docstring(line: str) -> str:
    return (
        " ".join(line.split()).replace("\\", "\\\\").replace('"', "'")
        if not line.startswith("    ")
        else line
    )


def _constants(name: str, template: RequestTemplate) -> str:
    known = {key: value for key, value in template.parameters.items() if key in _KNOWN}
    extra = {key: value for key, value in template.parameters.items() if key not in _KNOWN}
    parameters = known | ({"extra_body": extra} if extra else {})
    return "\n".join(
        [
            f"{name} = " + _mapping(parameters),
            f"{name}_FIRST = " + _literal([dict(turn) for turn in template.first]),
            f"{name}_BEFORE = " + text_literal(template.before),
            f"{name}_AFTER = " + text_literal(template.after),
            f"{name}_LAST = " + _literal([dict(turn) for turn in template.last]),
            f"{name}_PREFIX = " + text_literal(template.reply_prefix) + "  # every reply begins with it",
        ]
    )


def _mapping(parameters: Mapping[str, object]) -> str:
    """A dict display; long texts are broken after their line ends."""
    lines = [
        f"    {key!r}: {text_literal(value, 8) if isinstance(value, str) else _literal(value)},"
        for key, value in parameters.items()
    ]
    return "{\n" + "\n".join(lines) + "\n}"


def text_literal(text: str, indent: int = 4) -> str:
    """A text as Python, a line of it per line of code."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return repr(text)
    pad = " " * indent
    return "(\n" + "\n".join(pad + repr(line) for line in lines) + "\n" + pad[4:] + ")"


def _literal(value: object) -> str:
    return pformat(value, width=WIDTH, sort_dicts=False)


_CALLS = {
    "messages": """choice = OpenAI().chat.completions.create(**OPENAI, messages=turns).choices[0]
    text = choice.message.refusal or with_prefix(OPENAI_PREFIX, choice.message.content or "")
    return Reply(text, cut_off=choice.finish_reason == "length")""",
    "input": """reply = OpenAI().responses.create(**OPENAI, input=turns)
    why = reply.incomplete_details.reason if reply.incomplete_details else ""
    return Reply(with_prefix(OPENAI_PREFIX, reply.output_text), cut_off=why == "max_output_tokens")""",
}

_ASKING = '''\
class Reply(str):
    """The text of a reply. `cut_off`: it was stopped at its length limit."""

    def __new__(cls, text, cut_off=False):
        reply = super().__new__(cls, text)
        reply.cut_off = cut_off
        return reply


def quoted(text):
    """The text, unable to close the tag around it."""
    return re.sub(r"<(\\s*)/(?=\\s*" + re.escape(TAG) + r"(?![\\w.-]))", r"<\\1\\\\/", text, flags=re.IGNORECASE) if TAG else text


def ask_openai(text):
    from openai import OpenAI

    turns = [*OPENAI_FIRST, {"role": "user", "content": OPENAI_BEFORE + quoted(text) + OPENAI_AFTER}, *OPENAI_LAST]
    OPENAI_CALL


def ask_anthropic(text):
    from anthropic import Anthropic

    turns = [*ANTHROPIC_FIRST, {"role": "user", "content": ANTHROPIC_BEFORE + quoted(text) + ANTHROPIC_AFTER}, *ANTHROPIC_LAST]
    reply = Anthropic().messages.create(**ANTHROPIC, messages=turns)
    text = "".join(block.text for block in reply.content if block.type == "text")
    return Reply(with_prefix(ANTHROPIC_PREFIX, text), cut_off=reply.stop_reason == "max_tokens")


def read_label(reply):
    """The label that the reply names, None if it names none of LABELS."""
    return read_answer(reply, LABELS, getattr(reply, "cut_off", False)).label or None
'''

_TEXT_OF = '''\
def text_of(fields):
    """The text of an input that comes as FIELDS: each {field} of TEMPLATE is replaced, in one pass."""
    names = sorted(FIELDS, key=len, reverse=True)
    places = "|".join(re.escape("{" + name + "}") for name in names)
    return re.sub(places, lambda place: fields[place[0][1:-1]].strip(), TEMPLATE)
'''

_MAIN_OF_FIELDS = """\
if __name__ == "__main__":  # texts that are ready, or with --fields a JSON object of FIELDS for each
    ask = {{"{openai}": ask_openai, "{anthropic}": ask_anthropic}}[sys.argv[1]]
    fields = sys.argv[2:3] == ["--fields"]
    for each in sys.argv[3 if fields else 2 :] or sys.stdin.read().splitlines():
        print(read_label(ask(text_of(json.loads(each)) if fields else each)), each, sep="\\t")
"""

_MAIN = """\
if __name__ == "__main__":
    ask = {{"{openai}": ask_openai, "{anthropic}": ask_anthropic}}[sys.argv[1]]
    for each in sys.argv[2:] or sys.stdin.read().splitlines():
        print(read_label(ask(each)), each, sep="\\t")
"""
