"""All benchmarks, one after the other: what `make bench` runs. Their figures are kept in docs/benchmarks.md."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAMS = ("sandbox.py", "grading.py", "history.py", "search.py", "side_by_side.py")


def main() -> int:
    """Run each and return the number that failed."""
    failed = 0
    for name in PROGRAMS:
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(Path(__file__).parent / name)]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
