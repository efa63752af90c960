"""A choice kept in the address by its id. Streamlit's own `bind` writes what an option is called, which a
rename would break."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from core.errors import NotFound
from core.services.benchmark.spec import kind_of
from core.store.store import Store

FOLLOWED = "links followed"  # in the session
NAMES = ("run", "runs", "benchmark", "migration", "version")


def addressed(key: str, options: Sequence[Any], default: Any, always: bool = False) -> Any:
    """Call right before the widget with this key: the address wins when it was changed from outside (a link,
    the back button), else the widget's value is written into it. A value that is no option becomes the
    default, which is left out of the address unless it is to stand there `always`. Returns the value."""
    turned = _next(key) in st.session_state
    if turned:
        st.session_state[key] = st.session_state.pop(_next(key))
    elif (
        key not in st.session_state and _remembered(key) in st.session_state
    ):  # a switch of the page takes the state of widgets away
        st.session_state[key] = st.session_state[_remembered(key)]
    known = {str(option): option for option in options}
    given = st.query_params.get(key)
    if not turned and given in known and given != st.session_state.get(_written(key)):
        st.session_state[key] = known[given]
    if st.session_state.get(key) not in options:
        st.session_state[key] = default
    # Set even if unchanged: a browser names an option by how it was called when drawn, which a rename since
    # then breaks.
    value = st.session_state[key] = st.session_state[key]
    text = None if value == default and not always else str(value)
    if text is None:
        st.query_params.pop(key, None)
    elif given != text:
        st.query_params[key] = text
    st.session_state[_written(key)] = text
    st.session_state[_remembered(key)] = value
    return value


def addressed_alone(key: str, options: Sequence[Any], default: Any) -> Any:
    """As `addressed`, where no widget follows. Left in the session, the value would come back in the place of what is
    chosen in the widget of another view, as soon as that is gone."""
    value = addressed(key, options, default)
    del st.session_state[key]
    return value


def arrived(key: str) -> str | None:
    """What the address says where it was changed from outside (a link, the back button) and `addressed` has not
    read it yet; else None."""
    given = st.query_params.get(key)
    return None if given == st.session_state.get(_written(key)) else given


def forget(key: str) -> None:
    """The choice and its place in the address: the next widget starts from its default."""
    for name in (key, _written(key), _remembered(key)):
        st.session_state.pop(name, None)
    st.query_params.pop(key, None)


def turn_to(key: str, value: Any) -> None:
    """Makes the choice for the next drawing of the page: the widget may have been drawn already."""
    st.session_state[_next(key)] = value


def linked_dataset(store: Store, known: Collection[str]) -> str | None:
    """The dataset that what the address names by an id lies in, where that was changed from outside (a link, the back
    button): it is the one to show, whichever was chosen before. None where nothing that is named is there. `known`: the
    ids of all datasets."""
    names = _named()
    if names == st.session_state.get(FOLLOWED):
        return None
    st.session_state[FOLLOWED] = names
    for kind, given in names.items():
        for identity in given.split(","):
            try:
                found = _dataset_of(store, kind, identity, known)
            except NotFound:
                continue
            if found in known:
                return found
    return None


def keep_dataset() -> None:
    """Where a person chooses one: what the address still names of the one before is no link."""
    st.session_state[FOLLOWED] = _named()


def _named() -> dict[str, str]:
    return {name: st.query_params[name] for name in NAMES if st.query_params.get(name)}


def _dataset_of(store: Store, kind: str, identity: str, datasets: Collection[str]) -> str | None:
    if kind in ("run", "runs"):
        return store.runs.get(identity).dataset_id
    if kind == "version":
        holders = (each for each in datasets if identity in {it.id for it in store.versions.all(each)})
        return next(holders, None)
    return kind_of(store.benchmarks.get(identity)).dataset_id


def _next(key: str) -> str:
    return "next " + key


def _remembered(key: str) -> str:
    return key + " as chosen"


def _written(key: str) -> str:
    return key + " in the address"
