"""A sign-in provider on loopback: OpenID Connect with discovery, PKCE, id tokens signed RS256, and a page on which a
person is a link."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "whetstone", "client-secret-of-the-test"


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in; None leaves the claim out."""

    email: str | None
    verified: bool | None = True
    name: str = "A Person"


@dataclass
class OidcServer:
    """`with OidcServer((Account(…),)) as provider`. `asked` are the paths that were asked for."""

    accounts: tuple[Account, ...]
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._key = RSAKey.generate_key(2048, {"kid": "test-key", "use": "sig", "alg": "RS256"}, private=True)
        self._codes: dict[str, tuple[Account, dict[str, str]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def discovery(self) -> str:
        return self.url + "/.well-known/openid-configuration"

    def secrets(self, origin: str, roles: str = "", cookie_secret: str = "0123456789abcdef" * 4) -> str:
        """A secrets.toml for a dashboard at this address."""
        return (
            f'[auth]\nredirect_uri = "{origin}/oauth2callback"\ncookie_secret = "{cookie_secret}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\nserver_metadata_url = "{self.discovery}"\n{roles}'
        )

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": self.url + "/authorize",
            "token_endpoint": self.url + "/token",
            "jwks_uri": self.url + "/jwks",
            "end_session_endpoint": self.url + "/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def people(self, asked: dict[str, str]) -> str:
        """The page after /authorize."""
        back, state = asked["redirect_uri"], asked["state"]
        links = []
        for account in self.accounts:
            code = secrets.token_urlsafe(12)
            self._codes[code] = account, asked
            links.append((account.email or "no address", urlencode({"code": code, "state": state})))
        links.append(("Deny", urlencode({"error": "access_denied", "state": state})))
        return "".join(f'<p><a href="{back}?{query}">{html.escape(name)}</a></p>' for name, query in links)

    def tokens(self, form: dict[str, str]) -> dict[str, object]:
        """A code counts once, for the client that asked, with the verifier of its challenge."""
        account, asked = self._codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        now = int(time.time())
        claims: dict[str, object] = {"iss": self.url, "aud": CLIENT, "sub": "id of " + str(account.email)}
        claims |= {"iat": now, "exp": now + 600, "nonce": asked["nonce"], "name": account.name}
        claims |= {} if account.email is None else {"email": account.email}
        claims |= {} if account.verified is None else {"email_verified": account.verified}
        signed = jwt.encode({"alg": "RS256", "kid": "test-key"}, claims, self._key)
        return {"access_token": secrets.token_urlsafe(12), "token_type": "Bearer", "id_token": signed}

    def keys(self) -> dict[str, object]:
        return {"keys": [self._key.as_dict(private=False)]}


def _handler(provider: OidcServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, _flat(urlsplit(self.path).query)
            provider.asked.append(path)
            if path.startswith("/.well-known"):
                self._answer(json.dumps(provider.metadata()), "application/json")
            elif path == "/jwks":
                self._answer(json.dumps(provider.keys()), "application/json")
            elif path == "/authorize":
                self._answer(provider.people(query), "text/html")
            elif path == "/logout":
                self.send_response(302)
                self.send_header("Location", query["post_logout_redirect_uri"])
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(json.dumps(provider.tokens(form)), "application/json")

        def _answer(self, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
