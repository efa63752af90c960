"""Sign-in and roles: who may come in, and as what. Both are off where .streamlit/secrets.toml has no [auth]."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import UsageError
from core.types.people import Person, Role
from core.wording import quoted

ROLES = "WHETSTONE_ROLES"
SHORTEST_SECRET = 32  # characters
PROVIDER = ("client_id", "client_secret", "server_metadata_url")
GUIDE = "see docs/deploying.md, Sign-in"


@dataclass(frozen=True, slots=True)
class Roles:
    """By e-mail address, or by domain; the address goes first. `others`: of everybody else who can sign in, None
    for none. `unverified`: addresses count that the provider does not vouch for."""

    given: Mapping[str, Role] = field(default_factory=dict)
    others: Role | None = None
    unverified: bool = False

    def of(self, address: str) -> Role | None:
        return self.given.get(address) or self.given.get(address.rpartition("@")[2]) or self.others


@dataclass(frozen=True, slots=True)
class SignIn:
    """`providers` by their name in secrets.toml, "" for the only one."""

    providers: tuple[str, ...]
    roles: Roles


def read_sign_in(environment: Mapping[str, str], secrets: Mapping[str, object]) -> SignIn | None:
    """What the secrets say of [auth] and of [roles], which WHETSTONE_ROLES may name a file for. None where nobody
    needs to sign in. UsageError for what could leave a door open, or nobody in."""
    file = environment.get(ROLES, "").strip()
    if "auth" not in secrets:
        if file or "roles" in secrets:
            raise UsageError(
                f"There are roles, but nobody can sign in: add [auth] to .streamlit/secrets.toml ({GUIDE}), or take the roles away."
            )
        return None
    providers = _providers(secrets["auth"])
    return SignIn(providers, read_roles(_table_of(Path(file)) if file else secrets.get("roles")))


def _providers(auth: object) -> tuple[str, ...]:
    if not isinstance(auth, Mapping):
        raise UsageError(f"[auth] in .streamlit/secrets.toml is no table: {GUIDE}.")
    secret = str(auth.get("cookie_secret", "")).strip()
    if len(secret) < SHORTEST_SECRET:
        raise UsageError(
            f"[auth] in .streamlit/secrets.toml needs a cookie_secret of {SHORTEST_SECRET} characters or more, or anybody could write "
            "a sign-in of their own: make one with “openssl rand -hex 32”."
        )
    if not str(auth.get("redirect_uri", "")).endswith("/oauth2callback"):
        raise UsageError(
            "[auth] in .streamlit/secrets.toml needs a redirect_uri: the address of this page, then /oauth2callback."
        )
    sections = {str(name): value for name, value in auth.items() if isinstance(value, Mapping)}
    sections = sections if not any(key in auth for key in PROVIDER) else {"": auth}
    for name, section in sections.items():
        missing = [key for key in PROVIDER if not section.get(key)]
        if missing or "_" in name:
            raise UsageError(
                f"[auth{name and '.' + name}] in .streamlit/secrets.toml "
                + (f"lacks {', '.join(missing)}: {GUIDE}." if missing else "may have no “_” in its name.")
            )
    if not sections:
        raise UsageError(f"[auth] in .streamlit/secrets.toml lacks {', '.join(PROVIDER)}: {GUIDE}.")
    return tuple(sections)


def _table_of(path: Path) -> object:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(f"The file of {ROLES}, {path}, cannot be read: correct the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The file of {ROLES}, {path}, is no TOML ({error}): correct it.") from None
    return table.get("roles", table)


def read_roles(table: object) -> Roles:
    """Nobody has a role where there is no table. UsageError."""
    if table is None:
        return Roles()
    known = (*Role, "others", "unverified_email")
    unknown = [str(key) for key in table if key not in known] if isinstance(table, Mapping) else [str(table)]
    if not isinstance(table, Mapping) or unknown:
        raise UsageError(f"[roles] knows {', '.join(known)}, not {quoted(unknown[0], 80)}: correct it.")
    given: dict[str, Role] = {}
    for role in Role:
        for name in _names(table.get(role, []), role):
            if given.setdefault(name, role) != role:
                raise UsageError(f"[roles] gives {quoted(name, 80)} two roles: take one away.")
    others = _one_of(table, "others", ("none", Role.VIEWER))
    unverified = _one_of(table, "unverified_email", ("refuse", "accept")) == "accept"
    return Roles(given, None if others == "none" else Role(others), unverified)


def _names(names: object, role: str) -> list[str]:
    if not isinstance(names, list):
        raise UsageError(
            f'{role} in [roles] is a list of e-mail addresses and domains: write {role} = ["…"].'
        )
    folded = [_folded(str(name)).removeprefix("@") for name in names]
    wrong = next(
        (name for name in folded if "." not in name.rpartition("@")[2] or " " in name or "*" in name), None
    )
    if wrong is not None:
        raise UsageError(
            f"{role} in [roles] has {quoted(wrong, 80)}, which is no e-mail address and no domain: correct it."
        )
    return folded


def _one_of(table: Mapping[str, object], key: str, choices: tuple[str, str]) -> str:
    given = str(table.get(key, choices[0]))
    if given not in choices:
        raise UsageError(
            f"{key} in [roles] is “{choices[0]}” or “{choices[1]}”, not {quoted(given, 80)}: correct it."
        )
    return given


def person_of(claims: Mapping[str, object], roles: Roles) -> Person:
    """Who signed in. `claims` are the provider's. UsageError for an address that is missing, not vouched for or
    without a role."""
    address = _folded(str(claims.get("email") or ""))
    if address.count("@") != 1:
        raise UsageError(
            "The sign-in did not say your e-mail address, which roles go by: let the provider send the claim “email”."
        )
    if not roles.unverified and str(claims.get("email_verified", "")).lower() != "true":
        raise UsageError(
            f"The e-mail address {address} is not verified: verify it where you signed in, then sign in again."
        )
    role = roles.of(address)
    if role is None:
        raise UsageError(f"{address} has no role here: ask whoever runs this Whetstone for one.")
    return Person(address, role)


def _folded(address: str) -> str:
    """Upper case means nothing in ASCII; elsewhere two letters may fold into one, and be another person."""
    return address.strip().lower() if address.isascii() else address.strip()
