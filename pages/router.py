"""The script that the dashboard runs for every page: page config, the navigation, the choice of dataset."""

import streamlit as st

from pages.ui import shell
from pages.ui.actions import finish_callbacks
from pages.ui.navigation import go, navigation
from pages.ui.presenter_mode import lands_on_story
from pages.ui.row_panel.panel import show_row_panel
from pages.ui.sign_in import require_sign_in, show_person

finish_callbacks()
st.set_page_config(page_title="Whetstone", page_icon=shell.ICON, layout="wide")
st.logo(shell.LOGO, size="large", icon_image=shell.ICON)
st.html(shell.STYLE)
with shell.sentences():
    require_sign_in()
    page = navigation()
    if lands_on_story(page.url_path):
        go("runs", present="1")
    shell.turn_page(page.url_path)
    shell.choose_dataset()
    show_person()
    show_row_panel(page.url_path)
    page.run()
    shell.show_cache_problem()
