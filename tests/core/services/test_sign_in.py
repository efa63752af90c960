"""Who may come in, as what, and what each role is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.errors import StoreError, UsageError
from core.services.datasets import add_once
from core.services.runs import create_run
from core.services.sign_in import person_of, read_roles, read_sign_in
from core.store.records import Change
from core.types import Dataset, Example, LabelSet, Prompt, Settings
from core.types.people import Person, Role
from core.workspace import Workspace

AUTH = {
    "cookie_secret": "0123456789abcdef" * 2,
    "redirect_uri": "https://whetstone.example.com/oauth2callback",
    "client_id": "x",
    "client_secret": "y",
    "server_metadata_url": "https://id.example.com/.well-known/openid-configuration",
}
TABLE = {"spender": ["Ada@Example.com"], "editor": ["@example.com"], "viewer": ["partner.example.org"]}


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        ({"roles": {}}, "nobody can sign in"),
        ({"auth": {**AUTH, "cookie_secret": ""}}, "needs a cookie_secret"),
        ({"auth": {**AUTH, "cookie_secret": "change me"}}, "32 characters or more"),
        ({"auth": {**AUTH, "redirect_uri": "https://whetstone.example.com"}}, "needs a redirect_uri"),
        ({"auth": {**AUTH, "client_secret": ""}}, "lacks client_secret"),
        ({"auth": {**AUTH, "client_id": "x"}, "roles": {"admin": []}}, "not “admin”"),
        ({"auth": AUTH, "roles": {"viewer": "example.com"}}, "is a list"),
        ({"auth": AUTH, "roles": {"viewer": ["*"]}}, "no e-mail address"),
        ({"auth": AUTH, "roles": {"viewer": ["a@b.c"], "editor": ["A@b.c"]}}, "two roles"),
        ({"auth": AUTH, "roles": {"others": "spender"}}, "“none” or “viewer”"),
    ],
)
def test_what_could_leave_a_door_open_is_refused_in_a_sentence(secrets: dict, sentence: str):
    with pytest.raises(UsageError, match=sentence):
        read_sign_in({}, secrets)


def test_without_auth_nobody_signs_in_and_providers_have_names():
    assert read_sign_in({}, {"OPENAI_API_KEY": "x"}) is None
    shared = {key: AUTH.pop(key) for key in ("cookie_secret", "redirect_uri")}
    found = read_sign_in({}, {"auth": {**shared, "google": AUTH, "okta": AUTH}, "roles": TABLE})
    assert found is not None and found.providers == ("google", "okta")
    AUTH.update(shared)


def test_roles_come_from_a_file_where_one_is_named(tmp_path: Path):
    (tmp_path / "roles.toml").write_text('spender = ["ada@example.com"]\nothers = "viewer"\n')
    found = read_sign_in({"WHETSTONE_ROLES": str(tmp_path / "roles.toml")}, {"auth": AUTH, "roles": TABLE})
    assert found is not None and found.roles.of("ada@example.com") is Role.SPENDER
    assert found.roles.of("anybody@else.org") is Role.VIEWER
    with pytest.raises(UsageError, match="cannot be read"):
        read_sign_in({"WHETSTONE_ROLES": str(tmp_path / "none.toml")}, {"auth": AUTH})


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "ADA@example.com", "email_verified": True}, Person("ada@example.com", Role.SPENDER)),
        ({"email": "bo@example.com", "email_verified": "true"}, Person("bo@example.com", Role.EDITOR)),
        ({"email": "c@partner.example.org", "email_verified": True}, Person("c@partner.example.org", Role.VIEWER)),
        ({"email": "d@sub.example.com", "email_verified": True}, "no role"),
        ({"email": "ada@EXAMPLE.com@x.org", "email_verified": True}, "did not say your e-mail"),
        ({"email": "adA@example.com".replace("A", "\u1d00"), "email_verified": True}, Person("ad\u1d00@example.com", Role.EDITOR)),
        ({"email": "ada@example.com"}, "not verified"),
        ({"email": "ada@example.com", "email_verified": False}, "not verified"),
        ({"name": "Ada", "sub": "ada@example.com"}, "did not say your e-mail"),
    ],
)  # fmt: skip
def test_a_role_goes_by_a_verified_address(claims: dict, expected: Person | str):
    if isinstance(expected, Person):
        assert person_of(claims, read_roles(TABLE)) == expected
    else:
        with pytest.raises(UsageError, match=expected):
            person_of(claims, read_roles(TABLE))


def test_without_a_table_nobody_has_a_role():
    with pytest.raises(UsageError, match="no role"):
        person_of({"email": "ada@example.com", "email_verified": True}, read_roles(None))


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace.open(tmp_path, {})
    yield opened
    opened.close()


def rows() -> Dataset:
    examples = tuple(Example(f"r{i}", f"text {i}", "ab"[i % 2]) for i in range(12))
    return Dataset("rows", LabelSet(("a", "b")), examples)


def test_each_role_is_refused_what_it_may_not_do_and_its_name_goes_into_the_history(workspace: Workspace):
    dataset = add_once(workspace, rows(), "test")
    viewer, editor, spender = (workspace.seen_by(Person(f"{role}@x.org", role)) for role in Role)
    with pytest.raises(UsageError, match="As viewer you cannot change anything"):
        viewer.check_writable()
    with pytest.raises(StoreError, match="sign in with a role"):
        viewer.store.edits.change(dataset, [Change("r0", "label", "b")])
    editor.store.edits.change(dataset, [Change("r0", "label", "b")])
    editor.store.champions.adopt(dataset, Prompt("Answer.", "", ""), "offline:reader")
    for person in (viewer, editor):
        with pytest.raises(UsageError, match="cannot"):
            create_run(person, dataset, Settings())
    with pytest.raises(UsageError, match="As editor you cannot spend money here: ask"):
        editor.check_spendable()
    run = create_run(spender, dataset, Settings())
    store = workspace.store
    assert store.edits.history(dataset)[0].who == "editor@x.org"
    assert store.champions.history(dataset)[0].who == "editor@x.org"
    assert store.runs.get(run).who == "spender@x.org"
    assert create_run(workspace, dataset, Settings()) and store.runs.all()[0].who == ""


def test_an_editor_cannot_make_a_model_say_anything_new(workspace: Workspace):
    editor = workspace.seen_by(Person("e@x.org", Role.EDITOR))
    assert editor.model_context({"OPENAI_API_KEY": "typed"}).silent
    assert not workspace.model_context({"OPENAI_API_KEY": "typed"}).silent


def test_the_secrets_that_the_guide_shows_are_read_as_they_stand():
    guide = (Path(__file__).parents[3] / "docs" / "deploying.md").read_text(encoding="utf-8")
    shown = tomllib.loads(guide.split("```toml\n")[1].split("```")[0].replace('"…"', '"' + "x" * 32 + '"'))
    found = read_sign_in({}, shown)
    assert found is not None and found.providers == ("",)
    assert found.roles.of("ada@example.com") is Role.SPENDER and found.roles.of("else@where.org") is None
