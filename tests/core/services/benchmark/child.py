"""A process that carries a benchmark on until it is killed: python -m tests.core.services.benchmark.child FOLDER
BENCHMARK_ID"""

import sys
import time
from pathlib import Path

from core.services.benchmark import queue
from core.workspace import Workspace

if __name__ == "__main__":
    workspace = Workspace.open(Path(sys.argv[1]))
    queue.resume(workspace, sys.argv[2])
    print("carrying", flush=True)
    while queue.is_active(workspace, sys.argv[2]):
        time.sleep(0.05)
    workspace.close()
