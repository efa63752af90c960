"""The dashboard as `streamlit run` starts it, in a process that begins work in its background as a press of Start does.

python -m tests.soak.dashboard PORT run DATA | resume RUN | file DATASET DATA PROMPT | go-on JOB"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time
from pathlib import Path
from urllib.request import urlopen

from tests.soak.world import CONCURRENCY, ROOT


def begin(port: int, what: str, words: list[str]) -> None:
    """When the server answers. os._exit ends the process loudly where the work cannot begin."""
    for _ in range(600):
        try:
            urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
            break
        except OSError:
            time.sleep(0.1)
    try:
        print("begun", _begin(what, words), flush=True)
    except BaseException as problem:
        print("not begun", repr(problem), flush=True)
        os._exit(9)


def _begin(what: str, words: list[str]) -> str:
    from core.jobs.file_job import Upload
    from core.prompts.files import from_json
    from core.services.file_jobs import FileJobs
    from core.services.playground import PromptedModel
    from core.services.runs import resume_run, start_run
    from core.types import Settings
    from pages.ui.shell import shared_workspace
    from tests.core.cli.trade import HEAVY, LIGHT

    here = shared_workspace()
    if what == "run":
        return start_run(here, words[0], Settings(LIGHT, HEAVY, iterations=4, concurrency=CONCURRENCY))
    if what == "resume":
        resume_run(here, words[0])
    if what == "go-on":
        FileJobs(here).resume(words[0])
    if what == "file":
        file = from_json(Path(words[2]).read_text(encoding="utf-8"))
        side = PromptedModel(file.prompt, file.labels, LIGHT)
        return FileJobs(here).start(words[0], Upload("rows.csv", Path(words[1]).read_bytes()), side)
    return words[0]


if __name__ == "__main__":
    port, what, *words = sys.argv[1:]
    threading.Thread(target=begin, args=(int(port), what, words), daemon=True).start()
    sys.argv = ["streamlit", "run", str(ROOT / "streamlit_app.py")]
    sys.argv += ["--server.address", "127.0.0.1", "--server.port", port, "--server.headless", "true"]
    runpy.run_module("streamlit", run_name="__main__")
