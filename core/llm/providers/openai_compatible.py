"""Any server that speaks OpenAI's format at an address of its own, with or without a key."""

from __future__ import annotations

from core.llm.providers.openai import connect_compatible, connect_embedding
from core.llm.providers.provider import Provider

PROVIDER = Provider(
    "openai-compatible",
    "Compatible",
    connect_compatible,
    connect_embedding,
    key_variables=("OPENAI_COMPATIBLE_API_KEY", "OPENAI_API_KEY"),
    keys_by_address={"OPENAI_API_KEY": "OPENAI_BASE_URL"},
    url_variables=("OPENAI_COMPATIBLE_BASE_URL", "OPENAI_BASE_URL"),
)
