"""promptfoo's templates (Nunjucks), as far as they only name variables: `{{ item.label | lower }}` is worked out,
nothing is ever run. And texts that must not be taken for templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from core.data.formats.reading.values import Skipped, cell

_EXPRESSION = re.compile(r"""\{\{-?((?:'[^']*'|"[^"]*"|[^'"{}])*?)-?\}\}""")
_STATEMENT = re.compile(r"\{[%#]|\{\{")
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'[^']*'|"[^"]*")|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<name>[^\W\d][\w$]*(?:-[\w$]+)*)|(?P<mark>[.|()\[\],]))"""
)
_USED = re.compile(r"\{\{-?\s*([^\W\d][\w$\-]*(?:\.[\w$\-]+|\[(?:'[^']*'|\"[^\"]*\"|\d+)\])*)")
_STEP = re.compile(r"\[['\"]?([^'\"\]]+)['\"]?\]")
_MEANT = re.compile(r"\{[{%#]|\A(?:file|package)(?=:)")
_ESCAPED = re.compile(r"\{\{\s*'(\{[{%#]?|file|package)'\s*\}\}")
_MISSING = object()
_LONGEST = 1_000_000  # characters that templates within templates may make


class Unrenderable(ValueError):
    """The template asks for more than variables and simple filters, or for a variable that is not there."""


class Variables(Mapping[str, object]):
    """Variables of a test, of which one may be a template that names others: worked out when asked for, once.
    Unrenderable where that leads back to itself."""

    def __init__(self, given: Mapping[str, object]):
        self._given = given
        self._done: dict[str, object] = {}
        self._open: set[str] = set()
        self._failed: set[str] = set()

    def __getitem__(self, name: str) -> object:
        value = self._given[name]
        if not isinstance(value, str) or isinstance(value, Skipped) or not is_template(value):
            return value
        if name not in self._done:
            if name in self._open or name in self._failed:
                raise Unrenderable(name)
            self._open.add(name)
            try:
                self._done[name] = rendered(value, self)
            except Unrenderable:
                self._failed.add(name)
                raise
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def rendered(template: str, variables: Mapping[str, object]) -> object:
    """What the template makes: of one expression alone its value, else a text. Raises Unrenderable."""
    found = list(_EXPRESSION.finditer(template))
    rest = _EXPRESSION.sub("", template)
    if _STATEMENT.search(rest):
        raise Unrenderable(template)
    try:
        if len(found) == 1 and not rest.strip():
            return _value(found[0][1], variables)
        text = _EXPRESSION.sub(lambda match: cell(_value(match[1], variables)), template)
    except RecursionError:  # hundreds of variables that name one another, or filters within filters
        raise Unrenderable(template) from None
    if len(text) > _LONGEST:
        raise Unrenderable(template)
    return text


def is_template(text: str) -> bool:
    return bool(_STATEMENT.search(text))


def variables_in(text: str) -> list[str]:
    """The paths of the variables that a text names: item.ticket_text."""
    return [_STEP.sub(r".\1", path) for path in _USED.findall(text)]


def _value(expression: str, variables: Mapping[str, object]) -> object:
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        match = _TOKEN.match(expression, at)
        if not match:
            raise Unrenderable(expression)
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    value = _Parser(tokens, variables).whole()
    if value is _MISSING:
        raise Unrenderable(expression)
    return value


class _Parser:
    """A variable, a text or a number, with steps into it and filters behind it."""

    def __init__(self, tokens: Sequence[tuple[str, str]], variables: Mapping[str, object]):
        self._tokens, self._variables, self._at = tokens, variables, 0

    def whole(self) -> object:
        value = self._filtered()
        if self._at != len(self._tokens):
            raise Unrenderable
        return value

    def _take(self, mark: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark)
        self._at += there
        return there

    def _next(self, *kinds: str) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] not in kinds:
            raise Unrenderable
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _filtered(self) -> object:
        value = self._stepped()
        while self._take("|"):
            name, given = self._next("name"), []
            if self._take("(") and not self._take(")"):
                given.append(self._filtered())
                while self._take(","):
                    given.append(self._filtered())
                if not self._take(")"):
                    raise Unrenderable
            value = _apply(name, value, given)
        return value

    def _stepped(self) -> object:
        token = self._next("string", "number", "name")
        if self._tokens[self._at - 1][0] != "name":
            return token[1:-1] if token[0] in "'\"" else token
        value = {"true": "true", "false": "false"}.get(token, self._variables.get(token, _MISSING))
        outer = value
        while True:
            if self._take("."):
                value = _step(value, self._next("name", "number"))
            elif self._take("["):
                value = _step(value, self._next("string", "number").strip("'\""))
                if not self._take("]"):
                    raise Unrenderable
            elif value is not outer and isinstance(value, str) and is_template(value):
                raise Unrenderable(value)
            else:
                return value


def _step(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name, _MISSING)
    if isinstance(value, list) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return _MISSING


def _apply(name: str, value: object, given: Sequence[object]) -> object:
    if name in ("default", "d") and len(given) in (1, 2):
        empty = value is _MISSING or (len(given) == 2 and not cell(value))
        return given[0] if empty else value
    if value is _MISSING:
        raise Unrenderable(name)
    if name in ("first", "last") and isinstance(value, list) and value:
        return value[0 if name == "first" else -1]
    if name == "join" and isinstance(value, list):
        return cell(given[0] if given else "").join(map(cell, value))
    if name == "replace" and len(given) == 2:
        return cell(value).replace(cell(given[0]), cell(given[1]))
    change = _FILTERS.get(name)
    if change is None or given or isinstance(value, Mapping | list):
        raise Unrenderable(name)
    return change(cell(value))


_FILTERS: Mapping[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "capitalize": str.capitalize,
    "title": lambda text: " ".join(word.capitalize() for word in text.split(" ")),
    "string": str,
    "safe": str,
}


def shielded(text: str) -> str:
    """`{{x}}` becomes `{{'{{'}}x}}`, which promptfoo's templates show as `{{x}}`."""
    return _MEANT.sub(lambda match: "{{'" + match[0] + "'}}", text)


def unshielded(text: str) -> str:
    return _ESCAPED.sub(lambda match: match[1], text)
