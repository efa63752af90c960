"""Ten labels in doubt decided by keys alone, undone and redone; then the run is judged anew."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core.state.store import Store
from tests.browser.acting import expect_status, go, press, settled
from tests.browser.serving import Server

pytestmark = pytest.mark.browser


def test_ten_suspects_are_decided_by_keys_undone_and_redone(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    go(page, "Review")
    press(page, "Find labels in doubt")
    main = page.get_by_test_id("stMain")
    page.locator(".st-key-decisions").wait_for()
    settled(page)
    for done, key in enumerate("skxgskxgsk", 1):
        page.keyboard.press(key)
        expect(main).to_contain_text(f"{done} decided")
        settled(page)
    with Store.open(server.workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        decided = store.rows.history(info.id)
        assert store.rows.counts(info.id).reviewed == 8, "those that were left out are not reviewed"
        for left in (9, 8, 7):
            page.keyboard.press("u")
            expect(main).to_contain_text(f"{left} decided")
            settled(page)
        assert store.rows.counts(info.id).reviewed < 8
        for _ in range(3):
            page.keyboard.press("y")
            settled(page)
            page.wait_for_timeout(300)
        assert [(each.example_id, each.field, each.after) for each in store.rows.history(info.id) if not each.undone] == [
            (each.example_id, each.field, each.after) for each in decided if not each.undone]
    go(page, "Runs")
    expect(main).to_contain_text("By today's labels")
