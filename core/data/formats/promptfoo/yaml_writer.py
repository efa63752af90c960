"""YAML, as much of it as a configuration file needs: mappings and lists in blocks, every text in double
quotes.

A JSON text is a YAML text, but for a few letters that YAML wants escaped: so nothing in a text can be taken
for YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
# what YAML's c-printable leaves out, and what breaks lines
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def to_yaml(value: object, indent: int = 0) -> str:
    """Blocks, ending in a newline. Keys are texts, values are mappings, lists, texts, numbers, booleans or
    None."""
    pad = "  " * indent
    if isinstance(value, Mapping) and value:
        return "".join(pad + _key(str(key)) + ":" + _below(each, indent) for key, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return "".join(pad + "-" + _item(each, indent) for each in value)
    return pad + _scalar(value) + "\n"


def _below(value: object, indent: int) -> str:
    return "\n" + to_yaml(value, indent + 1) if _is_block(value) else " " + _scalar(value) + "\n"


def _item(value: object, indent: int) -> str:
    """A list's item: its first line stands behind the dash."""
    return " " + to_yaml(value, indent + 1).lstrip(" ") if _is_block(value) else " " + _scalar(value) + "\n"


def _is_block(value: object) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str) and bool(value)


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else yaml_string(text)


def _scalar(value: object) -> str:
    return yaml_string(value) if isinstance(value, str) else json.dumps(value)


def yaml_string(text: str) -> str:
    return _UNPRINTABLE.sub(lambda letter: f"\\u{ord(letter[0]):04x}", json.dumps(text, ensure_ascii=False))
