"""Who may not come in, and what is not taken: one sentence of JSON each, and nothing is changed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.http.serving import NAME, TOKEN, ApiServer, Client, adopted, api_alone

CALLS = [
    ("GET", "/v1/health"),
    ("GET", "/v1/champion"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/classify"),
    ("POST", "/v1/feedback"),
    ("GET", "/v1/nothing"),
]
ONE = {"text": "fix bug in LCEL"}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_the_token_no_call_is_answered(server: ApiServer, method: str, path: str):
    refused = server.client(None).send(
        method, path, b"{}" if method == "POST" else None, {"Content-Type": "application/json"}
    )
    assert (
        refused.status == 401 and refused.headers["www-authenticate"] == "Bearer" and "token" in refused.error
    )


def test_a_wrong_token_is_refused_and_ten_of_them_are_enough_for_a_minute(tmp_path: Path):
    with api_alone(tmp_path / "workspace") as own:
        wrong = [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", "é" * 20]
        for token in wrong:
            refused = Client(own.port, None).get(
                "/v1/health", Authorization=("Bearer " + token).encode("utf-8").decode("latin-1")
            )
            assert refused.status == 401, token
            assert not token or token[:20] not in refused.error
        statuses = [Client(own.port, "wrong").get("/v1/health").status for _ in range(8)]
        assert statuses[:5] == [401] * 5 and statuses[-1] == 429
        late = Client(own.port, "wrong").get("/v1/health")
        assert late.status == 429 and int(late.headers["retry-after"]) >= 1 and "wait" in late.error
        assert own.client().get("/v1/health").status == 200, "nobody locks out who has the right one"


def test_an_address_that_a_header_claims_gets_nobody_more_wrong_tokens(tmp_path: Path):
    """uvicorn believes X-Forwarded-For of a caller on this machine: of all addresses together there are a hundred a minute."""
    with api_alone(tmp_path / "workspace") as own, closing(Client(own.port, "wrong")) as client:
        tries = [client.get("/v1/health", X_Forwarded_For=f"10.0.0.{each}").status for each in range(130)]
        assert tries[:100] == [401] * 100 and tries[-1] == 429
        assert own.client().get("/v1/health").status == 200


def test_another_scheme_is_no_bearer(server: ApiServer):
    assert server.client(None).get("/v1/health", Authorization="Basic " + TOKEN).status == 401


@pytest.mark.parametrize("size", [5_000_000, 50_000_000])
@pytest.mark.parametrize("declared", [True, False])
def test_a_large_body_is_refused_and_the_caller_learns_why(server: ApiServer, size: int, declared: bool):
    """Who sends all before reading gets the reply, with the token and without."""
    part = b"a" * 50_000
    body: bytes | Iterator[bytes] = b"a" * size if declared else iter([part] * (size // len(part)))
    with closing(server.client()) as client:
        refused = client.post_raw("/v1/classify", body)
        assert refused.status == 413 and "1,000,000 bytes" in refused.error
        assert client.get("/v1/health").status == 200, "the same connection goes on"
    with closing(server.client(None)) as stranger:
        body = b"a" * size if declared else iter([part] * (size // len(part)))
        assert stranger.post_raw("/v1/classify", body).status == 401


def test_a_large_body_is_refused_before_it_is_read(server: ApiServer):
    """The reply comes while none of the body was sent; so it does for one of no declared size, after a little
    more than may be."""
    head = f"POST /api/v1/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall((head + "Content-Length: 10000000\r\n\r\n").encode())
        assert b" 413 " in raw.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        for _ in range(17):
            raw.sendall(b"10000\r\n" + b"a" * 65_536 + b"\r\n")
        assert b" 413 " in raw.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_foreign_origin_is_refused_even_with_the_token(client: Client, headers: dict[str, str]):
    refused = client.post("/v1/classify", ONE, **headers)
    assert refused.status == 403 and refused.error
    assert not any(name.startswith("access-control") for name in refused.headers)


def test_the_dashboards_own_origin_may_ask(client: Client, server: ApiServer):
    assert client.get("/v1/health", Origin=server.origin, Sec_Fetch_Site="same-origin").status == 200
    assert client.send("OPTIONS", "/v1/classify", None, {"Origin": "https://evil.example"}).status == 403


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../whetstone.db", "..", "C:\\windows\\win.ini", "a/" + NAME, "\0"]
)
def test_a_path_for_a_name_is_refused(client: Client, name: str):
    for refused in (
        client.post("/v1/classify", ONE | {"dataset": name}),
        client.post("/v1/feedback", {"prediction_id": "x", "score": 1.0, "dataset": name}),
    ):
        assert refused.status == 400 and "not by a path" in refused.error


def test_a_path_in_a_query_or_in_the_address_is_refused(client: Client):
    assert "not by a path" in client.get("/v1/champion?dataset=..%2F..%2Fetc%2Fpasswd").error
    refused = client.post("/v1/classify", ONE | {"prompt": "/etc/passwd"})
    assert refused.status == 400 and "unknown field" in refused.error
    assert client.get("/v1/champion?prompt=x").status == 400


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "does not fit"),
        (b'{"text": 1}', "expected `str"),
        (b'{"text": NaN}', "not JSON"),
        (b"{}", "either one"),
        (b'{"text": "a", "texts": [{"text": "b"}]}', "either one"),
        (b'{"texts": []}', "does not fit"),
        (b'{"texts": [{"text": "a"}], "prediction_id": "x"}', "either one"),
        (b'{"text": "  "}', "no text"),
        (b'{"text": "a", "prediction_id": ""}', "does not fit"),
        (b'{"text": "a\\u0000"}', "text"),
        (b'{"text": "\\ud800"}', "not JSON"),
        (
            b'{"texts": [{"text": "a", "prediction_id": "x"}, {"text": "b", "prediction_id": "x"}]}',
            "id of its own",
        ),
        (b"[" * 200_000, ""),
        (b'{"' + b"k" * 5000 + b'": 1}', "does not fit"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_in_a_sentence(
    client: Client, store: Store, body: bytes, part: str
):
    before = store.answers.page(store.datasets.find(NAME)).total
    refused = client.post("/v1/classify", body)
    assert refused.status == 400 and part in refused.error and len(refused.error) < 500
    assert store.answers.page(store.datasets.find(NAME)).total == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prediction_id": "x"}, 400),
        ({"prediction_id": "x", "score": 1, "correction": "bug"}, 400),
        ({"prediction_id": "x", "score": "1"}, 400),
        ({"score": 1.0}, 400),
        ({"prediction_id": "x", "correction": "no such label"}, 400),
        ({"prediction_id": "y" * 201, "score": 1.0}, 400),
        ({"prediction_id": "x", "score": 1.0, "dataset": "no such dataset"}, 404),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused_and_not_kept(
    client: Client, store: Store, body: dict, status: int
):
    refused = client.post("/v1/feedback", body)
    assert refused.status == status and refused.error
    assert store.feedback.all(store.datasets.find(NAME)) == ()


def test_other_methods_kinds_and_addresses_are_refused_as_json(client: Client):
    assert (
        client.get("/v1/classify").status == 405
        and client.get("/v1/nothing").status == 404
        and client.get("/").status == 404
    )
    assert client.post("/v1/classify", ONE, **{"Content-Type": "text/plain"}).status == 415


def test_more_than_the_rate_has_to_wait(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as opened:
        adopted(opened)
    with api_alone(tmp_path / "workspace", WHETSTONE_API_RATE="2") as own:
        answers = [own.client().get("/v1/health") for _ in range(30)]
        late = [each for each in answers if each.status == 429]
        assert (
            [each.status for each in answers[:10]] == [200] * 10
            and late
            and int(late[0].headers["retry-after"]) >= 1
        )
