"""One signed post to one address: no redirects, no proxies, no private network unless that is allowed, and an end to
every wait.

Headers and signature are those of Standard Webhooks 1.0 (standardwebhooks.com), whose libraries verify them:
`webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`, "v1," and the base64 of the HMAC-SHA256 of
"id.timestamp.body".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from core.errors import WhetstoneError
from core.version import __version__

SECRET_PREFIX = "whsec_"
TIMEOUT = 10.0  # seconds without a byte
LONGEST = 20.0  # seconds for the whole post
ONCE_MORE = (408, 425, 429)  # refusals that may pass


class NotDelivered(WhetstoneError):
    """One sentence; `final` where another attempt would end the same way."""

    def __init__(self, sentence: str, final: bool = False):
        super().__init__(sentence)
        self.final = final


@dataclass(frozen=True, slots=True)
class SignedPost:
    """What is sent: `id` stays the same for every attempt, `at` is the time of this one in seconds since 1970."""

    id: str
    at: float
    body: bytes


def signature(secret: str, post: SignedPost) -> str:
    """As the header has it. A secret that begins with whsec_ is base64, any other its own UTF-8 bytes."""
    content = f"{post.id}.{int(post.at)}.".encode() + post.body
    return "v1," + base64.b64encode(hmac.digest(secret_key(secret), content, hashlib.sha256)).decode()


def secret_key(secret: str) -> bytes:
    """ValueError where the base64 is none."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def send(url: str, secret: str, post: SignedPost, private: bool = False) -> None:
    """Returns once the receiver has answered with 2xx; NotDelivered otherwise. `private`: a name may lead into a
    private network."""
    parts = urlsplit(url)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "whetstone/" + __version__,
        "webhook-id": post.id,
        "webhook-timestamp": str(int(post.at)),
        "webhook-signature": signature(secret, post),
    }
    try:
        status = _status(parts, checked_addresses(parts, private), post.body, headers)
    except NotDelivered:
        raise
    except (OSError, http.client.HTTPException) as problem:
        reason = "it took too long" if isinstance(problem, TimeoutError) else _reason(problem)
        raise NotDelivered(f"The receiver could not be reached: {reason}.") from None
    if 300 <= status < 400:
        raise NotDelivered(f"The receiver sent us elsewhere ({status}), which is not followed.", final=True)
    if not 200 <= status < 300:
        raise NotDelivered(
            f"The receiver answered with status {status}.", 400 <= status < 500 and status not in ONCE_MORE
        )


def checked_addresses(parts: SplitResult, private: bool) -> list[tuple[str, int]]:
    """The IP addresses to connect to, looked up once and then held to: a name that leads somewhere else a moment later
    (DNS rebinding) gains nothing. NotDelivered for one in a private network that was not named as such."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in resolved]
    public = all(ipaddress.ip_address(each.partition("%")[0]).is_global for each in addresses)
    if not public and not (private or names_private(host)):
        raise NotDelivered(
            f"“{host}” leads into a private network: set WHETSTONE_WEBHOOK_PRIVATE=1 if that is meant.",
            final=True,
        )
    if public and parts.scheme != "https":
        raise NotDelivered("Over the internet feedback is posted by https only.", final=True)
    return [(each, port) for each in dict.fromkeys(addresses)]


def names_private(host: str) -> bool:
    """Whether the address itself says that it is private: nobody is surprised then."""
    if host.lower() == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _status(
    parts: SplitResult, addresses: Sequence[tuple[str, int]], body: bytes, headers: Mapping[str, str]
) -> int:
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    with closing(_connected(addresses)) as plain:
        end = threading.Timer(LONGEST, _shut, (plain,))  # a receiver that drips bytes
        end.daemon = True
        end.start()
        try:
            connection = http.client.HTTPConnection(parts.hostname or "", timeout=TIMEOUT)
            connection.sock = _secured(plain, parts)
            connection.request("POST", target, body, dict(headers))
            return connection.getresponse().status
        finally:
            end.cancel()


def _connected(addresses: Sequence[tuple[str, int]]) -> socket.socket:
    *others, last = addresses
    for address in others:
        try:
            return socket.create_connection(address, TIMEOUT)
        except OSError:
            continue
    return socket.create_connection(last, TIMEOUT)


def _secured(plain: socket.socket, parts: SplitResult) -> socket.socket:
    if parts.scheme != "https":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        pass


def _reason(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return "its certificate is not valid"
    if isinstance(problem, ssl.SSLError):
        return "no secure connection (https) came about"
    if isinstance(problem, socket.gaierror):
        return "its name is not known"
    words = (
        problem.strerror if isinstance(problem, OSError) else ""
    ) or "it answered with something else than HTTP"
    return words[0].lower() + words[1:]
