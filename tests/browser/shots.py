"""Pictures of every page for people to look at: `python -m tests.browser.shots [FOLDER] [--readme]`.

Light and dark, wide and narrow, made from the running app with the samples: the first visit, then after a
finished run, then while one is under way. `--readme` only makes the picture of the README,
docs/pictures/run.png.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.acting import PAGES, classify, expect_growth, expect_status, go, press, settled
from tests.browser.serving import ROOT, Server
from tests.browser.watching import Watch, opened_browser

FOLDER = Path("/tmp/whetstone-shots")
README = ROOT / "docs" / "pictures" / "run.png"
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 480, "height": 900}}
LONGEST = 4_000  # pixels of a page taken as one picture
TABS = ("Mistakes", "Prompt", "Heavyweight model")


@contextmanager
def visitor(browser: Browser, server: Server, scheme: str, size: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport=SIZES[size], color_scheme=scheme, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(30_000)
    watch = Watch(server.origin)
    watch.follow(context)
    yield context.new_page()
    context.close()
    for trouble in (*watch.errors, *watch.outside):
        print(f"{scheme} {size}: {trouble}")


def take(page: Page, path: Path, whole: bool = True) -> None:
    """The page as tall as it is, at most LONGEST: Streamlit scrolls inside, so the window is made that
    tall."""
    quiet(page)
    size = page.viewport_size
    if whole:
        tall = page.evaluate(
            "Math.max(...[...document.querySelectorAll('[data-testid=stMain]')].map(part => part.scrollHeight))"
        )
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(tall, LONGEST))})
        page.wait_for_timeout(400)  # charts and tables follow the new size
    page.screenshot(path=path)
    page.set_viewport_size(size)


def quiet(page: Page) -> None:
    """Drawn to the end: what was pressed has been answered, no skeletons, charts there."""
    page.wait_for_timeout(300)
    settled(page)
    page.wait_for_function("!document.querySelector('[data-testid=stMain] [data-testid=stSkeleton]')")
    page.wait_for_timeout(500)


def every_look(browser: Browser, server: Server, folder: Path, stage: str, addresses: dict[str, str]) -> None:
    for scheme in ("light", "dark"):
        for size in SIZES:
            with visitor(browser, server, scheme, size) as page:
                for name, address in addresses.items():
                    page.goto(server.origin + address)
                    take(page, folder / f"{stage}-{name}-{scheme}-{size}.png")
                if stage == "tuned":
                    _tried(page, server, folder / f"tuned-playground-tried-{scheme}-{size}.png")
                    _tabs(page, server, folder, f"{scheme}-{size}")


def _tried(page: Page, server: Server, path: Path) -> None:
    page.goto(server.origin + "/playground")
    settled(page)
    classify(page, "Fix broken links in the documentation")
    page.get_by_text("tokens in").first.wait_for()
    page.get_by_text("The exact request").click()
    take(page, path)


def _tabs(page: Page, server: Server, folder: Path, look: str) -> None:
    page.goto(server.origin + "/runs")
    settled(page)
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        take(page, folder / f"tuned-runs-{tab.split()[0].lower()}-{look}.png")


def walk(browser: Browser, server: Server, folder: Path) -> None:
    pages = {path: "/" + path for path in PAGES.values() if path != "dataset"}
    data = {f"dataset-{view}": f"/dataset?data={view}" for view in ("rows", "labels", "history", "import")}
    every_look(browser, server, folder, "first", pages | {"dataset": "/dataset"})
    with visitor(browser, server, "light", "wide") as page:
        page.goto(server.origin)
        press(page, "Tune the sample")
        expect_growth(page, beyond=0)
        page.screenshot(path=folder / "under-way-light-wide.png")
        expect_status(page, "Finished")
        press(page, "Adopt as champion")
        settled(page)
        go(page, "New run")
        press(page, "Start the run")
        expect_status(page, "Finished")
    every_look(browser, server, folder, "tuned", pages | data)


def readme(browser: Browser, server: Server, path: Path) -> None:
    """A finished run of GitHub issues."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with visitor(browser, server, "light", "wide") as page:
        page.goto(server.origin)
        press(page, "Tune the sample")
        expect_status(page, "Finished")
        page.mouse.move(0, 0)
        take(page, path, whole=False)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    asked.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    asked.add_argument("--readme", action="store_true", help="only the picture of the README")
    told = asked.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, opened_browser() as browser:
        server = Server(Path(folder) / "workspace").start()
        try:
            if told.readme:
                readme(browser, server, README)
                print(f"{README}: {README.stat().st_size // 1024} kB")
            else:
                walk(browser, server, told.folder)
                print(f"{len(list(told.folder.glob('*.png')))} pictures in {told.folder}")
        finally:
            server.stop()
            for line in server.trouble():
                print("the server says: " + line)


if __name__ == "__main__":
    main()
