"""From "provider:model" to a model that can be asked. A provider is a plain Model: one attempt per call,
every failure in words."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UsageError
from core.llm.base import Model
from core.llm.catalogue.profile import Profile
from core.llm.catalogue.profiles import PROVIDERS, Profiles

OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"


def connect(name: str, keys: Mapping[str, str], profiles: Profiles, role: str = "lightweight") -> Model:
    """The model `name`, "provider:model"; the model's part may hold anything. `keys` is a mapping such as
    os.environ, typed keys on top. `role` decides effort, thinking and length floor, so that one model in both
    roles is two connections.

    Opens nothing yet. Raises UsageError for a name that is none, an unknown provider, or a missing key."""
    provider, colon, model = name.partition(":")
    if provider not in PROVIDERS:
        raise UsageError(
            f"There is no provider {provider!r}; there are "
            + ", ".join(PROVIDERS)
            + ": write a model as provider:model."
        )
    if not colon or not model.strip():
        raise UsageError(f"{name!r} names no model: write it as provider:model, such as openai:gpt-6-luna.")
    if provider == "offline":
        return _offline(model)
    profile = profiles.of(name)
    if provider == "openai":
        return _openai(name, keys, profile, role)
    if provider == "anthropic":
        return _anthropic(name, keys, profile, role)

    from core.llm.providers import compatible

    made = {
        "gemini": compatible.connect_gemini,
        "ollama": compatible.connect_ollama,
        "openai-compatible": compatible.connect_any,
    }
    return made[provider](name, keys, profile, role)


def connect_embedding(name: str, keys: Mapping[str, str], profiles: Profiles) -> Model:
    """The embedding model `name` as a Model whose replies are vectors (see core/llm/embeddings/remote.py).
    Errors as for `connect`, and UsageError for a provider without this endpoint."""
    from core.llm.embeddings.remote import EmbeddingModel
    from core.llm.providers.openai import OpenAIModel

    provided = connect(name, keys, profiles)
    if not isinstance(provided, OpenAIModel):
        raise UsageError(
            f"{name} cannot embed texts: choose an embedding model of openai, gemini, ollama or openai-compatible."
        )
    return EmbeddingModel(provided)


def _openai(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> Model:
    from core.llm.providers.access import read_key, read_url
    from core.llm.providers.openai import OpenAIModel, way_to

    url = read_url(keys, "OPENAI_BASE_URL", OPENAI_URL)
    way = way_to(url, profile, foreign=url.rstrip("/") != OPENAI_URL)
    return OpenAIModel(name, read_key(keys, "OPENAI_API_KEY", name), way, profile, role)


def _anthropic(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> Model:
    from core.llm.providers.access import read_key, read_url
    from core.llm.providers.anthropic import AnthropicModel, way_to

    url = read_url(keys, "ANTHROPIC_BASE_URL", ANTHROPIC_URL)
    return AnthropicModel(name, read_key(keys, "ANTHROPIC_API_KEY", name), way_to(url), profile, role)


def _offline(model: str) -> Model:
    if model == "reader":
        from core.offline.reader import OfflineReader

        return OfflineReader()
    if model == "editor":
        from core.offline.editor import OfflineEditor

        return OfflineEditor()
    raise UsageError(f"There is no offline model {model!r}; there are offline:reader and offline:editor.")
