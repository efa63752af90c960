"""A Python file that classifies texts with a prompt, through the OpenAI or the Anthropic SDK, and needs
nothing of Whetstone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pprint import pformat

from core.exports.request_template import RequestTemplate

WIDTH = 110
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
    head = [
        "Classifies texts with a prompt that Whetstone tuned.",
        "",
        *about,
        "",
        "    pip install openai anthropic",
        "    python classify.py openai 'the text'        (with OPENAI_API_KEY)",
        "    python classify.py anthropic 'the text'     (with ANTHROPIC_API_KEY)",
    ]
    return "\n".join(
        [
            '"""' + "\n".join(map(_in_docstring, head)) + '\n"""',
            "",
            "import json\nimport re\nimport sys\nimport unicodedata\n",
            "LABELS = " + _literal(list(labels)),
            f"TAG = {openai.tag!r}  # encloses the text, which must not close it",
            "",
            _constants("OPENAI", openai),
            "",
            _constants("ANTHROPIC", anthropic),
            "",
            "",
            _CODE.replace("OPENAI_CALL", _CALLS[openai.turns_name]),
        ]
    )


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
    "messages": 'reply = OpenAI().chat.completions.create(**OPENAI, messages=turns)\n    return reply.choices[0].message.content or ""',
    "input": "return OpenAI().responses.create(**OPENAI, input=turns).output_text",
}

_CODE = '''\
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
    return "".join(block.text for block in reply.content if block.type == "text")


def folded(text):
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def read_label(reply):
    """The label that the reply names, None if it names none of LABELS."""
    said = None
    try:
        said = json.loads(reply)["label"]
    except (ValueError, TypeError, KeyError):
        found = re.findall(r"<\\s*label\\s*>(.*?)<\\s*/\\s*label\\s*>", reply, re.IGNORECASE | re.DOTALL)
        said = found[-1] if found else reply
    said, by_fold = str(said).strip(), {folded(label): label for label in LABELS}
    return said if said in LABELS else by_fold.get(folded(said)) or by_fold.get(folded(said.strip(".\\"'`* ")))


if __name__ == "__main__":
    ask = {"openai": ask_openai, "anthropic": ask_anthropic}[sys.argv[1]]
    for each in sys.argv[2:] or sys.stdin.read().splitlines():
        print(read_label(ask(each)), each, sep="\\t")
'''
