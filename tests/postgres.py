"""A PostgreSQL server of Debian's package for tests: a throw-away data directory, reached through a socket in it, no network.

python -m tests.postgres -n 0 tests/core/store      pytest with these words, its stores on a server of its own
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text

DRIVER = "postgresql+psycopg"
WITHOUT_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # for data nobody will miss
PATIENCE = 180.0  # seconds until it must answer


def missing() -> str:
    """Why no server can be started here; "" where one can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed (requirements-dev.txt has it)"
    if _programs() is None:
        return "no PostgreSQL server is installed (apt-get install postgresql)"
    if os.geteuid() == 0 and not _has_user("postgres"):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that runs; `folder` has its socket."""

    folder: Path

    def address(self, name: str = "postgres") -> str:
        """The URL of a database."""
        return f"{DRIVER}://whetstone@/{name}?host={self.folder}"

    def new_database(self, name: str) -> str:
        """The URL of an empty one; one of that name goes first."""
        engine = create_engine(self.address(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
        engine.dispose()
        return self.address(name)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Ends and leaves nothing at the end. LookupError where there is none to start."""
    programs = _programs()
    if programs is None or missing():
        raise LookupError(missing())
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # a socket's path must be short
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    who = {"user": user, "group": user, "extra_groups": ()} if user else {}
    data, log = folder / "data", folder / "log"
    made = ["--auth=trust", "--username=whetstone", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    process = None
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, *made], cwd=folder, check=True, capture_output=True, **who
        )
        settings = (*WITHOUT_SAFETY, "listen_addresses=", f"unix_socket_directories={folder}")
        command = [programs / "postgres", "-D", data, *(word for each in settings for word in ("-c", each))]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **who
            )
        _wait(programs, folder, process)
        yield PostgresServer(folder)
    finally:
        if process is not None:
            process.terminate()
            try:
                process.wait(5)  # SIGTERM waits for those who are connected
            except subprocess.TimeoutExpired:
                process.send_signal(3)  # SIGQUIT does not
                process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(programs: Path, folder: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not start:\n" + (folder / "log").read_text())
        time.sleep(0.05)


def _programs() -> Path | None:
    """Where the newest installed server has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    elsewhere = shutil.which("initdb")
    return found[-1].parent if found else Path(elsewhere).parent if elsewhere else None


def _has_user(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def main(words: list[str]) -> int:
    with running_server() as server:
        variables = os.environ | {"WHETSTONE_TEST_DATABASE_URL": server.new_database("store")}
        return subprocess.run([sys.executable, "-m", "pytest", *words], env=variables).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
