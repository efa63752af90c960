"""Signing in at a provider, as viewer and then as spender; and what goes wrong at the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import SLOW, button, press, settled
from tests.browser.serving import Server
from tests.browser.watching import opened_context
from tests.fakes.oidc_server import Account, OidcServer

pytestmark = pytest.mark.browser
ROLES = '[roles]\nspender = ["ada@example.com"]\nviewer = ["example.com"]\n'
ACCOUNTS = (
    Account("vera@example.com"),
    Account("ada@example.com"),
    Account("new@example.com", verified=False),
)
LOGGED = ("OAuth", "Error during authentication", "Failed to load secrets")


@pytest.fixture
def provider() -> Iterator[OidcServer]:
    with OidcServer(ACCOUNTS) as started:
        yield started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    """Starts a dashboard with these secrets, in which ORIGIN is its own address."""
    started: list[Server] = []

    def begin(secrets: str) -> Server:
        server = Server(tmp_path / "workspace", STREAMLIT_SECRETS_FILES=str(tmp_path / "secrets.toml"))
        (tmp_path / "secrets.toml").write_text(secrets.replace("ORIGIN", server.origin))
        started.append(server)
        return server.start()

    yield begin
    for server in started:
        server.stop()
        assert [line for line in server.trouble() if not any(each in line for each in LOGGED)] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = opened_context(browser)
    yield context.new_page()
    context.close()


def sign_in(page: Page, name: str) -> None:
    press(page, "Sign in")
    page.get_by_role("link", name=name).click()
    settled(page)


def test_a_viewer_looks_and_a_spender_runs(page: Page, provider: OidcServer, start: Callable[[str], Server]):
    server = start(provider.secrets("ORIGIN", ROLES))
    page.goto(server.origin + "/runs")
    expect(button(page, "Sign in")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)

    sign_in(page, "vera@example.com")
    expect(page.get_by_text("vera@example.com · viewer")).to_be_visible()
    expect(button(page, "Tune the sample")).to_be_disabled()
    with page.expect_response(server.origin + "/"):  # the way back from the provider
        press(page, "Sign out")
    assert "/logout" in provider.asked
    expect(button(page, "Sign in")).to_be_visible()
    assert "sign_in" not in page.url

    sign_in(page, "ada@example.com")
    press(page, "Tune the sample")
    page.get_by_role("radio", name="Steps").click()
    expect(page.get_by_text(re.compile("by ada.?@example.com")).first).to_be_visible(timeout=SLOW)


def test_what_goes_wrong_at_the_door_is_one_sentence(
    page: Page, provider: OidcServer, start: Callable[[str], Server]
):
    server = start(provider.secrets("ORIGIN", ROLES))
    page.goto(server.origin + "/oauth2callback?state=of-yesterday&code=x")
    expect(page.get_by_text("Signing in did not work: it took too long")).to_be_visible()
    sign_in(page, "Deny")
    expect(page.get_by_text("The provider did not let you sign in")).to_be_visible()
    sign_in(page, "new@example.com")
    expect(page.get_by_text("is not verified: verify it where you signed in")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    press(page, "Sign out")
    expect(button(page, "Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        ('[auth]\nclient_id = "x"\n', "needs a cookie_secret of 32 characters"),
        ('[auth]\ncookie_secret = "0123', "cannot be read, so nobody can sign in"),
    ],
)
def test_wrong_secrets_let_nobody_in(page: Page, start: Callable[[str], Server], secrets: str, sentence: str):
    page.goto(start(secrets).origin)
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
