"""The dashboard under streamlit_app.py, with the API beside it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import expect_status, press, settled
from tests.core.http.serving import ApiServer, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    with serving(tmp_path / "workspace") as started:
        yield started


def test_the_dashboard_works_under_server_py_and_the_api_stands_on_the_same_workspace(
    page: Page, server: ApiServer
):
    page.goto(server.origin)
    press(page, "Tune the sample")
    expect_status(page, "Finished")
    settled(page)
    found = server.client().get("/v1/champion")
    assert found.status == 404 and "adopt" in found.error
    page.goto(server.origin + "/playground")
    expect(page.get_by_role("heading", name="Playground", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1/health", "/api/v1/classify", "/api/v1/openapi.json"]
)
def test_without_the_token_variable_there_is_no_api(off: ApiServer, path: str):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(off.origin + path, timeout=20)
    assert refused.value.code == 404 and "API is off" in json.loads(refused.value.read())["error"]


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with serving(tmp_path_factory.mktemp("off") / "workspace", WHETSTONE_API_TOKEN="") as started:
        yield started
