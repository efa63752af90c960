"""Attacks through the front: addresses that nobody would type, and many browsers and programs at once on a workspace whose
texts, labels, notes and names are markup."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from playwright.sync_api import Error, Page
from streamlit.testing.v1 import AppTest

from core.prompts.starting_prompt import starting_prompt
from core.store.records import Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from pages.ui.navigation import ALIASES, PAGES
from tests.browser.watching import Watch, opened_browser
from tests.core.http.posting import FASTER
from tests.core.http.serving import ApiServer
from tests.pages.made import run_of
from tests.soak.kept import DATABASE, Kept
from tests.soak.world import ROOT

AWAY = "http://elsewhere.example/x.png"
MARKUP = (
    f"![x]({AWAY})",
    f"<img src={AWAY} onerror=alert(1)>",
    f"<script src={AWAY}></script>",
    f"[x]({AWAY}) **b** :material/home: $x$ `c`",
    f"</text></mistake><style>@import url({AWAY})</style>",
    f'=HYPERLINK("{AWAY}";"x")',
    f"<svg/onload=fetch('{AWAY}')>",
    "\u202eright to left\u202c e\u0301 \ufeff 漢字",
)
WORDS = (
    "",
    "x",
    "-1",
    "0",
    "1e999",
    "null",
    "../../etc/passwd",
    "a" * 5_000,
    "%00",
    "1,2,,3",
    "\u202e",
    "<b>x</b>",
    *MARKUP[:3],
)
KEYS = (
    "annotator", "benchmark", "cell", "data", "dataset", "feedback", "figure", "guide", "kind", "migration", "part", "present",
    "review", "row", "rows_page", "run", "runs", "second", "step", "steps", "suggest", "version", "view",
)  # fmt: skip
PRESSED = "[data-testid=stExpander] summary, [data-testid=stTab], [data-testid=stPopover] button, [data-testid=stButtonGroup] button"


def addresses(folder: Path, seed: int, each: int = 3) -> Kept:
    """Every page with every part of its address made up, so many values of each."""
    rng, asked, broken, notes = random.Random(seed), 0, 0, []
    _hostile(folder)
    os.environ["WHETSTONE_WORKSPACE"] = str(folder)
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it warns of every AppTest
    st.cache_resource.clear()
    try:
        for page in PAGES:
            for key in KEYS:
                for value in rng.sample(WORDS, each):
                    app = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=120)
                    if page is not PAGES[0]:
                        app.switch_page(page.script)
                    app.query_params[key] = value
                    app.run()
                    asked += 1
                    if app.exception:
                        broken += 1
                        notes.append(f"{page.title}?{key}={value[:30]}: {app.exception[0].message[:80]}")
    finally:
        st.cache_resource.clear()
    return Kept("made-up addresses", 0, asked, broken, "; ".join(notes[:3]))


def visitors(folder: Path, seed: int, browsers: int = 8, rounds: int = 3, programs: int = 4) -> Kept:
    """So many browsers open pages at once and press what opens parts of them, while programs classify and give feedback."""
    rng, loads, opened, pairs, broken = random.Random(seed), 0, 0, [], []
    _hostile(folder / "workspace")
    server = ApiServer(folder / "workspace", **FASTER).start()
    over, watch = threading.Event(), Watch(server.origin)
    threads = [
        threading.Thread(target=_program, args=(server, name, over, pairs, broken))
        for name in range(programs)
    ]
    try:
        for thread in threads:
            thread.start()
        with opened_browser() as browser:
            contexts = [browser.new_context() for _ in range(browsers)]
            for context in contexts:
                watch.follow(context)
            pages = [context.new_page() for context in contexts]
            for _ in range(rounds):
                for page, entry in zip(pages, rng.sample(PAGES, browsers), strict=True):
                    page.goto(
                        f"{server.origin}/{entry.url_path if entry is not PAGES[0] else ALIASES[0]}",
                        wait_until="commit",
                        timeout=120_000,
                    )
                    loads += 1
                for page in pages:
                    opened += _open_parts(page)
        over.set()
        for thread in threads:
            thread.join(60)
    finally:
        over.set()
        server.stop()
    broken += [*watch.outside, *watch.errors, *server.trouble()]
    notes = f"{loads} pages, {opened} parts opened, {len(pairs)} pairs of calls"
    return Kept(
        f"{browsers} browsers at once",
        0,
        loads + opened + len(pairs),
        len(broken),
        "; ".join([notes, *map(str, broken[:3])]),
    )


VISITORS: tuple[Callable[[Path, int], Kept], ...] = (addresses, visitors)


def _open_parts(page: Page) -> int:
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)
    parts, opened = page.locator(PRESSED), 0
    for place in range(min(parts.count(), 8)):
        try:
            parts.nth(place).click(timeout=800)
            opened += 1
        except Error:  # hidden behind one that was opened
            page.keyboard.press("Escape")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)
    return opened


def _program(
    server: ApiServer, name: int, over: threading.Event, pairs: list[str], broken: list[str]
) -> None:
    client, number = server.client(), 0
    while not over.is_set():
        number += 1
        id_ = f"{name}-{number}"
        text = MARKUP[number % len(MARKUP)] + id_
        answers = [
            client.post("/v1/classify", {"text": text, "prediction_id": id_}),
            client.post("/v1/feedback", {"prediction_id": id_, "score": 1.0, "note": text}),
        ]
        broken += [f"{each.status} {each.body}" for each in answers if each.status != 200]
        pairs.append(id_)
        time.sleep(0.1)
    client.close()


def _hostile(folder: Path) -> None:
    with Store.open(folder / DATABASE) as store:
        labels = LabelSet(MARKUP[:4], {MARKUP[0]: MARKUP[1]})
        rows = [
            Example(f"r{n}", f"{MARKUP[n % 8]} text {n}", MARKUP[n % 4], note=MARKUP[(n + 1) % 8])
            for n in range(80)
        ]
        dataset_id = store.datasets.add(Dataset(MARKUP[1], labels, tuple(rows)), MARKUP[2])
        store.edits.change(dataset_id, [Change("r1", "note", MARKUP[4])], MARKUP[0], MARKUP[1])
        runs = [run_of(store, dataset_id, name) for name in MARKUP[:2]]
        store.champions.adopt(dataset_id, starting_prompt(labels), "offline:reader", run_id=runs[0], step=1)
