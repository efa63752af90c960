"""From "provider:model" to a model that can be asked."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UsageError
from core.llm.base import Model
from core.llm.catalogue.model_names import closest_model
from core.llm.catalogue.profiles import Profiles
from core.llm.providers import registry


def connect_model(name: str, keys: Mapping[str, str], profiles: Profiles, role: str = "lightweight") -> Model:
    """The model `name`, "provider:model"; the model's part may hold anything. `keys` is a mapping such as
    os.environ, typed keys on top. `role` decides effort, thinking and length floor, so that one model in both
    roles is two connections; in the role "embedding" its replies are vectors.

    A model makes one attempt per call, and says every failure in words. Opens nothing yet. Raises UsageError
    for a name that is none, an unknown provider, a missing key, or a provider without embeddings."""
    provider = profiles.provider_of(name)
    if provider is None:
        raise UsageError(_unknown(name, profiles))
    if not name.partition(":")[2].strip():
        raise UsageError(f"{name!r} names no model: write it as provider:model, such as openai:gpt-6-luna.")
    make = provider.connect_embedding if role == "embedding" else provider.connect
    if make is None:
        able = [each.name for each in registry.PROVIDERS if each.connect_embedding]
        raise UsageError(
            f"{name} cannot embed texts: choose an embedding model of {', '.join(able[:-1])} or {able[-1]}."
        )
    return make(provider.target(name, keys, profiles.of(name), role))


def _unknown(name: str, profiles: Profiles) -> str:
    prefix, colon, _ = name.partition(":")
    what = f"There is no provider {prefix!r}" if colon else f"{name!r} names no provider"
    closest = closest_model(name, profiles)
    meant = f": did you mean {closest}?" if closest else "."
    names = ", ".join(registry.provider_names(profiles.endpoints))
    return f"{what}{meant} Write a model as provider:model; providers are {names}."
