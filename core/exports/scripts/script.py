"""A Python file that classifies texts with a prompt and needs nothing of Whetstone: it asks as the app asks, and holds the
source of our modules that read replies, so it reads them as the app does."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import ModuleType

from core.exports.request_template import RequestTemplate
from core.exports.scripts.answers import REPLY, ScriptAnswer
from core.exports.scripts.calls import KNOWN_PARAMETERS, Call, sdk_call
from core.exports.scripts.frameworks import dspy_call, langchain_call
from core.exports.scripts.literals import mapping_literal, python_literal, text_literal
from core.exports.scripts.turns import (
    prompt_constants,
    shared_functions,
    turn_constants,
    turn_function,
    turn_modules,
)
from core.prompts.named_labels import spelling
from core.similarity import shortener
from core.types import TextTemplate

_OURS = __name__.removesuffix("exports.scripts.script")  # "core.", or "whetstone.core." where it is installed

Side = tuple[RequestTemplate, Call]


def to_script(about: Sequence[str], form: ScriptAnswer, templates: Sequence[RequestTemplate]) -> str:
    """The file's text. `about` are lines for its head. Of several `templates`, all of one prompt, whoever starts it chooses
    one."""
    return _script(about, form, [(template, sdk_call(template)) for template in templates])


def to_langchain(about: Sequence[str], form: ScriptAnswer, template: RequestTemplate) -> str:
    return _script(about, form, [(template, langchain_call(template, form.reader))])


def to_dspy(about: Sequence[str], form: ScriptAnswer, template: RequestTemplate) -> str:
    return _script(about, form, [(template, dspy_call(template, form.reader))])


def _script(about: Sequence[str], form: ScriptAnswer, sides: Sequence[Side]) -> str:
    one = sides[0][0]
    modules = [*form.modules(), *turn_modules(one.by_text)]
    parts = [
        '"""' + "\n".join(map(_in_docstring, _head(about, sides))) + '\n"""',
        "\n".join(_imports(modules, sides)),
        "\n".join([*form.constants(), *prompt_constants(one.by_text, one.tag), *_fields(one.made_of)]),
        *("\n".join(_constants(*side)) for side in sides),
        *([_TEXT_OF] if one.made_of else []),
        shared_functions(one.by_text),
        *(turn_function(template, call.name) for template, call in sides),
        REPLY,
        *(call.code for _, call in sides),
        form.function(),
        *map(_source, modules),
        _main(form, sides),
    ]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _head(about: Sequence[str], sides: Sequence[Side]) -> list[str]:
    packages = " ".join(call.packages for _, call in sides)
    head = [
        "Classifies texts with a prompt that Whetstone tuned.",
        "",
        *about,
        "",
        f"    pip install {packages}",
    ]
    for template, _ in sides:
        chosen = _name_of(template) + " " if len(sides) > 1 else ""
        head.append(f"    python classify.py {chosen}'the text'".ljust(47) + f" ({_where(template)})")
    return head


def _name_of(template: RequestTemplate) -> str:
    """By which the file is told whom to ask."""
    return template.server.name if template.server else template.wire


def _where(template: RequestTemplate) -> str:
    return "asks " + template.server.where() if template.server else f"with {template.wire.upper()}_API_KEY"


def _fields(made_of: TextTemplate | None) -> list[str]:
    """How the text is made of fields; nothing where it comes as it is."""
    if made_of is None:
        return []
    return ["FIELDS = " + python_literal(list(made_of.fields)), "TEMPLATE = " + text_literal(made_of.text)]


def _constants(template: RequestTemplate, call: Call) -> list[str]:
    known = {key: value for key, value in template.parameters.items() if key in KNOWN_PARAMETERS}
    extra = {key: value for key, value in template.parameters.items() if key not in KNOWN_PARAMETERS}
    parameters = known | ({"extra_body": extra} if extra else {})
    name = call.name.upper()
    return [f"{name} = " + mapping_literal(parameters), *turn_constants(template, name)]


def _main(form: ScriptAnswer, sides: Sequence[Side]) -> str:
    template, call = sides[0]
    names = ", ".join(f'"{_name_of(template)}": ask_{call.name}' for template, call in sides)
    choice = f"{{{names}}}[sys.argv[1]]" if len(sides) > 1 else f"ask_{call.name}"
    main = (_MAIN_OF_FIELDS if template.made_of else _MAIN).replace("CHOICE", choice)
    first = 2 if len(sides) > 1 else 1
    if call.packages.startswith("langchain"):
        main = _MAIN_OF_CHAIN
    main = main.replace("FIRST", str(first)).replace("SECOND", str(first + 1))
    return main.replace("READ", form.reader).replace("PRINTED", form.printed())


# ---- our own source


def _imports(modules: Iterable[ModuleType], sides: Sequence[Side]) -> list[str]:
    """The lines that import what the sources and the file itself use: the standard library, none of ours."""
    template = sides[0][0]
    plain = {"re", "sys"} | ({"os"} if any(side.server for side, _ in sides) else set())
    plain |= {"json"} if template.made_of else set()
    names: defaultdict[str, set[str]] = defaultdict(set)
    if template.by_text is not None:
        names["functools"].add("cache")
    for node in (node for module in modules for node in ast.parse(inspect.getsource(module)).body):
        if isinstance(node, ast.Import):
            plain.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(_OURS):
            names[node.module].update(alias.name for alias in node.names)
    first = names.pop("__future__")
    return [
        f"from __future__ import {', '.join(sorted(first))}\n",
        *(f"import {name}" for name in sorted(plain)),
        *(f"from {name} import {', '.join(sorted(names[name]))}" for name in sorted(names)),
    ]


def _source(module: ModuleType) -> str:
    """The module under its first sentence, without what it imports."""
    source = inspect.getsource(module)
    tree = ast.parse(source)
    last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    about = str(ast.get_docstring(tree)).split("\n\n")[0]
    heading = "\n".join("# " + line for line in ("---- " + about).splitlines())
    before = inspect.getsource(spelling) + "\n\n" if module is shortener else ""
    return heading + "\n\n" + before + "".join(source.splitlines(keepends=True)[last:]).strip() + "\n"


def _in_docstring(line: str) -> str:
    if line.startswith("    "):
        return line
    return " ".join(line.split()).replace("\\", "\\\\").replace('"', "'")


_TEXT_OF = '''\
def text_of(fields):
    """The text of an input that comes as FIELDS: each {field} of TEMPLATE is replaced, in one pass."""
    names = sorted(FIELDS, key=len, reverse=True)
    places = "|".join(re.escape("{" + name + "}") for name in names)
    return re.sub(places, lambda place: fields[place[0][1:-1]].strip(), TEMPLATE)
'''

_MAIN_OF_FIELDS = """\
if __name__ == "__main__":  # texts that are ready, or with --fields a JSON object of FIELDS for each
    ask = CHOICE
    fields = sys.argv[FIRST:SECOND] == ["--fields"]
    for each in sys.argv[SECOND if fields else FIRST :] or sys.stdin.read().splitlines():
        read = READ(ask(text_of(json.loads(each)) if fields else each))
        print(PRINTED, each, sep="\\t")
"""

_MAIN = """\
if __name__ == "__main__":
    ask = CHOICE
    for each in sys.argv[FIRST:] or sys.stdin.read().splitlines():
        read = READ(ask(each))
        print(PRINTED, each, sep="\\t")
"""

_MAIN_OF_CHAIN = """\
if __name__ == "__main__":
    answered = classifier()
    for each in sys.argv[1:] or sys.stdin.read().splitlines():
        read = answered.invoke(each)
        print(PRINTED, each, sep="\\t")
"""
