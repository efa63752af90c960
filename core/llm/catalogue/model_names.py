"""What a name that is no model's was probably meant to be."""

from __future__ import annotations

from difflib import get_close_matches

from core.llm.catalogue.profiles import DEFAULTS, Profiles
from core.llm.providers import registry

_ALIKE = 0.8  # of difflib: a letter lost, doubled or swapped
_LONGEST = 200  # a longer name is nobody's slip


def closest_model(name: str, profiles: Profiles) -> str:
    """The model that `name` comes closest to, "provider:model", where it has no provider or an unknown one;
    empty where none is like it."""
    wanted = " ".join(name[:_LONGEST].split())
    prefix, colon, model = wanted.partition(":")
    if not colon:
        prefix, slash, model = wanted.partition("/")  # as OpenRouter and LiteLLM write it
        model = model if slash else wanted
        prefix = prefix if slash else ""
    prefix = prefix.lower()
    providers = registry.provider_names(profiles.endpoints)
    if prefix in providers and model:
        return f"{prefix}:{model}"
    by_model = {known.partition(":")[2].lower(): known for known in reversed(_known(profiles))}
    if model.lower() in by_model:
        return by_model[model.lower()]
    if not any(letter.isdigit() for letter in prefix):  # else it is a model with a tag, such as llama4:8b
        for provider in get_close_matches(prefix, providers, 1, _ALIKE):
            return f"{provider}:{model}" if model else ""
    whole = wanted if ":" in wanted else model
    for close in get_close_matches(whole, by_model, 1, _ALIKE) or get_close_matches(
        model, by_model, 1, _ALIKE
    ):
        return by_model[close]
    return ""


def _known(profiles: Profiles) -> list[str]:
    """Those that are offered first, then the user's, then all others."""
    names = (*DEFAULTS["lightweight"], *DEFAULTS["heavyweight"], *profiles.prices, *profiles.known())
    return list(dict.fromkeys(names))
