"""Results as a notebook shows them: templates filled with every text escaped, so what stands in texts, labels and
replies can only ever be read."""

from __future__ import annotations

from collections.abc import Mapping

from core.exports.html_templates import html_templates


def html_of(template: str, content: Mapping[str, object]) -> str:
    """Half a character that no page could hold becomes a replacement character."""
    page = html_templates(__package__).get_template(template).render(content)
    return page.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
