"""Every page in light and dark, as axe-core sees it: names, roles, contrast (4.5 : 1). Its script is vendored in
tests/browser/axe, with its licence (MPL-2.0, from npm)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.services import review
from core.store.store import Store
from core.workspace import Workspace
from tests.browser.acting import settled
from tests.browser.serving import Server
from tests.pages.made import dataset_of, run_of

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
FIRST_VISIT = ("/", "/dataset", "/review", "/runs", "/playground", "/feedback")
AT_WORK = (
    "/",
    *(f"/dataset?data={view}" for view in ("rows", "labels", "history", "import")),
    *(f"/review?review={view}" for view in ("cards", "triage", "label", "second")),
    "/new-run",
    *(f"/runs?view={view}" for view in ("story", "steps", "rules", "rows")),
    "/compare",
    "/benchmark",
    "/playground",
    "/feedback?feedback=rules",
    "/help",
    *(f"/settings?part={part}" for part in ("Keys", "Models", "Limits", "Workspace")),
)
# What Streamlit draws and nobody here can change, by rule and a part of the element:
THEIRS: tuple[tuple[str, str], ...] = ()


def faults(page: Page) -> list[str]:
    """Serious and critical ones: the rule, the element, and for contrast the colours."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]} {(node['any'] or [{}])[0].get('message', '')}"
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
        if not any(rule == violation["id"] and part in node["html"] for rule, part in THEIRS)
    ]


def faults_of(page: Page, origin: str, addresses: tuple[str, ...]) -> dict[str, list[str]]:
    """By page and scheme; nothing of pages without a fault."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for address in addresses:
            page.goto(origin + address)
            page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
            settled(page)
            found[f"{address} {scheme}"] = faults(page)
    return {where: what for where, what in found.items() if what}


def test_the_first_visit_has_no_serious_fault(page: Page, server: Server):
    assert faults_of(page, server.origin, FIRST_VISIT) == {}


def test_no_page_has_a_serious_fault(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        dataset_id = dataset_of(store, "github_issues")
        for name in ("Earlier", "Later"):
            run_of(store, dataset_id, name)
    review.find(Workspace(server.workspace), dataset_id)
    assert faults_of(page, server.origin, AT_WORK) == {}
