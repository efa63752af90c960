"""The dashboard as people see it: a real server, a real browser. Every test also asks that nothing was
fetched from elsewhere, that neither console complained, that no page was missing and no exception shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.serving import Server
from tests.browser.watching import WAIT, Watch, opened_browser, opened_context


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: while Playwright is open, no other test of this process could run an event loop."""
    expect.set_options(timeout=WAIT)
    try:
        with opened_browser() as opened:
            yield opened
    except LookupError as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a dashboard on the workspace of that name; `new_server(WHETSTONE_READ_ONLY="1")` sets variables of its
    environment."""
    started: list[Server] = []

    def start(workspace: str = "workspace", **environment: str) -> Server:
        started.append(Server(tmp_path / workspace, **environment))
        return started[-1].start()

    yield start
    for server in started:
        server.stop()
    for server in started:
        assert server.trouble() == [], server.console()


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    return new_server()


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    watching = Watch(server.origin)
    yield watching
    assert watching.outside == [], "asked elsewhere"
    assert watching.errors == [], "the browser's console"


@pytest.fixture
def context(browser: Browser, watch: Watch) -> Iterator[BrowserContext]:
    context = opened_context(browser)
    watch.follow(context)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
