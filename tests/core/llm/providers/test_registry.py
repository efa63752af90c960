"""A provider is one record: whatever lists providers has it from the registry."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import UsageError
from core.llm.account import Account
from core.llm.catalogue.limits import read_limits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profile import Profile
from core.llm.catalogue.profiles import load_profiles, read_profiles
from core.llm.connections import Connections, ModelContext
from core.llm.open_model import open_model
from core.llm.providers import registry
from core.llm.providers.connect_model import connect_model
from core.llm.providers.provider import ModelTarget, Provider
from core.types import Message, Reply, Request, Usage

ONE = Request((Message("user", "text"),))
KEYS = {"ACME_API_KEY": "acme-key-1234"}


class AcmeModel:
    def __init__(self, target: ModelTarget):
        self.name, self.target = target.name, target

    def exact(self, request: Request) -> dict[str, object]:
        return {"provider": "acme", "base_url": self.target.url}

    async def reply(self, request: Request) -> Reply:
        return Reply(self.target.key, usage=Usage(1, 1))


ACME = Provider(
    "acme",
    "Acme Inc.",
    AcmeModel,
    key_variables=("ACME_API_KEY",),
    needs_key=True,
    url_variables=("ACME_BASE_URL",),
    url="https://acme.example/v1",
    profile=Profile(system_role="developer"),
    free=True,
)


@pytest.fixture(autouse=True)
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, ACME))


def test_its_models_are_opened_with_its_key_address_and_rules() -> None:
    context = ModelContext(load_profiles(), Prices(), KEYS)
    model = open_model("acme:best", "lightweight", Account("run"), context)
    assert model.exact(ONE)["base_url"] == "https://acme.example/v1"
    assert asyncio.run(model.reply(ONE)).text == KEYS["ACME_API_KEY"]
    assert load_profiles().of("acme:best").system_role == "developer"


def test_what_it_lacks_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="acme:best needs a key: set ACME_API_KEY"):
        connect_model("acme:best", {}, load_profiles())
    with pytest.raises(
        UsageError, match="choose an embedding model of openai, gemini, ollama or openai-comp"
    ):
        connect_model("acme:best", KEYS, load_profiles(), "embedding")


def test_it_is_named_where_providers_are_listed() -> None:
    for wrong in (
        lambda: connect_model("nobody:x", {}, load_profiles()),
        lambda: read_profiles('[models."nobody:x"]\nprefill = true'),
        lambda: read_limits('["nobody:x"]\ntries = 3', ()),
    ):
        with pytest.raises(UsageError, match="acme"):
            wrong()
    assert read_limits('["acme:x"]\ntries = 3', ()) == {"acme:x": {"tries": 3}}


def test_its_status_and_its_key_are_known(tmp_path) -> None:
    [access] = [each for each in registry.accesses(KEYS, ()) if each.provider is ACME]
    assert (access.variable, access.present, access.address) == ("ACME_API_KEY", True, ACME.url)
    assert "acme-key" not in repr(access)
    assert registry.key_owners(())["ACME_API_KEY"].title == "Acme Inc."
    typed = Connections(tmp_path, {}, None).with_keys({**KEYS, "NOBODYS_KEY": "x"})
    assert typed.keys["ACME_API_KEY"] == KEYS["ACME_API_KEY"] and "NOBODYS_KEY" not in typed.keys


def test_its_price_is_known() -> None:
    assert Prices().cost("acme:best", Usage(1_000, 1_000)) == 0.0
    assert Prices({"acme:best": {"input": 1.0, "output": 2.0}}).cost("acme:best", Usage(1_000_000, 0)) == 1.0


def test_the_settings_page_lists_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.ui import keys

    monkeypatch.setattr(keys, "typed_keys", dict)
    monkeypatch.setattr(keys, "secrets", dict)
    table = keys.keys_table(registry.accesses(KEYS, ()))
    [row] = table[table["Provider"] == "Acme Inc."].to_dict("records")
    assert row == {
        "Provider": "Acme Inc.",
        "Key": "ACME_API_KEY",
        "State": [keys.ENVIRONMENT],
        "Calls go to": "acme.example",
    }
