"""The rules of the house that a program can check: sizes, names, what stands where, what is imported when,
and no state in modules."""

from __future__ import annotations

import ast
import io
import keyword
import re
import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pandas",
    "numpy",
    "scipy",
    "sklearn",
    "openai",
    "anthropic",
    "aiohttp",
    "httpx2",
    "sqlalchemy",
    "streamlit",
    "diskcache",
    "plotly",
    "genai_prices",
    "msgspec",
)
LONGEST = 300
SKIPPED = {".venv", ".venv-real", ".git", "__pycache__", "tests", "node_modules"}
STATEFUL = {
    "list",
    "dict",
    "set",
    "bytearray",
    "defaultdict",
    "OrderedDict",
    "Counter",
    "deque",
    "ChainMap",
    "WeakValueDictionary",
    "WeakKeyDictionary",
    "Queue",
    "local",
    "Lock",
    "RLock",
    "Thread",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "ContextVar",
    "OpenAI",
    "AsyncOpenAI",
    "Anthropic",
    "AsyncAnthropic",
    "Client",
    "AsyncClient",
    "ClientSession",
    "Cache",
    "ReplyCache",
    "CallLoop",
    "Meter",
    "Budget",
    "RateLimiter",
    "ModelContext",
    "Workspace",
    "Store",
    "Runner",
    "Settings",
    "create_engine",
    "connect",
    "new_event_loop",
}


def product_files() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if not SKIPPED & set(path.relative_to(ROOT).parts))


def core_files() -> list[Path]:
    return [path for path in product_files() if path.relative_to(ROOT).parts[0] == "core"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ---- sizes and names


def test_no_file_is_over_300_lines():
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in product_files()}
    assert len(lengths) > 50, "the files were found"
    too_long = {name: n for name, n in lengths.items() if n > LONGEST}
    assert too_long == {}


def test_no_line_of_the_core_is_over_140_characters():
    long = [
        f"{relative(path)}:{number}"
        for path in core_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 140
    ]
    assert "\n".join(long) == ""


def test_no_class_is_a_manager_helper_or_utility():
    named = [
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and node.name.endswith(("Manager", "Helper", "Helpers", "Utils", "Util"))
    ]
    assert named == []


def test_no_function_takes_more_than_a_reader_can_hold():
    """More than five parameters means a record; keyword-only and defaulted ones, which
    need not be known, count half. One more is let pass."""
    found = {
        found
        for path in core_files()
        for found in too_many_parameters(path.read_text(encoding="utf-8"), relative(path))
    }
    assert found == set()


def too_many_parameters(text: str, name: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [
                each.arg
                for each in (*node.args.posonlyargs, *node.args.args)
                if each.arg not in ("self", "cls")
            ]
            optional = len(node.args.defaults) + len(node.args.kwonlyargs)
            needed = len(given) - len(node.args.defaults)
            if needed + optional / 2 > 6:
                found.append(f"{name} {node.name}")
    return found


# ---- one word, one thing

# Names that several packages of core define on purpose, with the reason.
SHARED_NAMES = {
    "price": "what every study has: what it would cost",
    "run": "what every study has: the study itself",
    "read": "what every import format has",
    "recognises": "what every import format has",
    "tune": "the loop, and what a program calls to have it run",
    "evaluate": "the loop's, and what a program calls",
    "resume": "of a benchmark, and what a program calls to go on with a run",
}
DIALECT = {"told", "said", "found", "place", "shown", "kept", "asked"}  # verbs that stood for fifty nouns
DIALECT_LIMIT = 15  # per 1,000 lines; fields that are stored keep such names


def public_names() -> Iterator[tuple[str, str, Path]]:
    """(kind, name, file) of every public class and top-level function of core."""
    for path in core_files():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name[0] != "_"
            ):
                yield "class" if isinstance(node, ast.ClassDef) else "function", node.name, path


def test_no_class_name_stands_for_two_things():
    files = defaultdict(list)
    for kind, name, path in public_names():
        if kind == "class":
            files[name].append(relative(path))
    assert {name: paths for name, paths in files.items() if len(paths) > 1} == {}


def test_no_public_name_is_defined_by_two_packages():
    packages = defaultdict(set)
    for _, name, path in public_names():
        packages[name].add(path.relative_to(ROOT).parts[1])
    assert {
        name: found for name, found in packages.items() if len(found) > 1 and name not in SHARED_NAMES
    } == {}


def dialect_words(text: str) -> Counter[str]:
    """Words of the private dialect in the identifiers of a file."""
    words: Counter[str] = Counter()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", token.string)}
            words.update(parts & DIALECT)
    return words


def test_identifiers_are_nouns_of_the_field():
    files = [path for path in product_files() if path.relative_to(ROOT).parts[0] in ("core", "pages")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    uses = sum((dialect_words(text) for text in texts), Counter())
    lines = sum(text.count("\n") for text in texts)
    assert 1_000 * uses.total() / lines < DIALECT_LIMIT, uses


def test_the_dialect_would_be_found():
    assert dialect_words("what_was_said = found(kept_rows, Placeholder, place)").total() == 4


# ---- what stands where


@pytest.mark.parametrize("folder", ["core", "pages"])
def test_no_folder_holds_more_files_than_one_can_survey(folder: str):
    sizes = Counter(relative(path.parent) for path in product_files() if path.name != "__init__.py")
    assert {name: n for name, n in sizes.items() if name.startswith(folder) and n > 20} == {}


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CHANGELOG.md",
        "Makefile",
        ".ci/run",
        "requirements.txt",
        "pyproject.toml",
        "streamlit_app.py",
    ],
)
def test_what_a_newcomer_looks_for_is_there(name: str):
    path = ROOT / name
    assert path.is_file() and path.read_text(encoding="utf-8").strip()


def test_continuous_integration_runs_what_the_readme_says():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, "it can be executed"
    assert "make test" in script.read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme and "make test" in readme


def test_only_the_router_stands_at_the_top_of_the_pages_folder():
    """It is the main script; a folder `pages` beside the main script would start Streamlit's old multipage
    mechanism."""
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["router.py"]
    assert list((ROOT / "pages").glob("*/*.py")), "pages stand one folder down"


# ---- what is imported when


def loaded_by(statement: str) -> set[str]:
    """Heavy libraries in sys.modules after the statement, in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import core", set()),
        ("import core.types, core.errors", set()),
        ("import core.workspace", {"msgspec"}),
        ("import core.cli.main", set()),
    ],
)
def test_importing_core_loads_nothing_heavy(statement: str, allowed: set[str]):
    assert loaded_by(statement) <= allowed


# ---- no state in modules


def module_state(text: str, name: str) -> list[str]:
    """Module-level names that hold something which can change, or reach out: lower-case ones bound to a
    container or a stateful object, constants bound to a stateful object, and `global` statements."""
    tree, found = ast.parse(text), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.append(f"{name}:{node.lineno} global {', '.join(node.names)}")
        if isinstance(node, ast.FunctionDef) and any(
            _called(each) in ("lru_cache", "cache") for each in node.decorator_list
        ):
            found.append(f"{name}:{node.lineno} {node.name} keeps a cache in its module")
    for node in _module_level(tree.body):
        value, targets = _assigned(node)
        for target in targets:
            constant = target.isupper() or target.startswith("__")
            container = isinstance(
                value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
            )
            stateful = isinstance(value, ast.Call) and _called(value.func) in STATEFUL
            filled = (
                isinstance(value, ast.Call) and _called(value.func) in ("list", "dict", "set") and constant
            )
            if (container and not constant) or (stateful and not filled):
                found.append(f"{name}:{node.lineno} {target}")
    return found


def _module_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements that run on import, those under `if` and `try` included."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                found += _module_level(getattr(node, part, []))
    return found


def _assigned(node: ast.stmt) -> tuple[ast.expr | None, list[str]]:
    if isinstance(node, ast.Assign):
        return node.value, [
            each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)
        ]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.value, [node.target.id]
    return None, []


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Call):
        return _called(function.func)
    return (
        function.id
        if isinstance(function, ast.Name)
        else function.attr
        if isinstance(function, ast.Attribute)
        else ""
    )


def test_no_module_of_core_holds_state():
    assert [
        found
        for path in core_files()
        for found in module_state(path.read_text(encoding="utf-8"), relative(path))
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        "cache = {}",
        "seen: list[str] = []",
        "known = set()",
        "client = openai.AsyncOpenAI()",
        "CLIENT = OpenAI()",
        "_lock = threading.Lock()",
        "settings = Settings()",
        "counts = collections.Counter()",
        "try:\n    store = Store.open('x')\n    kept = {}\nexcept OSError:\n    pass",
        "def f():\n    global started\n    started = True",
        "@lru_cache\ndef f():\n    return 1",
        "squares = [n * n for n in range(3)]",
    ],
)
def test_state_in_a_module_would_be_found(line: str):
    assert len(module_state(line, "m")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "NAMES = ('a', 'b')",
        "PRICES = {'a': 1}",
        "KNOWN = set('abc')",
        "log = logging.getLogger(__name__)",
        "_WORD = re.compile('x')",
        "__all__ = ['a']",
        "def f():\n    kept = {}\n    return kept",
    ],
)
def test_constants_are_no_state(line: str):
    assert module_state(line, "m") == []
