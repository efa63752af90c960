import re

from streamlit.testing.v1 import AppTest

from pages.ui.help.guides import CODE, guides
from pages.ui.navigation import PAGES
from tests.pages.conftest import open_page


def test_every_guide_is_shown_by_the_address_of_help(app: AppTest):
    open_page(app, "start/help.py")
    assert app.header[0].value == "The dashboard"
    app.query_params["guide"] = "models"
    assert app.run().header[0].value == guides()["models"].title


def test_links_of_a_guide_lead_to_guides_and_money_is_no_formula():
    known = guides()
    for guide in known.values():
        plain = CODE.sub("", guide.text)
        assert not re.search(r"(?<!\\)\$", plain), guide.name
        for target in re.findall(r"\]\(([^)]+)\)", plain):
            name = re.match(r"\?guide=([\w-]+)", target)
            assert target.startswith(("https://", "#")) or (name and name[1] in known), target


def test_settings_stand_last_in_the_sidebar_and_help_before_them():
    assert [entry.title for entry in PAGES[-2:]] == ["Help", "Settings"]
