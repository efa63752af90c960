"""What it costs to keep served predictions whole, to clean them up, and to post feedback to a webhook.

    PYTHONPATH=. .venv/bin/python tests/bench/served_predictions.py [predictions]

5,000 by default, each with a request of about 2,000 characters: stored with and without their calls (bytes and seconds),
found by id, cleaned up. Then 200 posts of feedback without a webhook, with one that answers, and with one that answers
never: how long a post takes, and how many arrive.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from core.services.feedback import Said, receive
from core.services.serving.predictions import find_prediction
from core.services.serving.webhooks import set_webhook
from core.services.storage.clean import CleanOptions, clean
from core.services.storage.removed import removed_folder
from core.similarity.neighbours import Neighbour
from core.store.feedback.records import ServedCall
from core.store.store import Store
from core.types import Dataset, LabelSet, Message, Request, Usage
from core.workspace import Workspace
from tests.core.services.receiver import SECRET, receiving
from tests.core.store.posting import LABELS, answer

POSTS = 200


def main(number: int) -> None:
    plain, _ = stored(number, calls=False)
    whole, store = stored(number, calls=True)
    print(f"kept whole, a prediction takes {(whole - plain) / number / 1_000:.2f} KB more on the disk")
    workspace = Workspace(store.parent)
    times = [
        seconds(lambda n=n: find_prediction(workspace, f"p{n}")) for n in range(0, number, number // 100)
    ]
    print(f"found by its id in {1_000 * median(times):.1f} ms (median)")
    gone: list[int] = []
    cleaned = CleanOptions(1, removed_folder(workspace))
    took = seconds(lambda: gone.append(clean(workspace, "predictions", cleaned).count))
    print(f"{gone[0]:,} cleaned up in {took:.2f} s")
    workspace.close()
    with receiving() as receiver, socket.create_server(("127.0.0.1", 0)) as silent:
        dead = f"http://127.0.0.1:{silent.getsockname()[1]}/"  # takes a connection and never answers
        for name, url in (
            ("no webhook", ""),
            ("one that answers", receiver.url),
            ("one that never answers", dead),
        ):
            post_feedback(name, url)
        print(
            f"  {len(receiver.got):,} of {POSTS:,} arrived, {len(set(receiver.ids)):,} different, all signed"
        )


def stored(number: int, calls: bool) -> tuple[int, Path]:
    """Bytes of the database, and where it is."""
    path = Path(tempfile.mkdtemp()) / "whetstone.db"
    with Store.open(path) as store:
        dataset_id = store.datasets.add(Dataset("bench", LabelSet(LABELS), ()), "bench")
        old = [replace(answer(n, dataset_id), at=1_000.0) for n in range(number)]
        kept = {each.id: call(each.text) for each in old} if calls else {}
        took = seconds(lambda: store.answers.add_all(old, kept))
    print(f"{number:,} predictions stored {'with' if calls else 'without'} their calls in {took:.2f} s")
    return path.stat().st_size, path


def call(text: str) -> ServedCall:
    rules = "".join(f"Rule {n}: a text that names part {n} of the product is about it.\n" for n in range(30))
    request = Request((Message("system", rules), Message("user", "Classify this text.\n" + text)))
    near = tuple(Neighbour(f"{text}, but another {n}", LABELS[n % 3], 0.5) for n in range(5))
    return ServedCall(request, "It names a part. <label>bug</label>", near, Usage(600, 20), 0.4)


def post_feedback(name: str, url: str) -> None:
    environment = {"WHETSTONE_WEBHOOKS": url, "WHETSTONE_WEBHOOK_SECRET": SECRET}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder), environment)
        dataset_id = workspace.store.datasets.add(Dataset("bench", LabelSet(LABELS), ()), "bench")
        workspace.store.answers.add_all([answer(n, dataset_id) for n in range(POSTS)])
        if url:
            set_webhook(workspace, dataset_id, url)
        times = [
            seconds(lambda n=n: receive(workspace, dataset_id, Said(f"p{n}", score=1.0)))
            for n in range(POSTS)
        ]
        deliveries, end = workspace.store.deliveries, time.perf_counter() + 60
        while "never" not in name and deliveries.counts(dataset_id)["waiting"] and time.perf_counter() < end:
            time.sleep(0.05)
        counts = deliveries.counts(dataset_id)
        workspace.close()
    words = f"{1_000 * median(times):.1f} ms a post (median), {1_000 * max(times):.0f} ms at most"
    print(f"feedback with {name}: {words}; {counts}")


def seconds(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
