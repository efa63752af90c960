"""Jinja as every HTML page here is filled: each text escaped, and an error for what a template lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.wording import count, shortened, squeezed, tight

if TYPE_CHECKING:
    from jinja2 import Environment


def html_templates(*packages: str) -> Environment:
    """The templates in the folders `templates` of packages."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.clear()
    made.filters |= {"count": count, "shortened": shortened, "squeezed": squeezed, "tight": tight}
    return made
