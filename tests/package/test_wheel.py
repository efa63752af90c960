"""What is installed: names, requirements, and that moved modules import each other. The install itself, in an
environment of its own: `sh tests/package/clean_install.sh`."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.version import __version__
from setup import APP, EXTRAS, INSIDE, files, inside, requirements

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_requirements_have_one_source_and_lose_nothing():
    lines = requirements()
    assert [re.split(r"\W", line)[0] for line in lines[True]] == list(APP)
    names = [re.split(r"[\[<>=]", line)[0] for line in lines[False]]
    assert {"openai", "anthropic", "SQLAlchemy", "msgspec"} <= set(names) and "streamlit" not in names
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert len(names) + len(APP) == sum(line[:1].isalpha() for line in text.splitlines())
    assert not any("#" in line for lines in (*lines.values(), *EXTRAS.values()) for line in lines)


@pytest.mark.parametrize(
    ("code", "moved"),
    [
        ("from core.types import Dataset", "from whetstone.core.types import Dataset"),
        ("def f():\n    from pages.ui import shell", "def f():\n    from whetstone.pages.ui import shell"),
        ("from core import (\n    load,\n)", "from whetstone.core import (\n    load,\n)"),
        ("from corelib import x\nimport cores", "from corelib import x\nimport cores"),
        ('"""from core import x"""\nfrom . import core', '"""from core import x"""\nfrom . import core'),
    ],
)
def test_only_imports_of_our_own_are_moved(code: str, moved: str):
    assert inside(code) == moved


def test_an_import_that_cannot_be_moved_ends_the_build():
    with pytest.raises(SystemExit, match="write from core"):
        inside("import core.types")


def test_the_moved_package_works_under_its_one_name(tmp_path: Path):
    """As the wheel has it, and with a folder `core` of the user's beside it: the command line with an offline run,
    and the modules that are named in strings."""
    package = tmp_path / "site" / "whetstone"
    for file in [*files(), *(path.relative_to(ROOT) for path in (ROOT / "whetstone").glob("*.py"))]:
        target = package / (file.relative_to("whetstone") if file.parts[0] == "whetstone" else file)
        target.parent.mkdir(parents=True, exist_ok=True)
        raw = (ROOT / file).read_bytes()
        target.write_bytes(inside(raw.decode()).encode() if file.suffix == ".py" else raw)
    (tmp_path / "core.py").write_text("raise SystemExit('the core of somebody else')")
    script = "import sys; sys.path.insert(0, 'site'); sys.path.insert(0, '.')\n" + _WALK
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"whetstone {__version__}"
    assert done.stdout.splitlines()[-1] in ("bug", "documentation") and (tmp_path / "report.html").is_file()


_WALK = """
from whetstone.__main__ import main
import whetstone
def run(*words):
    sys.argv = ["whetstone", *words]
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    assert not code, (words, code)
run("--version")
run("skill", "--out", "SKILL.md")
run("tune", "site/whetstone/data/samples/five_topics.csv", "--out", "prompt.json", "--iterations", "1")
import sqlite3
run_id = sqlite3.connect("data/local/whetstone.db").execute("select id from runs").fetchone()[0]
run("export", run_id, "--format", "html", "--out", "report.html")
run("export", run_id, "--format", "python", "--out", "classify.py")
assert "whetstone" not in [line.split()[1].split(".")[0] for line in open("classify.py") if line.startswith(("from ", "import "))]
with whetstone.Classifier.from_file("prompt.json") as classifier:
    print(classifier.classify("fix bug in docs").label)
assert "core" not in sys.modules and "pages" not in sys.modules
"""


def test_everything_that_the_dashboard_needs_goes_along():
    packed = {str(file) for file in files()}
    assert {"streamlit_app.py", ".streamlit/config.toml", "data/samples/github_issues.csv"} <= packed
    assert {
        "pages/ui/icon.svg",
        "docs/dashboard.md",
        "core/exports/report/templates/report.html",
        "core/exports/read_label.js",
    } <= packed
    assert not any("secrets" in name or name.startswith(("data/local", "tests")) for name in packed)
    assert all(any(name.startswith(part) for name in packed) for part in INSIDE)


def test_the_command_is_a_function_that_is_there():
    module, _, function = PROJECT["scripts"]["whetstone"].partition(":")
    assert callable(getattr(__import__(module, fromlist=[function]), function))


def test_the_lock_has_a_release_of_everything_that_is_needed():
    """Where it fails: make lock."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line and not line.lstrip().startswith("#"))
    for line in itertools.chain(*requirements().values()):
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), line
