"""Google's Gemini, by its address in OpenAI's format."""

from __future__ import annotations

from core.llm.providers.openai import connect_compatible, connect_embedding
from core.llm.providers.provider import Provider

PROVIDER = Provider(
    "gemini",
    "Gemini",
    connect_compatible,
    connect_embedding,
    key_variables=("GEMINI_API_KEY",),
    needs_key=True,
    url_variables=("GEMINI_BASE_URL",),
    url="https://generativelanguage.googleapis.com/v1beta/openai",
    price_list="google",
)
