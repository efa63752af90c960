import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.samples import sample
from core.services.datasets import import_sample
from core.store.store import Store
from core.workspace import Workspace
from tests.browser.acting import PAGES, SLOW, choose, choose_way, expect_status, go, press, settled
from tests.browser.serving import Server
from tests.browser.watching import Watch, opened_context
from tests.pages.made import dataset_of, run_of

pytestmark = pytest.mark.browser
HEADINGS = {path: title for title, path in PAGES.items()} | {  # of an empty workspace
    "overview": "Sharpen the prompt of a text classifier",
    "dataset": "Bring labelled text",
}
HEADINGS["home"] = HEADINGS["overview"]
BUSY_AFTER_A_FIELD = """addEventListener("focusout", () => {
    for (const start = performance.now(); performance.now() - start < 500; );
});"""


def test_a_deep_link_as_the_first_request_of_a_visit_opens_its_page(
    browser: Browser, watch: Watch, server: Server
):
    for path in sorted(HEADINGS):  # the first of them is the first of the server, too
        visit = opened_context(browser)
        watch.follow(visit)
        page = visit.new_page()
        page.goto(f"{server.origin}/{path}")
        expect(page.get_by_role("heading", name=HEADINGS[path], exact=True)).to_be_visible()
        settled(page)
        expect(page.get_by_test_id("stMain").locator('button[kind="primary"]'), path).to_have_count(
            0 if path in ("dataset", "settings", "help") else 1
        )
        visit.close()


def test_a_reload_keeps_dataset_run_and_step(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        first = dataset_of(store, "five_topics")
        runs = [run_of(store, first, name) for name in ("Earlier", "Later")]
        import_sample(Workspace(server.workspace), sample("question_pairs"))
    page.goto(f"{server.origin}/runs?dataset={first}&run={runs[0]}&step=1")
    main = page.get_by_test_id("stMain")
    for _ in range(2):
        expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(re.compile("^Earlier"))
        expect(page.get_by_role("combobox", name="Dataset")).to_have_value(
            re.compile(re.escape(sample("five_topics").title))
        )
        expect(page.get_by_role("combobox", name="Step")).to_have_value(re.compile("^Step 1 "))
        settled(page)
        page.reload()
    choose(page, "Step", re.compile("^Step 2 "))
    page.wait_for_url(re.compile("step=2"))
    choose(page, "Dataset", re.compile("^Question pairs"))
    expect(main).to_contain_text("No run yet")
    page.reload()
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value(re.compile("^Question pairs"))
    expect(main).to_contain_text("No run yet")


def test_a_link_to_what_is_gone_says_so_and_shows_what_is_there(page: Page, server: Server):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    settled(page)  # what is still being fetched for the page would be missing when its session has ended
    page.goto(f"{server.origin}/runs?dataset=gone&run=gone&step=99")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("The run of this link has been deleted")
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(re.compile("^Run 1"))
    expect(page.get_by_role("combobox", name="Step")).to_have_value("The best so far")


def test_one_press_of_back_leads_to_the_page_before(page: Page, server: Server):
    with Store.open(server.workspace / "whetstone.db") as store:
        run_of(store, dataset_of(store), "Earlier")
    page.goto(server.origin)
    settled(page)
    go(page, "Runs")
    page.wait_for_url(re.compile(r"/runs\?.*run="))  # the page has written what it shows
    page.go_back()
    expect(page).to_have_url(re.compile(re.escape(server.origin) + r"/(\?dataset=\w+)?$"))
    expect(page.get_by_test_id("stMain").get_by_role("heading", name="Five topics").first).to_be_visible()


@pytest.mark.parametrize("before", ["/", "/compare?steps=best"])
def test_what_a_page_writes_before_its_own_path_stands_there_is_not_the_page_befores(
    page: Page, server: Server, before: str
):
    page.goto(server.origin + before)
    settled(page)
    page.evaluate("""() => {
        history.pushState({}, '', location.pathname + '?run=new');
        history.pushState({}, '', '/runs?run=new');
    }""")
    expect(page).to_have_url(server.origin + "/runs?run=new")
    page.go_back()
    expect(page).to_have_url(server.origin + before)


def test_a_link_pressed_out_of_a_field_leads_to_its_page(page: Page, server: Server):
    """On a machine that is busy drawing, the press is over before the field has sent what was typed."""
    with Store.open(server.workspace / "whetstone.db") as store:
        run_of(store, dataset_of(store), "Earlier")
    page.add_init_script(BUSY_AFTER_A_FIELD)
    page.goto(server.origin + "/playground")
    field = page.get_by_role("textbox", name="Text", exact=True)
    field.click()
    settled(page)
    field.press_sequentially("Where is my parcel?")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile("/runs"))
    expect(page.get_by_test_id("stMain").get_by_role("heading", name="Runs", exact=True)).to_be_visible()


def test_a_link_pressed_out_of_a_cell_leads_to_its_page(page: Page, server: Server):
    page.add_init_script(BUSY_AFTER_A_FIELD)
    page.goto(server.origin + "/dataset")
    settled(page)
    choose_way(page, "Type rows")
    page.get_by_test_id("stDataFrame").first.dblclick(position={"x": 60, "y": 52})  # the first text
    page.locator(".gdg-input").wait_for()
    page.keyboard.type("Where is my parcel?")
    go(page, "Settings")
    expect(page).to_have_url(re.compile("/settings"))
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    go(page, "Dataset")
    page.locator("[data-testid^=glide-cell]", has_text="Where is my parcel?").wait_for(state="attached")


def test_the_report_pressed_at_once_is_a_file(page: Page, server: Server):
    """As soon as its button is there, while the page may still be drawn."""
    with Store.open(server.workspace / "whetstone.db") as store:
        run_id = run_of(store, dataset_of(store), "Earlier")
    page.add_init_script("""new MutationObserver((_, looking) => {
        const button = document.querySelector('.st-key-download_report button');
        if (button) { looking.disconnect(); button.click(); }
    }).observe(document, {childList: true, subtree: true});""")
    with page.expect_download(timeout=SLOW) as taken:
        page.goto(server.origin + "/runs")
    assert taken.value.suggested_filename == f"report-{run_id}.html"
    assert "Earlier" in taken.value.path().read_text(encoding="utf-8")
