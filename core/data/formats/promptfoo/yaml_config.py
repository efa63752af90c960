"""promptfoo tests, in YAML, JSON or JSON lines: variables, and an assertion that names the expected label.

Assertions that are code or ask a model name no label. `file://…`, YAML tags and references are skipped and
told, never followed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.json_text import Record, read_value
from core.data.formats.promptfoo.assertions import Passed, expected_label
from core.data.formats.promptfoo.escapes import is_address, unshielded, variable, variables_in
from core.data.formats.values import Skipped, cell
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset, Example
from core.wording import quoted

FORMAT = "promptfoo tests"
_CONFIG = ("tests", "prompts", "providers", "defaultTest", "scenarios")
_MOST_COMBINED = 1_000


def recognises(records: Sequence[Record]) -> bool:
    return all("vars" in record for record in records)


def is_config(value: object) -> bool:
    """Whether a whole document is promptfoo's: a configuration, or a list of tests."""
    if isinstance(value, Mapping):
        return "tests" in value and any(key in value for key in _CONFIG)
    return isinstance(value, list) and any(isinstance(test, Mapping) and "vars" in test for test in value)


def config_in(text: str) -> Mapping | None:
    """The configuration that a JSON text is; None for any other text."""
    if '"tests"' not in text:
        return None
    try:
        value = read_value(text)
    except ValueError:
        return None
    return value if isinstance(value, Mapping) and is_config(value) else None


def read_config(value: object, source: Source) -> Table:
    """DataError where the tests stand elsewhere."""
    if not isinstance(value, Mapping):
        return read(value if isinstance(value, list) else [], source)
    tests = value.get("tests")
    if isinstance(tests, str):
        raise DataError(
            f"The tests stand in another file ({quoted(tests)}), which is not opened from here: import that file itself."
        )
    return read(
        tests if isinstance(tests, list) else [tests],
        source,
        value.get("defaultTest"),
        _used(value.get("prompts")),
    )


def read(tests: Sequence[object], source: Source, default: object = None, used: Sequence[str] = ()) -> Table:
    """`default` is what every test has, `used` are the variables that the prompts name."""
    passed, entries = Passed(), []
    for test in tests:
        entries += _entries(test, default if isinstance(default, Mapping) else {}, passed)
    names = list(dict.fromkeys(name for entry in entries for name in entry.texts))
    texts = [name for name in names if name in used]
    return table_of(entries, Source(FORMAT, source.encoding, [*source.notices, *passed.notices()]), texts)


def _entries(test: object, default: Mapping, passed: Passed) -> Iterator[Entry]:
    if isinstance(test, str):
        passed.elsewhere.append(test)
        return
    if not isinstance(test, Mapping):
        return
    given = _mapping(default.get("vars"), passed) | _mapping(test.get("vars"), passed)
    asserted = [*_listed(test.get("assert"), passed), *_listed(default.get("assert"), passed)]
    metadata = {**_mapping(default.get("metadata"), passed), **_mapping(test.get("metadata"), passed)}
    for values in _each(given):
        texts = {name: _text(value, passed) for name, value in values.items()}
        label, taken = _label(asserted, texts, passed)
        roles, others = told_by(metadata)
        roles = {role: unshielded(told) for role, told in roles.items()}
        if test.get("description"):
            others["description"] = cell(test["description"])
        yield Entry(
            {name: text for name, text in texts.items() if name != taken}, {"label": label}, roles, others
        )


def _label(asserted: Sequence[object], texts: Mapping[str, str], passed: Passed) -> tuple[str, str]:
    """The expected label, and the variable that held it, if one did."""
    expected = expected_label(asserted, passed)
    name = variable(expected)
    if name in texts:
        return texts[name], name
    return unshielded(expected), ""


def _each(given: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """promptfoo makes a test of every combination of variables that are lists of scalars."""
    lists = {
        name: value
        for name, value in given.items()
        if isinstance(value, list) and value and not any(map(_is_nested, value))
    }
    total = 1
    for value in lists.values():
        total *= len(value)
    if total > _MOST_COMBINED:
        raise DataError(
            f"A test lists variables with {total:,} combinations, more than {_MOST_COMBINED:,}: write the tests one by one."
        )
    for chosen in itertools.product(*lists.values()):
        yield {**given, **dict(zip(lists, chosen, strict=True))}


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping | list)


def _text(value: object, passed: Passed) -> str:
    if isinstance(value, Skipped):
        passed.elsewhere.append(str(value))
        return ""
    text = cell(value)
    if (
        is_address(text)
        and "\n" not in text
        and " " not in text.strip()
        and not text.lstrip().startswith("http")
    ):
        passed.elsewhere.append(text)
        return ""
    return unshielded(text)


def _mapping(value: object, passed: Passed) -> dict[str, object]:
    if isinstance(value, str) and value:
        passed.elsewhere.append(str(value))
    return {cell(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else {}


def _listed(value: object, passed: Passed) -> list[object]:
    if isinstance(value, str) and value:
        passed.elsewhere.append(str(value))
    return value if isinstance(value, list) else []


def _used(prompts: object) -> list[str]:
    """Variables that the prompts name, in their order."""
    if isinstance(prompts, Mapping):
        prompts = list(prompts.values())
    return [
        name
        for prompt in (prompts if isinstance(prompts, list) else [prompts])
        for name in variables_in(cell(prompt))
    ]


def lines_of(
    dataset: Dataset, metadata_of: Callable[[Example], dict], quote: Callable[[str], str]
) -> Iterator[str]:
    """A YAML list of tests: `quote` writes one string."""
    yield "# In promptfooconfig.yaml: tests: file://NAME-OF-THIS-FILE, and {{text}} in the prompt.\n"
    for row in dataset.examples:
        yield (
            "- vars:\n    text: "
            + quote(row.text)
            + "\n  assert:\n    - type: equals\n      value: "
            + quote(row.label)
            + "\n"
        )
        yield "  metadata:\n"
        for key, told in metadata_of(row).items():
            yield "    " + key + ": " + ("true" if told is True else quote(told)) + "\n"
