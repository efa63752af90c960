"""What became of a sign-in that failed, in the address of the page that comes next: Streamlit only logs it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OUTCOME = "sign_in"  # the name in the address
FAILED, REFUSED, UNREACHABLE = "failed", "refused", "unreachable"
LOGIN, CALLBACK = "/auth/login", "/oauth2callback"
COOKIE = "_streamlit_user="


class SignInOutcome:
    """ASGI middleware around Streamlit's own routes for st.login."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mark = _mark_of(scope) if scope["type"] == "http" else None

        async def send_marked(message: Message) -> None:
            if mark is not None and message["type"] == "http.response.start":
                mark(message)
            await send(message)

        await self.app(scope, receive, send_marked)


def _mark_of(scope: Scope) -> Callable[[Message], None] | None:
    path: str = scope["path"]
    if path.endswith(LOGIN):
        return lambda message: _after_login(message, path.removesuffix(LOGIN) + "/")
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    if path.endswith(CALLBACK) and ("state" in asked or "error" in asked):  # else: back from signing out
        return lambda message: _after_callback(message, REFUSED if "error" in asked else FAILED)
    return None


def _after_login(message: Message, home: str) -> None:
    """Streamlit answers "Authentication error" where the provider cannot be reached."""
    if message["status"] == 400:
        message["status"] = 302
        MutableHeaders(scope=message)["location"] = f"{home}?{OUTCOME}={UNREACHABLE}"


def _after_callback(message: Message, outcome: str) -> None:
    """Who is signed in gets a cookie."""
    headers = MutableHeaders(scope=message)
    cookies = [each.removeprefix(COOKIE) for each in headers.getlist("set-cookie") if each.startswith(COOKIE)]
    signed_in = any(not each.startswith(('""', ";")) for each in cookies)
    if "location" in headers and not signed_in:
        headers["location"] += f"?{OUTCOME}={outcome}"
