"""What was acknowledged over HTTP is there once, though the server is killed. The full size is in
tests/bench/feedback.py."""

from __future__ import annotations

from pathlib import Path

from core.store.store import Store
from tests.core.http.posting import CLIENTS, FASTER, Posting, lost_and_doubled
from tests.core.http.serving import ApiServer, adopted
from tests.core.store.posting import answer

POSTS = 320


def test_every_acknowledged_post_is_there_once_though_the_server_is_killed_in_the_middle(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        dataset_id = adopted(store)
        store.answers.add_all([answer(number, dataset_id) for number in range(POSTS)])
        server = ApiServer(tmp_path / "workspace", **FASTER).start()
        first = Posting(server.port, range(POSTS))
        first.until(POSTS // 3)
        server.kill()
        first.wait()
        assert POSTS // 3 <= len(first.acknowledged) < POSTS - CLIENTS and first.refused == []
        assert lost_and_doubled(store, dataset_id, first.acknowledged) == (0, 0)
        server.start()
        try:
            again = Posting(server.port, range(POSTS))
            again.wait()
        finally:
            server.stop()
        assert len(again.acknowledged) == POSTS and again.refused == []
        assert lost_and_doubled(store, dataset_id, again.acknowledged) == (0, 0)
        assert store.feedback.counts(dataset_id)["applied"] == POSTS == store.datasets.info(dataset_id).rows
