import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.store.records import RunStatus
from core.store.store import Store
from tests.browser.acting import (
    button,
    expect_growth,
    expect_status,
    go,
    marks,
    press,
    settled,
    start_run,
    status,
    wait_until,
)
from tests.browser.serving import Server
from tests.browser.watching import Watch
from tests.fakes.server import FakeServer

pytestmark = pytest.mark.browser
FORTY_STEPS = 180_000  # ms, on a busy machine
LONG = 40  # iterations
LATENCY = 0.08  # seconds a call: a step takes about one, however fast the machine is


@pytest.fixture
def provider() -> Iterator[FakeServer]:
    with FakeServer(latency=LATENCY) as fake:
        yield fake


@pytest.fixture
def server(new_server: Callable[..., Server], provider: FakeServer) -> Server:
    return new_server(OPENAI_BASE_URL=provider.openai_url, OPENAI_API_KEY="local")


@pytest.fixture
def long_run(page: Page, server: Server) -> Page:
    """A run of GitHub issues that takes long enough to be disturbed, with its first steps drawn."""
    page.goto(server.origin + "/dataset")
    page.get_by_role("radio", name="Samples").click()
    press(page.locator(".st-key-sample_github_issues"), "Import")
    page.get_by_role("heading", name="GitHub issues").wait_for()
    start_run(page, LONG, lightweight="openai:slow")
    expect_growth(page, beyond=4)
    return page


def stored(server: Server):
    """The one run, and its steps, as the store holds them."""
    with Store.open(server.workspace / "whetstone.db") as store:
        [run] = store.runs.all()
        return store.runs.get(run.id), store.steps.all(run.id)


def expect_steps(server: Server, beyond: int) -> None:
    """Until the store holds more steps."""
    wait_until(lambda: stored(server)[0].steps > beyond, seconds=20.0)


def test_a_run_goes_on_through_switch_reload_and_a_closed_tab_and_ends_once_resumed(
    long_run: Page,
    context: BrowserContext,
    server: Server,
    provider: FakeServer,
):
    go(long_run, "Playground")
    seen = stored(server)[0].steps
    go(long_run, "Runs")
    expect_status(long_run, "Running")
    expect_growth(long_run, beyond=0)
    before = marks(long_run)
    expect_growth(long_run, beyond=before)
    long_run.reload()
    expect_status(long_run, "Running")
    expect_steps(server, beyond=seen)
    address = long_run.url
    long_run.close()
    expect_steps(server, beyond=stored(server)[0].steps)  # with no tab open

    page = context.new_page()
    page.goto(address)
    expect_status(page, "Running")
    press(page, "Stop")
    expect_status(page, "Stopped")
    stopped, steps = stored(server)
    assert stopped.status == RunStatus.STOPPED and 1 < len(steps) <= LONG
    press(page, "Resume")
    expect_status(page, "Running")
    provider.latency = 0
    expect_status(page, "Finished", timeout=FORTY_STEPS)
    finished, all_steps = stored(server)
    assert finished.status == RunStatus.FINISHED and len(all_steps) > LONG
    assert [told(step) for step in all_steps[: len(steps)]] == [told(step) for step in steps], (
        "the steps that were done are the same"
    )


def test_a_killed_server_leaves_an_interrupted_run_that_is_resumed_to_its_end(
    long_run: Page,
    watch: Watch,
    server: Server,
    provider: FakeServer,
):
    address = long_run.url
    watch.away = True
    server.kill()
    interrupted, steps = stored(server)
    assert interrupted.status == RunStatus.RUNNING and len(steps) > 1, "it could not say goodbye"
    long_run.close()
    server.start()
    page = long_run.context.new_page()
    page.goto(address)
    watch.away = False
    expect_status(page, "Interrupted")
    expect(status(page, "Running")).to_have_count(0)
    assert stored(server)[1] == steps, "no finished step is lost"
    expect(page.get_by_test_id("stAlert")).to_contain_text("resume it to go on from its last step")
    expect(button(page, "Stop")).to_have_count(0)
    provider.latency = 0
    press(page, "Resume")
    expect_status(page, "Finished", timeout=FORTY_STEPS)
    finished, all_steps = stored(server)
    assert finished.status == RunStatus.FINISHED and len(all_steps) > LONG
    assert [told(step) for step in all_steps[: len(steps)]] == [told(step) for step in steps]
    expect(page.get_by_test_id("stMain")).to_contain_text(
        re.compile(r"No improvement found|fixed \d+, broke \d+")
    )
    settled(page)


def told(step) -> tuple:
    """What a step found; the counts of calls may differ where it was replayed."""
    return step.number, step.prompt, step.candidate, step.verdict, step.validation and step.validation.metrics
