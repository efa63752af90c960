"""Debian's Chromium, and an eye on everything that must never happen in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

INSTALL = "There is no Chromium to test with: `apt-get install chromium`, or set CHROMIUM=/path/to/chrome."
WAIT = 60_000  # ms: generous, for two cores that others use too; a wait ends as soon as what is waited for is there
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# A dialog or an error may flash by while the page is drawn: told at once, as an error of the console.
EYE = """
    new MutationObserver(() => {
        if (document.querySelector('[data-testid="stException"]')) console.error('seen: an exception on the page');
        for (const dialog of document.querySelectorAll('[role="dialog"]'))
            if (/page not found/i.test(dialog.textContent)) console.error('seen: Page not found');
    }).observe(document, {childList: true, subtree: true});
"""


def chromium() -> str:
    """Its path; LookupError with what to install."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not os.access(found, os.X_OK):
        raise LookupError(INSTALL)
    return found


@contextmanager
def opened_browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = _launched(playwright, path)
        try:
            yield browser
        finally:
            browser.close()


def _launched(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


def opened_context(browser: Browser) -> BrowserContext:
    """A visitor with a screen of 1440 by 900, patient."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(WAIT)
    return context


class Watch:
    """What the pages of a context ask for and complain about. Only `origin` may be asked, not even another
    port of this machine. While the server is `away` (a test has killed it), what the browser says of that is
    expected."""

    def __init__(self, origin: str):
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.away = False
        self._host = urlsplit(origin).netloc

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(EYE)
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", self._said)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("page", self._sockets)

    def _sockets(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != self._host:
            self.outside.append(url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error" or (self.away and "seen:" not in message.text):
            return
        self.errors.append(message.text + " " + message.location["url"])
