"""The dashboard with the HTTP API beside it, at /api: `make serve`, or `streamlit run server.py`. Without
WHETSTONE_API_TOKEN the API is off, and this is the dashboard alone. See docs/http.md."""

import os
from collections import ChainMap
from pathlib import Path

import streamlit as st
from starlette.routing import Mount, Route

from app_pages.ui import shell
from core.errors import UsageError
from core.http.door import door


def hosts() -> list[str]:
    return st.get_option("server.allowedHosts")


try:
    api = door(shell.workspace, ChainMap(os.environ, shell.secrets()), hosts)
except UsageError as problem:
    raise SystemExit(str(problem)) from None

# "/api" itself does not belong to the mount: without a route of its own, Streamlit would show the dashboard
# there.
app = st.App(
    Path(__file__).with_name("streamlit_app.py"), routes=[Mount("/api", app=api), Route("/api", endpoint=api)]
)
