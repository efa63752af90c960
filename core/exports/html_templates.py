"""Jinja as every HTML page here is filled: each text escaped, and an error for what a template lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.wording import count, tight

if TYPE_CHECKING:
    from jinja2 import Environment


def html_templates(package: str) -> Environment:
    """The templates in the folder `templates` of a package."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.clear()
    made.filters |= {"count": count, "tight": tight}
    return made
