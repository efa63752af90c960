"""The champion's model ends: said on the Overview, compared with its successors and changed on the page Migration."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Prompt
from tests.core.cli.trade import rows
from tests.pages.conftest import open_page, words_of
from tests.pages.made import wait_for_runs

PAGE = "use/migration.py"
RULES = "Answer with one of: bug, docs, idea.\nTexts about a crash are bug.\nTexts about a guide are docs."
PROMPT = Prompt(RULES, "<text>", "</text>")


@pytest.fixture
def dataset_id(store: Store, folder: Path) -> str:
    """With a champion whose model ends in 46 days."""
    ends = date.today() + timedelta(days=46)
    (folder / "models.toml").write_text(f'[models."offline:reader"]\nretires = {ends.isoformat()}\n')
    examples = tuple(Example(f"r{at}", text, label) for at, (text, label) in enumerate(rows(60)))
    dataset_id = store.datasets.add(Dataset("Tickets", LabelSet(("bug", "docs", "idea")), examples), "test")
    store.champions.adopt(dataset_id, PROMPT, "offline:reader")
    return dataset_id


def test_the_overview_says_when_the_model_ends_and_leads_to_its_successors(app: AppTest, dataset_id: str):
    open_page(app, "start/overview.py")
    assert "offline:reader ends in 46 days" in words_of(app).replace("\\", "")
    app.button(key="to_migration").click().run()
    assert not app.exception and app.title[0].value == "Migration"


def test_successors_are_compared_and_one_is_adopted(app: AppTest, store: Store, dataset_id: str):
    open_page(app, PAGE)
    assert app.multiselect(key="successors").value == ["offline:skimmer"]
    assert any("offline:reader and offline:skimmer classify 31 rows each" in text.value for text in app.text)
    next(each for each in app.button if each.key.startswith("migrate_start_")).click().run()
    wait_for_runs(store)
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["Model"]) == ["offline:reader", "offline:skimmer"]
    assert table["Right"][1].endswith(" of 15") and re.fullmatch(
        r"[+−]\d+ to [+−]\d+", table["Right, of 100"][1]
    )
    app.text_input(key="why_migration").input("the reader ends")
    app.button(key="adopt_migration").click().run()
    assert not app.exception
    champion = store.champions.current(dataset_id)
    assert (champion.model, champion.prompt, champion.why) == ("offline:skimmer", PROMPT, "the reader ends")
    app.run()
    assert list(app.dataframe[0].value["Prompt"]) == ["was in use", "as it is, in use"]


def test_without_a_champion_it_says_what_to_do_first(app: AppTest):
    open_page(app, PAGE)
    assert "No champion yet" in words_of(app)
