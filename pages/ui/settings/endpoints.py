"""Servers with an address and a key of their own: listed, added, changed and removed in models.toml."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.errors import UsageError
from core.llm.catalogue.endpoints import WIRES
from core.llm.providers.access import public_url
from core.llm.providers.provider import Provider
from core.services.endpoints import SECTION as ENDPOINTS
from core.services.endpoints import endpoint_entries, remove_endpoint, save_endpoint
from core.store.files import MODELS
from pages.ui.actions import act, no_spending, show_problem
from pages.ui.keys import shared, typed_keys
from pages.ui.settings.capabilities import show_capabilities
from pages.ui.settings.model_rules import reload_unchanged_rules
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

NEW = ""
PROBLEM = "problem of endpoint"
WIRE_WORDS = {
    "openai": "OpenAI, chat completions",
    "openai-responses": "OpenAI, responses",
    "anthropic": "Anthropic, messages",
}


def show_endpoints() -> None:
    entries = endpoint_entries(workspace().folder)
    st.caption(
        "An endpoint is a server of your own choice, such as OpenRouter, Groq, Azure or one on this machine. Its models are then "
        "named *endpoint:model* wherever a model is chosen, beside those of the built-in providers."
    )
    if entries:
        keys = ChainMap(dict(typed_keys()), workspace().environment)
        st.dataframe(
            endpoints_table(shared().profiles.endpoints, entries, keys),
            hide_index=True,
            height="content",
            alt="Endpoints with address and key",
            column_config={"Address": st.column_config.TextColumn(width="large")},
        )
    left, right = st.columns([3, 2], gap="large")
    with left:
        name = st.selectbox(
            "Endpoint",
            [*entries, NEW],
            format_func=lambda each: each or "Add an endpoint",
            key="endpoint",
            width=360,
        )
        _form(name or NEW, entries.get(name or NEW, {}))
    with right:
        if name:
            show_capabilities(name)


def endpoints_table(
    endpoints: tuple[Provider, ...], entries: Mapping[str, Mapping[str, object]], keys: Mapping[str, str]
) -> pd.DataFrame:
    """Addresses without what may be secret in them, and whether the keys are there, never their text."""
    rows = []
    for each in endpoints:
        wanted = each.secret_variables
        missing = [variable for variable in wanted if not (keys.get(variable) or "").strip()]
        state = "missing" if missing else "set" if wanted else "not needed"
        wire = WIRE_WORDS[str(entries[each.name].get("wire", "openai"))]
        rows.append([each.name, public_url(each.url), wire, ", ".join(wanted) or "needs none", state])
    return pd.DataFrame(rows, columns=["Endpoint", "Address", "Format", "Key variable", "Key"])


def _form(name: str, entry: Mapping[str, object]) -> None:
    locked = bool(no_spending())
    with st.form("endpoint " + name, border=True):
        if not name:
            st.text_input(
                "Name",
                key=_field(name, "name"),
                disabled=locked,
                placeholder="groq",
                help="What its models' names begin with: small letters, digits, - and _.",
            )
        st.text_input(
            "Address",
            _text(entry.get("base_url")),
            key=_field(name, "base_url"),
            disabled=locked,
            placeholder="https://api.groq.com/openai/v1",
            help="As the server's documents give it for the OpenAI or Anthropic SDK, without a key.",
        )
        variable, wire = st.columns(2)
        variable.text_input(
            "Key variable",
            _text(entry.get("key_variable")),
            key=_field(name, "key_variable"),
            disabled=locked,
            placeholder="GROQ_API_KEY",
            help="The name of the environment variable that holds its key, never the key; empty where it needs none.",
        )
        wires = list(WIRES)
        wire.selectbox(
            "Format",
            wires,
            wires.index(str(entry.get("wire", "openai"))),
            format_func=WIRE_WORDS.get,
            key=_field(name, "wire"),
            disabled=locked,
        )
        with st.expander("Headers, query, prices and limits"):
            _more(name, entry, locked)
        show_problem(PROBLEM)
        st.form_submit_button(
            "Save" if name else "Add",
            type="primary",
            disabled=locked,
            help=no_spending() or "Checked before it is saved.",
            on_click=act,
            args=(lambda: _save(name, entry), "Endpoint saved.", PROBLEM),
        )
    if name:
        st.caption(
            f"Saved in {MODELS} of the workspace, under its name. Saving it here drops comments inside its part of the "
            "file; the rest of the file stays."
        )
        with st.popover("Remove", icon=":material/delete:", disabled=locked, help=no_spending() or None):
            st.markdown(f"Remove **{escape_md(name)}** from {MODELS}?")
            st.button(
                "Remove it",
                type="primary",
                key="remove_endpoint",
                on_click=act,
                args=(lambda: _remove(name), f"{name} is removed.", PROBLEM),
            )


def _more(name: str, entry: Mapping[str, object], locked: bool) -> None:
    st.text_area(
        "Headers",
        _lines(entry.get("headers"), ": "),
        key=_field(name, "headers"),
        disabled=locked,
        height=80,
        placeholder="api-key: $AZURE_OPENAI_API_KEY",
        help="One a line. $NAME is filled in from the environment: a key is never written here.",
    )
    st.text_input(
        "Query",
        _lines(entry.get("query"), "=").replace("\n", "&"),
        key=_field(name, "query"),
        disabled=locked,
        placeholder="api-version=2024-10-21",
    )
    prices, limits = _table(entry, "prices"), _table(entry, "limits")
    columns = [*st.columns(2), *st.columns(2)]
    for column, (label, key, value) in zip(
        columns,
        (
            ("Input, $ per million tokens", "input", prices.get("input")),
            ("Output, $ per million tokens", "output", prices.get("output")),
            ("Requests per minute", "requests_per_minute", limits.get("requests_per_minute")),
            ("Calls at a time", "concurrency", limits.get("concurrency")),
        ),
        strict=True,
    ):
        whole = key == "concurrency"
        column.number_input(
            label,
            1 if whole else 0.0,
            1_000 if whole else None,
            None if value is None else int(value) if whole else float(value),
            step=1 if whole else 0.1,
            format="%d" if whole else "%g",
            key=_field(name, key),
            disabled=locked,
            placeholder="unknown" if key in ("input", "output") else "no limit" if not whole else "as usual",
        )


def _save(name: str, entry: Mapping[str, object]) -> None:
    given = {key: st.session_state[_field(name, key)] for key in _FIELDS}
    chosen = name or (st.session_state[_field(NEW, "name")] or "").strip()
    changed = changed_entry(entry, given)
    known = endpoint_entries(workspace().folder).get(chosen)
    if not name and known not in (None, changed):  # the same: pressed twice
        raise UsageError(f"There is an endpoint {chosen} already: choose it above to change it.")
    if not chosen:
        raise UsageError("Type a name: small letters, digits, - and _ only, such as my-server.")
    if not str(given["base_url"] or "").strip():
        raise UsageError("Type the server's address, such as https://api.groq.com/openai/v1.")
    try:
        save_endpoint(workspace(), chosen, changed)
    except UsageError as problem:
        raise UsageError(in_form_words(str(problem), chosen)) from problem
    reload_unchanged_rules()
    if not name:
        for key in (*_FIELDS, "name"):
            st.session_state.pop(_field(NEW, key), None)
    st.session_state["endpoint"] = chosen


def in_form_words(sentence: str, name: str) -> str:
    """What is said of the file's keys, for whoever sees the form's fields."""
    where = f"{MODELS}, [{ENDPOINTS}.{name}]"
    words = sentence.replace(f"base_url of {where}", "the address").removeprefix(where + ": ")
    for key, field in (("base_url", "the address"), ("key_variable", "the key variable")):
        words = words.replace(key, field)
    return words[:1].upper() + words[1:]


def changed_entry(entry: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """The entry with what the form holds; what the form does not know stays."""
    tables = {
        "headers": _pairs(str(given["headers"] or ""), "\n", ":"),
        "query": _pairs(str(given["query"] or ""), "&", "="),
        "prices": {key: value for key, value in _table(entry, "prices").items() if isinstance(value, Mapping)}
        | _set(given, "input", "output"),
        "limits": {
            key: value
            for key, value in _table(entry, "limits").items()
            if key not in ("requests_per_minute", "concurrency")
        }
        | _set(given, "requests_per_minute", "concurrency"),
    }
    texts = {key: str(given[key] or "").strip() for key in ("base_url", "key_variable", "wire")}
    if texts["wire"] == "openai" and "wire" not in entry:
        texts["wire"] = ""
    changed = {**entry, **texts, **tables}
    return {key: value for key, value in changed.items() if key not in (*texts, *tables) or value}


_FIELDS = (
    "base_url",
    "key_variable",
    "wire",
    "headers",
    "query",
    "input",
    "output",
    "requests_per_minute",
    "concurrency",
)


def _remove(name: str) -> None:
    remove_endpoint(workspace(), name)
    reload_unchanged_rules()
    st.session_state.pop("endpoint", None)


def _field(name: str, key: str) -> str:
    return f"endpoint {key} of {name}"


def _set(given: Mapping[str, object], *keys: str) -> dict[str, object]:
    return {key: given[key] for key in keys if given[key] is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _table(entry: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = entry.get(key)
    return value if isinstance(value, Mapping) else {}


def _lines(value: object, between: str) -> str:
    pairs = value if isinstance(value, Mapping) else {}
    return "\n".join(f"{key}{between}{text}" for key, text in pairs.items())


def _pairs(text: str, end: str, between: str) -> dict[str, str]:
    """Names and their texts. Raises UsageError for a part that is no pair."""
    pairs = {}
    for part in filter(None, (part.strip() for part in text.split(end))):
        key, separator, value = part.partition(between)
        if not separator or not key.strip():
            raise UsageError(f"Write each as name{between} value; one of them has no {between!r}.")
        pairs[key.strip()] = value.strip()
    return pairs
