"""Words of the screen that docs/glossary.md has retired do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = ("pages", "core/cli", "core/exports/report", "core/exports/story", "core/services")
RETIRED = (
    r"(?<!could not be )(?<!cannot be )\bread as (?!a? ?\{table|CSV)",
    r"\bread rightly",
    r"\bread otherwise",
    r"\bWhat runs said",
    r"\bfixed \{[^}]*\}, broke",
    r"no evidence of (a difference|an improvement)",
    r"moved no row",
    r"no row moved",
    r"only what measures better",
    r"\bno (strict )?claim\b",
    r"the test figure",
    r"\bWhat (it|they) took",
    r"^In their order$",
    r"on the spot",
    r"[Dd]efinition gap",
    r"^Gap$",
    r"\b[Aa]blate\b",
    r"^(Rather|Begun|Became|Said|Money|Baseline|Took)$",
    r"^Take away$",
    r"^Leave it$",
    r"\banew\b",
    r"\b[Kk]nee\b",
    r"told the same",
)


def test_words_that_the_glossary_has_retired_are_not_on_screen():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {words[:70]!r} ({retired})"
        for place in PLACES
        for path in sorted((ROOT / place).rglob("*.py"))
        for line, words in _shown(ast.parse(path.read_text("utf-8")))
        for retired in RETIRED
        if re.search(retired, words)
    ]
    assert not found, "docs/glossary.md, On the screen, has the word instead:\n" + "\n".join(found)


def _shown(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that are no docstring, with {} for what is filled in, each with its line."""
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and _begins_with_text(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in parts | docstrings:
                yield node.lineno, node.value


def _begins_with_text(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
