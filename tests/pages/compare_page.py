"""What tests of the page that compares share: two runs of the sample, the page opened, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.store.store import Store
from core.types import Result, Settings
from tests.pages.conftest import open_page, words_of
from tests.pages.made import dataset_of, run_of

PAGE = "tune/compare.py"


def opened(app: AppTest, **address: str) -> AppTest:
    return open_page(app, PAGE, **address)


def said(app: AppTest) -> str:
    return words_of(app).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def answer(app: AppTest) -> str:
    return app.subheader[0].value.replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def baseline_only(made):
    """A run whose end stands on its starting prompt."""
    for event in made:
        yield replace(event, best=event.baseline) if isinstance(event, Result) else event


@pytest.fixture
def dataset(store: Store) -> str:
    return dataset_of(store, "github_issues")


@pytest.fixture
def pair(store: Store, dataset: str) -> tuple[str, str]:
    """Low keeps the starting prompt, High ends with step 1."""
    low = run_of(store, dataset, "Low", ends=baseline_only)
    return low, run_of(store, dataset, "High", Settings(seed=0, strategy="rewrite"))


def table(app: AppTest, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)
