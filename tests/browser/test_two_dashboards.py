"""Two dashboards on two ports, on the same data: a folder that both open, or a PostgreSQL database and a folder for each. A
run that one has started is watched and stopped from the other, and taken up there when its process dies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from core.store.records import RunStatus
from core.store.schema.database import connect
from core.store.schema.tables import meta
from core.store.store import Store
from tests.browser.acting import expect_growth, expect_status, marks, press, start_run
from tests.browser.serving import Server
from tests.browser.watching import Watch, opened_context
from tests.fakes.server import FakeServer
from tests.postgres import missing, running_server

pytestmark = pytest.mark.browser
LONG = 40  # iterations
LATENCY = 0.08  # seconds a call


@pytest.fixture
def provider() -> Iterator[FakeServer]:
    with FakeServer(latency=LATENCY) as fake:
        yield fake


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Its address: the file in the workspace of the first dashboard, or of a database on a server."""
    if request.param == "SQLite":
        yield str(tmp_path / "workspace" / "whetstone.db")
    elif reason := missing():
        pytest.skip(reason)
    else:
        with running_server() as server:
            yield server.new_database("shared")


@pytest.fixture
def servers(database: str, provider: FakeServer, new_server: Callable[..., Server]) -> tuple[Server, Server]:
    environment = {"OPENAI_BASE_URL": provider.openai_url, "OPENAI_API_KEY": "local"}
    if "://" not in database:
        return new_server(**environment), new_server(**environment)
    environment["WHETSTONE_DATABASE_URL"] = database
    return new_server(**environment), new_server("another workspace", **environment)


@pytest.fixture
def pages(browser: Browser, servers: tuple[Server, Server]) -> Iterator[tuple[Page, ...]]:
    contexts = [opened_context(browser) for _ in servers]
    watches = [Watch(server.origin) for server in servers]
    for watch, context in zip(watches, contexts, strict=True):
        watch.follow(context)
    yield tuple(context.new_page() for context in contexts)
    for watch, context in zip(watches, contexts, strict=True):
        context.close()
        assert watch.outside == []


def test_a_run_of_one_is_watched_stopped_and_taken_up_by_the_other(
    database: str, servers: tuple[Server, Server], pages: tuple[Page, Page]
):
    one, other = pages
    for page, server in zip(pages, servers, strict=True):  # both make the tables, or wait for the other
        page.goto(server.origin + "/dataset", wait_until="commit")
    one.get_by_role("radio", name="Samples").click()
    press(one.locator(".st-key-sample_github_issues"), "Import")
    one.get_by_role("heading", name="GitHub issues").wait_for()
    start_run(one, LONG, lightweight="openai:slow")
    address = one.url.removeprefix(servers[0].origin)

    other.goto(servers[1].origin + address)
    expect_status(other, "Running")
    expect_growth(other, beyond=max(marks(other), 2))
    press(other, "Stop")
    for page in pages:
        expect_status(page, "Stopped")

    press(one, "Resume")
    for page in pages:
        expect_status(page, "Running")
    servers[0].kill()
    expect_status(other, "Interrupted")
    press(other, "Resume")
    expect_status(other, "Running")
    expect_growth(other, beyond=marks(other))
    press(other, "Stop")
    expect_status(other, "Stopped")
    with Store.open(database) as store:
        [run] = store.runs.all()
        steps = store.steps.all(run.id)
        assert run.status is RunStatus.STOPPED and not run.stop_requested
        assert [step.number for step in steps] == list(range(len(steps))) and len(steps) > 1

    # a newer one of the two has brought the database up to its schema, which this one does not know
    newer = connect(database)
    with newer.write() as connection:
        connection.execute(update(meta).values(value="99").where(meta.c.key == "schema"))
    newer.close()
    servers[0].start()
    one.goto(servers[0].origin)
    expect(one.get_by_text(re.compile(r"newer Whetstone \(schema 99.*update Whetstone"))).to_be_visible()
