"""Pictures of every page and state for people to look at: `python -m tests.browser.shots [FOLDER] [--only WORD]`.

Light and dark, at 1440, 820 and 420 pixels and at 200 % zoom, from the running app: before there is anything, with
runs of several ends, and shown read-only. Beside the pictures stands one sheet a page, with all its looks.
`--pictures` makes those of docs/pictures instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.acting import classify, expect_growth, expect_status, press, settled
from tests.browser.serving import ROOT, Server
from tests.browser.watching import Watch, opened_browser

FOLDER = Path("/tmp/whetstone-shots")
PICTURES = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "data" / "samples"
SIZES: Mapping[
    str, tuple[ViewportSize, float]
] = {  # by name: the window, and pixels of the screen a pixel of it
    "1440": ({"width": 1440, "height": 900}, 1),
    "820": ({"width": 820, "height": 1100}, 1),
    "420": ({"width": 420, "height": 900}, 1),
    "zoomed": ({"width": 720, "height": 450}, 2),
}
SCHEMES = ("light", "dark")
LONGEST = 4_000  # pixels of a page taken as one picture
EMPTY = {
    "overview": "/",
    "dataset": "/dataset",
    "review": "/review",
    "new-run": "/new-run",
    "runs": "/runs",
    "compare": "/compare",
    "benchmark": "/benchmark",
    "playground": "/playground",
    "feedback": "/feedback",
    "settings": "/settings",
}
VIEWS = {
    "dataset-labels": "/dataset?data=labels",
    "dataset-history": "/dataset?data=history",
    "dataset-import": "/dataset?data=import",
    "runs-steps": "/runs?view=steps",
    "runs-rules": "/runs?view=rules",
    "runs-rows": "/runs?view=rows",
    "runs-presented": "/runs?present=1",
}
RUNS = {  # by name: how the run is made on the command line
    "improved": ["github_issues.csv"],
    "none": ["question_pairs.csv"],
    "capped": ["insincere_questions.csv", "--max-calls", "700"],
    "objective": ["insincere_questions.csv", "--objective", "f1:insincere"],
    "rewritten": ["github_issues.csv", "--strategy", "rewrite", "--iterations", "3"],
}


@contextmanager
def visitor(browser: Browser, server: Server, scheme: str, size: str) -> Iterator[Page]:
    window, scale = SIZES[size]
    context = browser.new_context(
        viewport=window, device_scale_factor=scale, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(60_000)
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
    page.wait_for_timeout(500)


def every_look(browser: Browser, server: Server, folder: Path, addresses: Mapping[str, str]) -> None:
    for scheme in SCHEMES:
        for size in SIZES:
            with visitor(browser, server, scheme, size) as page:
                for name, address in addresses.items():
                    page.goto(server.origin + address)
                    take(page, folder / f"{name}-{scheme}-{size}.png")
    for name in addresses:
        sheet(folder, name)


def sheet(folder: Path, name: str) -> None:
    """All looks of a page beside each other, light above dark."""
    looks = [[Image.open(folder / f"{name}-{scheme}-{size}.png") for size in SIZES] for scheme in SCHEMES]
    widths = [look.width for look in looks[0]]
    heights = [max(look.height for look in row) for row in looks]
    made = Image.new("RGB", (sum(widths), sum(heights)), "#888888")
    for row, top in zip(looks, (0, heights[0]), strict=True):
        left = 0
        for look, width in zip(row, widths, strict=True):
            made.paste(look, (left, top))
            left += width
    made.save(folder / f"sheet-{name}.png")


def tuned(workspace: Path) -> dict[str, str]:
    """Runs of several ends in the workspace. Returns the address of each one's story."""
    for arguments in RUNS.values():
        data, *more = arguments
        command = [
            sys.executable,
            "-m",
            "core",
            "tune",
            str(SAMPLES / data),
            "--workspace",
            str(workspace),
            *more,
        ]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    from core.store.store import Store

    with Store.open(workspace / "whetstone.db") as store:
        runs = [store.runs.get(run.id) for run in reversed(store.runs.all())]
        best = runs[0].result.best
        store.champions.adopt(
            runs[0].dataset_id, best.prompt, runs[0].settings.lightweight, runs[0].id, best.step
        )
    return {
        f"story-{name}": f"/runs?dataset={run.dataset_id}&run={run.id}"
        for name, run in zip(RUNS, runs, strict=True)
    }


def walk(browser: Browser, folder: Path, only: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        server = Server(Path(made) / "empty").start()
        _looks(browser, server, folder, {f"empty-{name}": path for name, path in EMPTY.items()}, only)
        workspace = Path(made) / "full"
        stories = tuned(workspace)
        first = stories["story-improved"].split("?")[1]
        pages = {name: _joined(path, first) for name, path in (EMPTY | VIEWS).items()}
        _looks(browser, Server(workspace).start(), folder, pages | stories, only)
        shown = {f"shown-{name}": _joined(path, first) for name, path in (EMPTY | VIEWS).items()}
        _looks(browser, Server(workspace, WHETSTONE_READ_ONLY="1").start(), folder, shown, only)


def pictures(browser: Browser, folder: Path) -> None:
    """The pictures of README and docs, from the sample: the run under way, its story, its edits, and the prompt in
    use."""
    with tempfile.TemporaryDirectory() as made:
        server = Server(Path(made) / "workspace").start()
        try:
            with visitor(browser, server, "light", "1440") as page:
                page.goto(server.origin)
                press(page, "Tune the sample")
                expect_growth(page, beyond=8)
                page.screenshot(path=folder / "live.png")
                expect_status(page, "Finished")
                page.mouse.move(0, 0)
                take(page, folder / "story.png", whole=False)
                page.goto(server.origin + "/runs?view=steps&step=3")
                take(page, folder / "steps.png", whole=False)
                page.goto(server.origin + "/playground")
                settled(page)
                classify(page, "Fix broken links in the documentation")
                take(page, folder / "playground.png", whole=False)
            with visitor(browser, server, "dark", "1440") as page:
                page.goto(server.origin + "/runs?present=1&step=3")
                take(page, folder / "presented.png", whole=False)
        finally:
            server.stop()


def _joined(path: str, query: str) -> str:
    """The first dataset chosen, and on Runs its run."""
    wanted = query if path.startswith("/runs") else query.split("&")[0]
    return path + ("&" if "?" in path else "?") + wanted


def _looks(browser: Browser, server: Server, folder: Path, addresses: Mapping[str, str], only: str) -> None:
    try:
        every_look(browser, server, folder, {name: path for name, path in addresses.items() if only in name})
    finally:
        server.stop()
        for line in server.trouble():
            print("the server says: " + line)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", default="", metavar="WORD", help="pages whose name has this in it")
    parser.add_argument(
        "--pictures", action="store_true", help="only those of docs/pictures, into that folder"
    )
    options = parser.parse_args()
    folder = PICTURES if options.pictures else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    with opened_browser() as browser:
        if options.pictures:
            pictures(browser, folder)
        else:
            walk(browser, folder, options.only)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main()
