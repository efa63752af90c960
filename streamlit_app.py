"""The front door: the dashboard with the HTTP API beside it, at /api. Without WHETSTONE_API_TOKEN the API is
off (docs/http.md). `streamlit run streamlit_app.py` and `uvicorn streamlit_app:app` find `app` by itself."""

import os
import sys
from collections import ChainMap
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from core.errors import UsageError
from core.http.app import api_app
from core.http.callers import Callers
from core.http.host_names import HostNames
from core.http.log_limit import limit_logs
from core.http.orderly_end import OrderlyEnd
from core.http.page_script import PageScript
from core.http.security_headers import SecurityHeaders
from core.http.sign_in_outcome import SignInOutcome
from core.http.socket_origins import SocketOrigins
from pages.ui import shell
from pages.ui.navigation import PATHS
from pages.ui.overview.preload import load_modules, scripts

# Streamlit reads .streamlit/config.toml and secrets.toml beside the first script that it hears of. Started by uvicorn from
# another folder it has heard of none, and would look beside the one below, which is in `pages`.
st.App(Path(__file__))


def hosts() -> list[str]:
    return st.get_option("server.allowedHosts")


def origins() -> list[str] | None:
    return st.get_option("server.corsAllowedOrigins") if st.get_option("server.enableCORS") else None


try:
    api = api_app(
        shell.shared_workspace,
        ChainMap(os.environ, shell.secrets()),
        hosts=hosts,
    )
except UsageError as problem:
    raise SystemExit(str(problem)) from None

ROUTER = Path(__file__).with_name("pages") / "router.py"
# Streamlit puts the script's folder before all others on the path for each drawing, and takes it away afterwards: what
# another thread imports at that moment may not be found ("No module named 'openai'" ended a run). It leaves alone what
# stands there already.
sys.path.append(str(ROUTER.parent))

# The script is one folder down: with a folder named `pages` beside it, Streamlit would run its old multipage
# mechanism until st.navigation has been called, and draw "Page not found" over a deep link.
# "/api" itself does not belong to the mount: without a route of its own, Streamlit would show the dashboard
# there. Streamlit's own routes know of server.baseUrlPath, others do not.
api_path = "/".join(["", *st.get_option("server.baseUrlPath").strip("/").split("/"), "api"]).replace(
    "//", "/"
)
callers = Callers()
limit_logs()
app = st.App(
    ROUTER,
    routes=[Mount(api_path, app=api), Route(api_path, endpoint=api)],
    middleware=[
        Middleware(callers.middleware),
        Middleware(SecurityHeaders),
        Middleware(HostNames, hosts=hosts),
        Middleware(SocketOrigins, origins=origins),
        Middleware(SignInOutcome),
        Middleware(PageScript, pages=PATHS, ahead=scripts()),
    ],
    lifespan=callers.within(OrderlyEnd(shell.shared_workspace.clear)),  # which closes it, if it was opened
)
load_modules()
