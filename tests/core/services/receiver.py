"""A receiver of webhooks on this machine, which verifies signatures as the documentation says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a secret of 16 characters and more"


class Receiver:
    """Answers with the statuses it is given, the last one for ever. `got` are the bodies of posts whose signature is
    right, in order; `ids` those of all posts."""

    def __init__(self, server: ThreadingHTTPServer):
        self.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        self.statuses = [200]
        self.got: list[dict] = []
        self.ids: list[str] = []
        self.news = threading.Event()

    def take(self, headers, body: bytes) -> int:
        id_ = headers["webhook-id"]
        content = f"{id_}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.digest(SECRET.encode(), content, hashlib.sha256)).decode()
        if hmac.compare_digest(headers["webhook-signature"], "v1," + right):
            self.got.append(json.loads(body))
        self.ids.append(id_)
        self.news.set()
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def receiving(secured: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """`secured`: it speaks https."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = receiver.take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", receiver.url + "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server)
        if secured:
            server.socket = secured.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
            receiver.url = receiver.url.replace("http:", "https:")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()
