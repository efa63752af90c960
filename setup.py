"""The build of the wheel. What is installed has one name only, `whetstone`: the folders that stand side by side in
the repository go inside it, and their imports of each other are told so (`from core.types import …` becomes
`from whetstone.core.types import …`). Two generic names in site-packages, `core` and `pages`, would be
overwritten by any other distribution with such a folder, and hidden by the user's own.

An editable install (`pip install -e .`) leaves everything where it stands.
"""

import ast
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NAME = "whetstone"
INSIDE = ("core", "pages", "streamlit_app.py", ".streamlit/config.toml", "data/samples", "docs", ".agents")
MODULES = ("core", "pages", "streamlit_app")
APP = ("streamlit", "plotly")  # the dashboard's alone; everything else in requirements.txt is the library's
EXTRAS = {"auth": ["Authlib>=1.9,<2"], "postgres": ["psycopg[binary]>=3.2,<4"], "ray": ["ray[data]>=2.60,<3"]}


def inside(code: str) -> str:
    """The code of a module with our own modules imported by the names that they have inside the package."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if any(name.split(".")[0] in MODULES for name in names):
            raise SystemExit(
                f"line {node.lineno}: write from {names[0]} import …: setup.py moves no other form"
            )
        if isinstance(node, ast.ImportFrom) and not node.level and node.module.split(".")[0] in MODULES:
            at = node.lineno - 1
            lines[at] = re.sub(
                rf"\bfrom\s+(?={re.escape(node.module)}\b)", f"from {NAME}.", lines[at], count=1
            )
    return "\n".join(lines)


def files() -> list[Path]:
    """What goes inside, relative to the repository."""
    found = (path for name in INSIDE for path in [ROOT / name, *(ROOT / name).rglob("*")])
    return sorted(
        path.relative_to(ROOT) for path in found if path.is_file() and "__pycache__" not in path.parts
    )


def requirements() -> dict[bool, list[str]]:
    """The lines of requirements.txt without their comments: those of the dashboard, and the others."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [line.split(" #")[0].strip() for line in lines if line.strip() and line[0] not in "#-"]
    return {
        app: [line for line in named if (re.split(r"\W", line)[0] in APP) is app] for app in (True, False)
    }


class Inside(build_py):
    def run(self) -> None:
        if not self.editable_mode:  # what an earlier build left there would be packed, too
            shutil.rmtree(Path(self.build_lib) / NAME, ignore_errors=True)
        super().run()
        if self.editable_mode:
            return
        package = Path(self.build_lib) / NAME
        for file in files():
            (package / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, package / file)
        for module in package.rglob("*.py"):
            module.write_text(inside(module.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    lines = requirements()
    setup(
        cmdclass={"build_py": Inside},
        install_requires=lines[False],
        extras_require={"app": lines[True], **EXTRAS},
    )
