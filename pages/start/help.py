"""Help: how one works with Whetstone, and every guide."""

import streamlit as st

from pages.ui.address import addressed
from pages.ui.help.guides import FIRST, guides

known = guides()
st.title("Help", anchor=False)
chosen = addressed("guide", list(known), FIRST)
st.selectbox("Guide", list(known), key="guide", format_func=lambda name: known[name].title, width=480)
with st.container(width=860):
    st.header(known[chosen].title, anchor=False)
    st.markdown(known[chosen].text)
