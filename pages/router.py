"""The script that the dashboard runs for every page: page config, the navigation, the choice of dataset."""

import streamlit as st

from pages.ui import shell
from pages.ui.navigation import navigation

st.set_page_config(page_title="Whetstone", page_icon=shell.ICON, layout="wide")
page = navigation()
shell.choose_dataset()
page.run()
