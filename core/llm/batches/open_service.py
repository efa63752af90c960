"""The batch service of a model's provider."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UsageError
from core.llm.batches.anthropic_service import AnthropicBatches
from core.llm.batches.openai_service import OpenAIBatches
from core.llm.batches.service import BatchService
from core.llm.connections import ModelContext

SERVICES: Mapping[str, type[OpenAIBatches] | type[AnthropicBatches]] = {
    "openai": OpenAIBatches,
    "anthropic": AnthropicBatches,
}


def open_batch_service(name: str, shared: ModelContext) -> BatchService:
    """UsageError for a model whose provider has none, or without its key. Nothing is sent yet."""
    provider = check_batches(name)
    shared.connected(name, "lightweight")  # says what is wrong with the name, the key or the address
    owner = shared.profiles.provider_of(name)
    assert owner is not None
    return SERVICES[provider](owner.target(name, shared.keys, shared.profiles.of(name), "lightweight"))


def check_batches(name: str) -> str:
    """The provider. UsageError where it has no batch service that is used here."""
    provider = name.partition(":")[0]
    if provider not in SERVICES:
        raise UsageError(
            f"{name} has no batch service: batches are sent to models of OpenAI and Anthropic (openai:…, anthropic:…); "
            "classify asks any other."
        )
    return provider
