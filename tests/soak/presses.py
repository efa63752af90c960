"""A visitor who presses, chooses, types, uploads and goes back at random, on every page of a workspace that has each kind of
dataset and a run of each. Nothing of it may end in an exception on the page, on the console or in the server's log.

python -m tests.soak.presses [--seed N] [--presses N] [--workspace FOLDER]"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, Locator, Page

from core.store.store import Store
from pages.ui.navigation import PAGES
from tests.browser.serving import Server
from tests.browser.ugly import WINDOWS, WITH_BOM
from tests.browser.watching import Watch, opened_browser
from tests.soak.kept import DATABASE, Kept
from tests.soak.world import ROOT

SAMPLES = ROOT / "data" / "samples"
RUNS = {  # by sample: how it is imported, and tuned
    "five_topics": ("", "--iterations 2"),
    "github_issues": ("", "--iterations 4"),
    "orders": ("--scorer normalised", "--iterations 2"),
    "help_desk_answers": (
        "--text question --text answer --label verdict --keep-unlabelled",
        "--iterations 2",
    ),
    "help_desk_labels": ("--several keep", "--iterations 2"),
}
TYPED = (
    "",
    "x",
    "0",
    "-1",
    "3",
    "1e999",
    "0.5",
    "five",
    "a" * 300,
    "<b>x</b>",
    "{text}",
    '["a"]',
    "=1+1",
    "漢字 \u202e",
)
MAIN = "[data-testid=stMain]"
LAYERS = ("[role=dialog]", "[data-testid=stPopoverBody]", MAIN)  # the uppermost first
KINDS = {  # what can be acted on, by how
    "press": "[data-testid^=stBaseButton]:not([disabled]), [data-testid=stExpander] summary, [role=tab], a[data-testid^=stPageLink]",
    "tick": "[data-testid=stCheckbox] label, [data-testid=stRadio] label, [data-testid=stToggle] label",
    "choose": "input[role=combobox]:not([disabled])",
    "type": "[data-testid=stTextInput] input:not([disabled]), [data-testid=stNumberInput] input:not([disabled]), textarea:not([disabled])",
    "slide": "[role=slider]",
    "cell": "[data-testid=stDataFrame] canvas, .js-plotly-plot .draglayer",
    "upload": "input[type=file]",
}
WEIGHTS = {
    "press": 10,
    "tick": 2,
    "choose": 3,
    "type": 2,
    "slide": 1,
    "cell": 2,
    "upload": 1,
    "link": 2,
    "back": 1,
    "reload": 1,
    "dataset": 1,
}
IMPATIENT = 0.25  # of the presses do not wait for what the one before does
LAST = 12  # presses told with an error
SLOWEST = 60_000  # ms


class Visitor:
    """`done`: what was done, in words, in order."""

    def __init__(
        self, page: Page, server: Server, rng: random.Random, files: list[Path], addresses: list[str]
    ):
        self.page, self.server, self.rng, self.files, self.addresses = page, server, rng, files, addresses
        self.done: list[str] = []
        self._ways: dict[str, Callable[[Locator], str]] = {
            "press": self._press,
            "tick": self._press,
            "choose": self._choose,
            "type": self._type,
            "slide": self._slide,
            "cell": self._cell,
            "upload": self._upload,
        }

    def act(self) -> None:
        way = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        try:
            if way == "link":
                self._do(f"go {self._follow()}")
            elif way == "dataset":
                address = self.rng.choice(self.addresses)
                self._do(f"open {address}")
                self.page.goto(self.server.origin + address, wait_until="commit")
            elif way == "back":
                self._do("back")
                self.page.go_back(wait_until="commit")
                if not self.page.url.startswith(self.server.origin):  # before the first page
                    self.page.go_forward(wait_until="commit")
            elif way == "reload":
                self._do("reload")
                self.page.reload(wait_until="commit")
            elif (place := self._place(KINDS[way])) is not None:
                self._do(f"{way} {self._ways[way](place)}")
        except Error as problem:  # gone, or hidden behind another
            self._do(f"(not done: {str(problem).splitlines()[0][:60]})")
            self.page.keyboard.press("Escape")
        if self.rng.random() > IMPATIENT:
            self.settle()

    def settle(self) -> None:
        try:
            self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(
                timeout=SLOWEST
            )
            self.page.wait_for_timeout(150)
        except Error:
            self._do("(still at work)")

    def _follow(self) -> str:
        number = self.rng.randrange(len(PAGES))
        self.page.get_by_test_id("stSidebarNav").get_by_role("link").nth(number).click(timeout=3_000)
        return PAGES[number].title

    def _do(self, words: str) -> None:
        path = self.page.url.removeprefix(self.server.origin)
        self.done.append(f"{path[:90]} {words}")
        print(time.strftime("%H:%M:%S"), self.done[-1], file=sys.stderr, flush=True)

    def _place(self, kind: str) -> Locator | None:
        for layer in LAYERS:
            if (shown := self.page.locator(f"{layer}:visible")).count():
                places = shown.last.locator(kind).filter(visible=True)
                if count := places.count():
                    return places.nth(self.rng.randrange(count))
        return None

    def _press(self, place: Locator) -> str:
        words = (place.inner_text(timeout=2_000) or place.get_attribute("aria-label") or "?")[:60]
        if self.rng.random() < 0.1:
            place.dblclick(timeout=2_000)
            return f"twice {words!r}"
        place.click(timeout=2_000)
        return repr(words)

    def _choose(self, place: Locator) -> str:
        words = place.get_attribute("aria-label") or "?"
        place.click(timeout=2_000)
        options = self.page.get_by_role("option")
        options.first.wait_for(timeout=2_000)
        option = options.nth(self.rng.randrange(options.count()))
        chosen = option.inner_text(timeout=2_000)
        option.click(timeout=2_000)
        self.page.keyboard.press("Escape")
        return f"{words[:40]!r}: {chosen[:40]!r}"

    def _type(self, place: Locator) -> str:
        typed = self.rng.choice(TYPED)
        words = place.get_attribute("aria-label") or "?"
        place.fill(typed, timeout=2_000)
        place.press(self.rng.choice(["Enter", "Tab", "Control+Enter"]), timeout=2_000)
        return f"{words[:40]!r}: {typed[:20]!r}"

    def _slide(self, place: Locator) -> str:
        key = self.rng.choice(["ArrowRight", "ArrowLeft", "Home", "End"])
        place.press(key, timeout=2_000)
        return key

    def _cell(self, place: Locator) -> str:
        box = place.bounding_box(timeout=2_000) or {"width": 10, "height": 10}
        at = {"x": self.rng.uniform(2, box["width"] - 2), "y": self.rng.uniform(2, box["height"] - 2)}
        place.click(position=at, timeout=2_000, force=True)
        return f"{at['x']:.0f}, {at['y']:.0f}"

    def _upload(self, place: Locator) -> str:
        file = self.rng.choice(self.files)
        place.set_input_files(file, timeout=2_000)
        return file.name


def furnished(workspace: Path) -> None:
    """A dataset of each kind and a run of it."""
    for name, (reading, tuning) in RUNS.items():
        for words in (f"import {SAMPLES / name}.csv {reading}", f"tune {name} {tuning}"):
            command = [sys.executable, "-m", "core", *words.split(), "--workspace", str(workspace)]
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if ended.returncode:
                raise AssertionError(ended.stderr)
    subprocess.run(
        [sys.executable, "-m", "core", "adopt", "latest", "--workspace", str(workspace)],
        cwd=ROOT,
        check=False,
    )


def presses(folder: Path, seed: int, count: int = 400, workspace: Path | None = None) -> Kept:
    """So many things done at random by one visitor; each exception is told with what came before it."""
    if workspace is None:
        furnished(workspace := folder / "workspace")
    made = {
        "ugly.csv": WINDOWS.file(),
        "bom.csv": WITH_BOM.file(),
        "empty.csv": b"",
        "bytes.csv": bytes(range(256)) * 40,
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    files = [*sorted(SAMPLES.iterdir()), *(folder / name for name in made)]
    with Store.open(workspace / DATABASE) as store:
        addresses = [f"/runs?dataset={run.dataset_id}&run={run.id}" for run in store.runs.all()]
        addresses += [f"/dataset?dataset={each.id}" for each in store.datasets.all()]
    server = Server(workspace).start()
    rng, told = random.Random(seed), []
    try:
        with opened_browser() as browser:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
            context.set_default_timeout(SLOWEST)
            watch = Watch(server.origin)
            watch.follow(context)
            page = context.new_page()
            page.goto(server.origin)
            visitor = Visitor(page, server, rng, files, addresses)
            visitor.settle()
            seen = 0
            for _ in range(count):
                visitor.act()
                trouble = [*watch.outside, *watch.errors, *server.trouble()]
                if len(trouble) > seen:
                    told.append("\n    ".join([*visitor.done[-LAST:], *trouble[seen:][:6]]))
                    print(told[-1], file=sys.stderr, flush=True)
                    seen = len(trouble)
        if told:
            print(server.console()[-20_000:], file=sys.stderr)
    finally:
        server.stop()
    return Kept(
        "pressed at random",
        0,
        len(visitor.done),
        len(told),
        "; ".join(each.splitlines()[-1] for each in told[:3]),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--presses", type=int, default=400)
    parser.add_argument("--workspace", type=Path, help="one that is there already, copied by you")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="presses-") as made:
        kept = presses(Path(made), given.seed, given.presses, given.workspace)
    print(kept)
    sys.exit(0 if kept.kept else 1)
