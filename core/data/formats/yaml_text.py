"""YAML to plain values. Nothing is built, run or fetched: a tag that asks for it becomes `Skipped`. Scalars stay as they are written, so
that a label `yes` or `001` is one; only `null` and `~` mean nothing."""

from __future__ import annotations

import re
from typing import Any

from core.data.formats.values import Skipped
from core.errors import DataError

# References may make a few lines into a value of any size; no real test file comes near.
_MOST_MERGED, _MOST_KEYS = 50, 2_000
_NULL = re.compile(r"(?:~|null|Null|NULL|)$")
_MERGE = re.compile(r"<<$")


def read_yaml(text: str) -> object:
    """The first document. DataError, in one sentence, where it is no YAML."""
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f"Line {mark.line + 1:,} of the file" if mark else "The file"
        problem = (getattr(wrong, "problem", None) or "it cannot be read").split("\n")[0]
        raise DataError(f"{where} is not valid YAML ({problem}): correct it, or export the file again.") from None
    except (RecursionError, ValueError):
        raise DataError("The YAML file holds values that cannot be read or are nested too deeply: export the file again.") from None


def _loader() -> type:
    """PyYAML's safe loader (the fast one where it is there) with fewer rules about what a scalar means."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):
        yaml_implicit_resolvers: dict = {}  # noqa: RUF012

        def flatten_mapping(self, node):
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:merge" and len(getattr(value, "value", ())) > _MOST_KEYS:
                    raise ValueError("too many merged")
                if key.tag == "tag:yaml.org,2002:merge" and isinstance(value, yaml.SequenceNode) and len(value.value) > _MOST_MERGED:
                    raise ValueError("too many merged")
            super().flatten_mapping(node)
            if len(node.value) > _MOST_KEYS:
                raise ValueError("too many keys")

    Loader.add_implicit_resolver("tag:yaml.org,2002:null", _NULL, ["~", "n", "N", ""])
    Loader.add_implicit_resolver("tag:yaml.org,2002:merge", _MERGE, ["<"])
    Loader.add_constructor(None, lambda loader, node: Skipped(node.tag))
    return Loader
