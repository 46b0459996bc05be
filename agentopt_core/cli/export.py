"""`export`: the accepted functions of a run as a folder of plain Python."""

from __future__ import annotations

import argparse
from pathlib import Path

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench


def register(subparsers: Subparsers) -> None:
    """Add `export`."""
    parser = add_command(
        subparsers,
        "export",
        run,
        "write what a run learned: functions.py, tools.json, manifest.json and a test",
        "export RUN --to learned/",
    )
    parser.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder to write (default: exports/RUN in the home)")
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the export and say where."""
    folder = workbench(args).export(args.run_id, args.to)
    if args.json:
        print_json({"folder": str(folder), "files": sorted(path.name for path in folder.iterdir())})
    else:
        print(f"Exported to {folder}")
    return 0
