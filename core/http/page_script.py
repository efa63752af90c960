"""A script that runs in the browser before the dashboard's own: it says where the server is, keeps Back a
single press, mends what a screen reader is told of the menu, and loads ahead what the next page needs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Opened at /runs, the dashboard would first ask whether its server is below that path: two requests that fail.
# And a page that writes what it shows into its address (?run=…) would leave the same page behind it in the
# history: the first press of Back would seem to do nothing. A new page may even write before its own path stands in
# the address: that is taken from the page before, which Back would open with it. The menu is marked up as a list in which other things
# stand than its items: as links of the navigation it is read out right. What scrolls is reached by keyboard.
# Scripts that would come late, and the largest of them take seconds, come while the first page is read.
# A field sends what was typed into it a moment after it is left. Left by the press of a link to another page, on a busy
# machine it does so after the link, and the page that was left is drawn again instead: so the link waits for it, three
# frames behind what the field draws and its own timer, which is 150 ms for a cell of a table; a link pressed meanwhile wins.
SCRIPT = """<script>
{
  const MENU = ["", " > li", " > div > li"].map(below => "[data-testid=stSidebarNavItems]" + below + ":not([role])").join();
  const server = location.pathname.replace(/\\/(PAGES)\\/?$/, "/");
  window.__streamlit = {...window.__streamlit, BACKEND_BASE_URL: location.origin + server};
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let early = null;  // what a page has written since the last press
  history.pushState = (state, title, url) => {
    const to = new URL(url, location), from = location.href, stays = to.pathname === location.pathname;
    const mine = !stays && early && to.search === location.search;
    if (mine && early.added) replace(state, title, early.from);
    const added = stays && [...new URLSearchParams(location.search)].every(([key, value]) => to.searchParams.get(key) === value);
    (added || (mine && !early.added) ? replace : push)(state, title, url);
    early = stays ? {from, added} : null;
  };
  const frames = (times, then) => times ? requestAnimationFrame(() => setTimeout(() => frames(times - 1, then))) : then();
  let left = null, last = null;  // the field that the press under way has left; the link pressed last
  for (const press of ["pointerdown", "keydown", "popstate"]) addEventListener(press, () => { early = left = null; }, true);
  addEventListener("focusout", event => { if (event.target.matches("input, textarea")) left = event.target; }, true);
  addEventListener("click", event => {
    const link = event.target.closest("[data-testid=stSidebarNavLink], [data-testid=stPageLink-NavLink]");
    if (link) last = link;
    if (!left || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => frames(3, () => link === last && link.click()), left.matches(".gdg-input, #portal *") ? 200 : 0);
    left = null;
  }, true);
  const ahead = [AHEAD];
  const mend = (which, name, value) => document.querySelectorAll(which).forEach(each => each.setAttribute(name, value));
  new MutationObserver(() => {
    mend(MENU, "role", "none");
    mend("[data-testid=stVerticalBlock][overflow=auto]:not([tabindex])", "tabindex", "0");
    if (ahead.length && document.querySelector("[data-testid=stMain] h1"))
      ahead.splice(0).forEach((path, n) => setTimeout(() => import(location.origin + server + path).catch(() => {}), 1000 * n));
  }).observe(document, {childList: true, subtree: true});
}
</script>"""
PLAIN = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
STALE = (b"content-length", b"etag", b"last-modified", b"accept-ranges")


class PageScript:
    """ASGI middleware. `pages` are the paths of the dashboard's pages, `ahead` those of scripts to load once the
    first page has its heading, one a second."""

    def __init__(self, app: ASGIApp, pages: Sequence[str], ahead: Sequence[str] = ()):
        self.app = app
        paths = ", ".join(json.dumps(path) for path in ahead)
        self._script = SCRIPT.replace("PAGES", "|".join(pages)).replace("AHEAD", paths).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        headers = [each for each in scope["headers"] if each[0] not in PLAIN]
        await self.app({**scope, "headers": headers}, receive, _Inserting(send, self._script))


class _Inserting:
    """Passes a response on; the script comes first in the head of a page, whose body is not long."""

    def __init__(self, send: Send, script: bytes):
        self._send, self._script = send, script
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b"<head>", b"<head>" + self._script, 1)
        headers = [each for each in start["headers"] if each[0].lower() not in STALE]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _wants_page(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and any(
        name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"]
    )
