from pathlib import Path

from core.llm.embeddings.open_embedder import MOST_FILES, offline_embedder


def test_what_was_learned_from_texts_of_long_ago_does_not_pile_up(tmp_path: Path):
    for number in range(MOST_FILES + 3):
        offline_embedder([f"text {number}", "another"], tmp_path)
    left = {file.name for file in tmp_path.glob("*.npz")}
    assert len(left) == MOST_FILES
    offline_embedder([f"text {MOST_FILES + 2}", "another"], tmp_path)
    assert {file.name for file in tmp_path.glob("*.npz")} == left, "the latest is still there"
