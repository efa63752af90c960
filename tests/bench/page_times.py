"""How long people wait, in a real browser: the first picture of every page, warm, and the first mark on the chart
after the press that starts the sample run, from a cold browser. Seconds of this machine:
`PYTHONPATH=. .venv/bin/python tests/bench/page_times.py [--rows 20000]`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, Page

from core.data.importing.mapping import import_dataset
from core.samples import sample
from core.services.runs import create_run, execute_here
from core.types import Dataset, Example, Settings
from core.workspace import Workspace
from tests.browser.acting import MARKS, press, settled
from tests.browser.serving import Server
from tests.browser.watching import opened_browser

PAGES = (
    "",
    "dataset",
    "review",
    "new-run",
    "runs",
    "compare",
    "benchmark",
    "playground",
    "feedback",
    "settings",
)
DRAWN = """document.querySelector('[data-testid=stMain] h1')
    && !document.querySelector('[data-testid=stMain] [data-testid=stSkeleton]')"""


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


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


def show(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    page.wait_for_function(DRAWN)


def first_pictures(browser: Browser, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder) / "workspace", rows)
        server = Server(Path(folder) / "workspace").start()
        page = browser.new_page()
        for path in PAGES:
            times = []
            for _ in range(3):  # the first is cold
                times.append(seconds(lambda path=path: show(page, f"{server.origin}/{path}")))
                settled(page)
            print(f"{rows:>6,} rows  /{path:<11} {min(times[1:]):5.2f} s warm, {times[0]:5.2f} s at first")
        server.stop()


def first_mark(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "workspace").start()
        page = browser.new_page()
        page.goto(server.origin)
        press_button = page.get_by_role("button", name="Tune the sample")
        press_button.wait_for()
        waited = seconds(
            lambda: (press(page, "Tune the sample"), page.locator(MARKS).first.wait_for(state="attached"))
        )
        print(f"press to the first mark: {waited:.2f} s, cold")
        server.stop()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=420)
    with opened_browser() as browser:
        first_mark(browser)
        first_pictures(browser, asked.parse_args().rows)


if __name__ == "__main__":
    main()
