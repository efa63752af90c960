"""`whetstone` and `python -m whetstone`: the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    from core.cli.main import main as command_line

    own = Path(sys.argv[0]).stem == "whetstone"
    return command_line(sys.argv[1:], "whetstone" if own else "python -m whetstone")


if __name__ == "__main__":
    sys.exit(main())
