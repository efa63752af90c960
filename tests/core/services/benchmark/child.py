"""A process that carries a benchmark on until it is killed: python -m tests.core.services.benchmark.child FOLDER
BENCHMARK_ID"""

import sys
import time
from pathlib import Path

from core.services.benchmark.queue import carry_on, is_carried
from core.workspace import Workspace

if __name__ == "__main__":
    workspace = Workspace.open(Path(sys.argv[1]))
    carry_on(workspace, sys.argv[2])
    print("carrying", flush=True)
    while is_carried(workspace, sys.argv[2]):
        time.sleep(0.05)
    workspace.close()
