"""`history rebuild`: make the queryable history anew from the journals."""

from __future__ import annotations

import argparse

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench


def register(subparsers: Subparsers) -> None:
    """Add `history`."""
    parser = add_command(
        subparsers,
        "history",
        run,
        "rebuild history.duckdb from the runs' journals, to the same tables",
        "history rebuild --home .agentopt",
    )
    parser.add_argument("action", choices=["rebuild"], help="what to do")
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Rebuild and say how much was read."""
    events = workbench(args).rebuild_history()
    if args.json:
        print_json({"events": events})
    else:
        print(f"Rebuilt the history from {events} events.")
    return 0
