"""Endpoints of the workspace: listed, written to models.toml, removed, and what their servers can do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from core.errors import UsageError
from core.llm.capabilities import CapabilityReport, find_capabilities
from core.llm.catalogue.limits import load_limits
from core.llm.catalogue.profiles import load_profiles
from core.store.files import models_text, save_models
from core.store.toml_tables import replace_table
from core.workspace import NO_KEYS, Workspace

SECTION = "endpoints"


def endpoint_entries(folder: Path) -> dict[str, dict[str, object]]:
    """[endpoints.NAME] as they stand in models.toml. Raises UsageError for a wrong file."""
    load_profiles(folder)
    return dict(tomllib.loads(models_text(folder)).get(SECTION, {}))


def save_endpoint(workspace: Workspace, name: str, entry: Mapping[str, object]) -> None:
    """Checked, then written in place of the one of this name; the rest of the file stays as it is. Raises
    UsageError naming what is wrong, and then nothing is written."""
    _write(workspace, (SECTION, name), entry)


def remove_endpoint(workspace: Workspace, name: str) -> None:
    """Raises UsageError where something still speaks of its models."""
    endpoints = load_profiles(workspace.folder).endpoints
    rules = tomllib.loads(models_text(workspace.folder))
    named = [
        *(each for section in ("models", "prices") for each in rules.get(section, {})),
        *load_limits(workspace.folder, endpoints),
    ]
    users = [each for each in named if each.startswith(name + ":")]
    if users:
        raise UsageError(
            f"models.toml or limits.toml still speaks of {', '.join(users[:3])}: take that out first, under Custom rules or "
            "Limits."
        )
    _write(workspace, (SECTION, name), None)


def save_rules_of(workspace: Workspace, model: str, fields: Mapping[str, object]) -> None:
    """Sets fields of [models."provider:model"]; others that it has stay. Raises UsageError."""
    load_profiles(workspace.folder)
    own = tomllib.loads(models_text(workspace.folder)).get("models", {}).get(model, {})
    _write(workspace, ("models", model), {**own, **fields})


def capabilities(workspace: Workspace, model: str, keys: Mapping[str, str] = NO_KEYS) -> CapabilityReport:
    """A few short calls, which nobody asked before: they cost what they cost. Raises UsageError for a model
    that cannot be opened and in a workspace that is only to be looked at."""
    workspace.check_spendable()
    return workspace.calls.run(find_capabilities(model, workspace.model_context(keys)))


def _write(workspace: Workspace, path: tuple[str, str], entry: Mapping[str, object] | None) -> None:
    workspace.check_spendable()
    load_profiles(workspace.folder)  # a wrong file is said before anything is put into it
    text = models_text(workspace.folder)
    save_models(workspace.folder, replace_table(text, path, entry), text)
    workspace.connections.forget()
