"""How long people wait, in a real browser: every page, opened from the sidebar and by its address; what a click
brings; and the first mark on the chart after the press that starts the sample run. Seconds of this machine:
`PYTHONPATH=. .venv/bin/python tests/bench/page_times.py [--rows 20000]`."""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, Locator, Page

from core.data.importing.mapping import import_dataset
from core.samples import sample
from core.services.runs import create_run, execute_here
from core.types import Dataset, Example, Settings
from core.workspace import Workspace
from tests.browser.acting import MARKS, PAGES, button, classify, click_line, press, settled
from tests.browser.serving import Server
from tests.browser.watching import opened_browser

READING = 3.0  # seconds that a person looks at the first page before pressing
ROUNDS = 4  # of which the first is cold; the middle of the others counts
DRAWN = """path => location.pathname.endsWith(path) && document.querySelector('[data-testid=stMain] h1')
    && document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
    && !document.querySelector('[data-testid=stMain] [data-testid=stSkeleton]')"""


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def middle(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def many(rows: int) -> Dataset:
    """The sample, and variations of its rows until there are so many."""
    given = import_dataset(sample("github_issues").path.read_bytes(), "Many rows").dataset
    chance, words = Random(0), [word for row in given.examples for word in row.text.split()]
    more = tuple(
        Example(f"more-{n}", f"{row.text} {' '.join(chance.sample(words, 4))} {n}", row.label)
        for n, row in enumerate(chance.choices(given.examples, k=max(rows - len(given.examples), 0)))
    )
    return Dataset(given.name, given.labels, given.examples + more)


def prepare(folder: Path, rows: int) -> None:
    workspace = Workspace(folder)
    dataset_id = workspace.store.datasets.add(many(rows), "bench")
    for seed in (0, 1):
        run_id = create_run(workspace, dataset_id, Settings(seed=seed, iterations=2))
        execute_here(workspace, run_id, lambda progress: None, lambda step: None)
    workspace.close()


def drawn(page: Page, path: str) -> None:
    page.wait_for_function(DRAWN, arg=path)


def by_sidebar(page: Page, title: str, path: str) -> float:
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=title)
    took = seconds(lambda: (link.click(), drawn(page, path)))
    settled(page)
    return took


def by_address(page: Page, address: str, path: str) -> float:
    took = seconds(lambda: (page.goto(address, wait_until="commit"), drawn(page, path)))
    settled(page)
    return took


def pages(page: Page, origin: str, rows: int) -> None:
    paths = {title: "" if path == "overview" else path for title, path in PAGES.items()}
    page.goto(origin)
    settled(page)
    time.sleep(READING)
    for title, path in [*paths.items()][1:] + [*paths.items()][:1]:
        times = [by_address(page, f"{origin}/{path}", path) for _ in range(ROUNDS)]
        print(
            f"{rows:>6,} rows  {title:<11} by its address {middle(times[1:]):5.2f} s, {times[0]:5.2f} s at first"
        )
    for turn in range(ROUNDS):
        for title, path in [*paths.items()][1:] + [*paths.items()][:1]:
            took = by_sidebar(page, title, path)
            if turn == ROUNDS - 1:
                print(f"{rows:>6,} rows  {title:<11} from the sidebar {took:5.2f} s")


def clicks(page: Page, origin: str, rows: int) -> None:
    """From the press until its result is seen, and until nothing is under way: the middle of three times."""
    main = page.get_by_test_id("stMain")

    def click(what: str, act: Callable[[], object], result: Locator, undo: Callable[[], object]) -> None:
        seen, still = [], []
        for _ in range(ROUNDS):
            settled(page)
            page.wait_for_timeout(1000)  # as a person does, who looks first
            begun = time.perf_counter()
            act()
            result.first.wait_for()
            seen.append(time.perf_counter() - begun)
            settled(page)
            still.append(time.perf_counter() - begun)
            undo()
        first, last = middle(seen[1:]), middle(still[1:])
        print(f"{rows:>6,} rows  {what:<24} {first:5.2f} s, all {last:5.2f} s; at first {seen[0]:5.2f} s")

    def visit(path: str) -> None:
        page.goto(f"{origin}/{path}")
        drawn(page, path.split("?")[0])

    visit("runs?view=story&step=0")
    after, before = (main.locator(f".st-key-story_{way} button") for way in ("next", "back"))
    click("Story: the next step", after.click, main.get_by_role("heading", name="Step 1"), before.click)
    steps, story = (main.get_by_role("radio", name=view) for view in ("Steps", "Story"))
    click("Runs: to the steps", steps.click, main.get_by_role("tab", name="Mistakes"), story.click)
    steps.click()
    mistakes, edits = (main.get_by_role("tab", name=tab) for tab in ("Mistakes", "Edits"))
    tables, panel = main.locator("[class*=st-key-row_table_]"), page.get_by_role("dialog")
    click("Steps: the mistakes", mistakes.click, tables.locator("visible=true"), edits.click)
    mistakes.click()
    table, note = tables.locator("visible=true").first, panel.get_by_role("textbox", name="Note")
    click("Steps: a row's panel", lambda: click_line(table, 0), note, lambda: page.keyboard.press("Escape"))
    visit("dataset")
    search, shown = main.get_by_role("textbox", name="Search"), main.get_by_text(re.compile("rows? found"))
    write = lambda words: (search.fill(words), search.press("Enter"))  # noqa: E731
    click("Dataset: a search", lambda: write("docs"), shown, lambda: write(""))
    visit("review")
    press(page, "Find labels in doubt")
    main.get_by_text(re.compile(r"\d labels in doubt")).first.wait_for(timeout=600_000)
    reviewed = main.get_by_text(re.compile(r"1 of [\d,]+ reviewed"))
    click("Review: a key", lambda: page.keyboard.press("k"), reviewed, lambda: page.keyboard.press("u"))
    visit("playground")
    answer, anew = main.get_by_role("button", name="Right"), lambda: visit("playground")
    click("Playground: an answer", lambda: classify(page, "Fix links in the documentation"), answer, anew)


def first_mark(browser: Browser, reading: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "workspace").start()
        page = browser.new_context().new_page()

        def open_first() -> None:
            page.goto(server.origin)
            button(page, "Tune the sample").wait_for()

        opened = seconds(open_first)
        time.sleep(reading)
        waited = seconds(
            lambda: (press(page, "Tune the sample"), page.locator(MARKS).first.wait_for(state="attached"))
        )
        print(f"a new server's first page: {opened:.2f} s; {reading:.0f} s later the press, and")
        print(f"  the first mark after {waited:.2f} s")
        server.stop()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=420)
    rows = asked.parse_args().rows
    with opened_browser() as browser, tempfile.TemporaryDirectory() as folder:
        for reading in (READING, READING, 0.0):
            first_mark(browser, reading)
        prepare(Path(folder) / "workspace", rows)
        server = Server(Path(folder) / "workspace").start()
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        pages(page, server.origin, rows)
        clicks(page, server.origin, rows)
        server.stop()


if __name__ == "__main__":
    main()
