"""The real streamlit_app.py in a process of its own, or the API alone in this one, and a plain client for
them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from core.http.app import api_app
from core.prompts.starting_prompt import starting_prompt
from core.store.store import Store
from core.types import Dataset, FewShot, LabelSet
from core.workspace import Workspace
from tests.browser.serving import Server

LABELS = ("bug", "improvement", "new_feature", "documentation", "integration")
TOKEN = "test-token-9f2c51d07ae4b683"
NAME = "classifier-github-issues"


@dataclass(frozen=True)
class Answer:
    status: int
    body: object
    headers: dict[str, str]

    @property
    def error(self) -> str:
        """The sentence; there is nothing else but the kind."""
        assert set(self.body) == {"error", "kind"} and "Traceback" not in self.body["error"]
        return self.body["error"]


class Client:
    """One connection, opened when first needed. Not for several threads."""

    def __init__(self, port: int, token: str | None = TOKEN):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": "Bearer " + token} if token is not None else {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: object, **headers: str) -> Answer:
        return self.post_raw(path, body if isinstance(body, bytes) else json.dumps(body).encode(), **headers)

    def post_raw(self, path: str, body: bytes | Iterator[bytes], **headers: str) -> Answer:
        """Of an iterator's body the size is not declared."""
        return self.send("POST", path, body, {"Content-Type": "application/json"} | headers)

    def send(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]
    ) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, "/api" + path, body, self._headers | named)
        answer = self._connection.getresponse()
        raw = answer.read()
        return Answer(
            answer.status,
            json.loads(raw) if raw else None,
            {name.lower(): value for name, value in answer.getheaders()},
        )

    def close(self) -> None:
        self._connection.close()


def adopted(store: Store, name: str = NAME, model: str = "offline:reader") -> str:
    """The id of a new dataset without rows, whose adopted prompt shows the five most similar rows."""
    dataset_id = store.datasets.add(Dataset(name, LabelSet(LABELS), ()), "test")
    prompt = replace(starting_prompt(LabelSet(LABELS)), few_shot=FewShot("similar", 5))
    store.champions.adopt(dataset_id, prompt, model)
    return dataset_id


class ApiServer(Server):
    """The dashboard with a token, so that the API beside it is on."""

    def __init__(self, workspace: Path, **environment: str):
        super().__init__(workspace, **{"WHETSTONE_API_TOKEN": TOKEN} | environment)

    def client(self, token: str | None = TOKEN) -> Client:
        return Client(self.port, token)


@dataclass(frozen=True)
class ApiAlone:
    """Where the API answers that `api_alone` serves."""

    port: int

    def client(self, token: str | None = TOKEN) -> Client:
        return Client(self.port, token)


@contextmanager
def api_alone(folder: Path, **environment: str) -> Iterator[ApiAlone]:
    """The API over real HTTP in a thread, without the dashboard: what needs no process of its own starts
    in a moment."""
    workspace = Workspace.open(folder, environment)
    api = api_app(lambda: workspace, {"WHETSTONE_API_TOKEN": TOKEN} | environment)
    settings = uvicorn.Config(Starlette(routes=[Mount("/api", app=api)]), log_level="error", lifespan="off")
    server = uvicorn.Server(settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield ApiAlone(listening.getsockname()[1])
        finally:
            server.should_exit = server.force_exit = True
            thread.join(30)
            workspace.close()


@contextmanager
def serving(workspace: Path, **environment: str):
    server = ApiServer(workspace, **environment).start()
    try:
        yield server
    finally:
        server.stop()
    assert server.trouble() == [], server.console()
