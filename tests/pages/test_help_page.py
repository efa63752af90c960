import re

from streamlit.testing.v1 import AppTest

from pages.ui.help.guides import CODE, FOLDER, NOT_SHOWN, guides
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


def test_what_is_for_those_who_change_the_code_is_left_out():
    """The last section of a guide, so nothing of the tests is spoken of before it."""
    ours = r"\btests/|\bcore/\w+[/.]|pytest|make (test|soak|bench|lint|real)|`(?!streamlit_app)[a-z_]+\.py`"
    known = guides()
    found = [(guide.name, words[0]) for guide in known.values() for words in re.finditer(ours, guide.text)]
    assert not found
    for path in FOLDER.glob("*.md"):
        sections = re.findall(r"^## (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert NOT_SHOWN.strip("\n# ") not in sections[:-1], path
    assert "| **example** |" in known["glossary"].text and "A button is a verb" not in known["glossary"].text


def test_settings_stand_last_in_the_sidebar_and_help_before_them():
    assert [entry.title for entry in PAGES[-2:]] == ["Help", "Settings"]
