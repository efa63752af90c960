"""`whetstone` and `python -m whetstone`: the command line."""

from __future__ import annotations

import sys


def main() -> int:
    from core.cli.main import main as command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
