"""Webhooks: feedback posted to a program of the user's. Off by default, and only to addresses that the environment
allows.

WHETSTONE_WEBHOOKS          the addresses that may be chosen, separated by spaces
WHETSTONE_WEBHOOK_SECRET    signs every post: 16 characters or more
WHETSTONE_WEBHOOK_PRIVATE   1: a name on the list may lead into a private network
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.errors import NotFound, UsageError
from core.llm.providers.access import public_url
from core.services.serving.feedback_records import feedback_record
from core.services.serving.predictions import iso
from core.services.serving.webhook_post import NotDelivered, SignedPost, secret_key, send
from core.store.codec import new_id
from core.store.feedback.records import Delivery
from core.workspace import Workspace

ADDRESSES, SECRET, PRIVATE = (
    "WHETSTONE_WEBHOOKS",
    "WHETSTONE_WEBHOOK_SECRET",
    "WHETSTONE_WEBHOOK_PRIVATE",
)
SHORTEST_SECRET = 16  # characters


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What the environment allows. Without addresses webhooks are off."""

    addresses: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    private: bool = False


def webhook_settings(environment: Mapping[str, str]) -> WebhookSettings:
    """UsageError for an address or a secret that cannot be used."""
    addresses = tuple(dict.fromkeys(environment.get(ADDRESSES, "").replace(",", " ").split()))
    secret = environment.get(SECRET, "").strip()
    for address in addresses:
        _check_address(address)
    if addresses and len(secret) < SHORTEST_SECRET:
        raise UsageError(
            f"{SECRET} must have {SHORTEST_SECRET} characters or more, for posts are signed with it: make one with "
            "“openssl rand -hex 24”."
        )
    try:
        secret_key(secret)
    except ValueError:
        raise UsageError(
            f"{SECRET} begins with whsec_, but what follows is no base64: copy it again."
        ) from None
    return WebhookSettings(addresses, secret, environment.get(PRIVATE, "") == "1")


def set_webhook(workspace: Workspace, dataset_id: str, address: str) -> None:
    """Feedback on the dataset is posted to this address from now on; "" turns that off. UsageError for one that the
    environment does not allow."""
    workspace.check_writable()
    allowed = webhook_settings(workspace.environment).addresses
    if address and address not in allowed:
        raise UsageError(
            f"“{address}” may not be posted to: "
            + (f"{ADDRESSES} allows {', '.join(allowed)}." if allowed else f"put it into {ADDRESSES} first.")
        )
    workspace.store.deliveries.set_webhook(dataset_id, address)


def post_test(workspace: Workspace, dataset_id: str) -> None:
    """Posts a word to the dataset's webhook, to see whether it comes. UsageError, NotDelivered."""
    workspace.check_writable()
    settings = webhook_settings(workspace.environment)
    address = workspace.store.deliveries.webhook(dataset_id)
    if address not in settings.addresses:
        raise UsageError("No webhook is set for this dataset: choose an address first.")
    now = time.time()
    _send(settings, address, SignedPost(new_id(), now, _body("test", now, {})))


def retry_deliveries(workspace: Workspace, dataset_id: str) -> int:
    """Posts again what was given up; how many that are."""
    workspace.check_writable()
    return workspace.store.deliveries.retry(dataset_id)


def send_due(workspace: Workspace, ended: Callable[[], bool] = lambda: False) -> int:
    """Posts what is due, one after the other, until it has `ended`; how many were tried.

    What fails is due again later, four times in all."""
    settings, deliveries, tried = webhook_settings(workspace.environment), workspace.store.deliveries, 0
    while not ended() and (delivery := deliveries.claim()) is not None:
        tried += 1
        try:
            _deliver(settings, delivery, feedback_record(workspace, delivery.feedback_id))
        except NotFound:
            deliveries.settle(delivery, "The feedback is gone.", final=True)
        except NotDelivered as problem:
            deliveries.settle(delivery, str(problem), problem.final)
        else:
            deliveries.settle(delivery)
    return tried


# ---- private


def _deliver(settings: WebhookSettings, delivery: Delivery, data: Mapping[str, object]) -> None:
    if delivery.url not in settings.addresses:
        raise NotDelivered(f"The address is no longer in {ADDRESSES}.", final=True)
    body = _body("feedback.received", delivery.at, data)
    _send(settings, delivery.url, SignedPost(delivery.id, time.time(), body))


def _send(settings: WebhookSettings, address: str, post: SignedPost) -> None:
    send(address, settings.secret, post, settings.private)


def _body(kind: str, at: float, data: Mapping[str, object]) -> bytes:
    return json.dumps({"type": kind, "timestamp": iso(at), "data": data}, ensure_ascii=False).encode()


def _check_address(address: str) -> None:
    """UsageError."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.fragment:
        raise UsageError(
            f"{ADDRESSES} has “{public_url(address)}”, which is no address to post to: write it as https://host/path, without a "
            "name, password or #."
        )
    if not address.isascii() or any(not character.isprintable() for character in address):
        raise UsageError(
            f"{ADDRESSES} has an address with characters that addresses cannot have: encode them."
        )
