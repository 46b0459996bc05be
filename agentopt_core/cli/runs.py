"""`runs` and `show`: what was trained, and what came of it; the commands below `runs` are in keep.py."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentopt_core.cli import keep
from agentopt_core.cli.common import (
    Subparsers,
    add_command,
    add_home,
    add_json,
    dollars,
    print_json,
    share,
    workbench,
)
from agentopt_core.cli.progress import print_report


def register(subparsers: Subparsers) -> None:
    """Add `runs` and `show`."""
    listing = add_command(subparsers, "runs", run_list, "list all runs, newest first", "runs --json")
    add_home(listing)
    add_json(listing)
    listing.add_argument("--archived", action="store_true", help="list those that were put away instead")
    keep.register(listing.add_subparsers(dest="runs_command", metavar="COMMAND"))
    show = add_command(subparsers, "show", run_show, "show one run: its epochs, verdicts and cost", "show RUN --json")
    show.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    add_home(show)
    add_json(show)


def run_list(args: argparse.Namespace) -> int:
    """Print the runs."""
    runs = [run for run in workbench(args).runs() if run.archived == args.archived]
    if args.json:
        print_json([run.model_dump(mode="json") for run in runs])
        return 0
    if not runs:
        start = "No runs yet. Start one with: python -m agentopt_core train --tasks number-and-algebra"
        print("No run is archived." if args.archived else start)
        return 0
    table = Table(box=None, pad_edge=False)
    for title in ("run", "name", "status", "model", "baseline", "best", "held-out test", "cost", "tags"):
        table.add_column(title, no_wrap=title == "run", overflow="fold")
    for run in runs:
        table.add_row(
            Text(run.run_id),
            Text("" if run.name == run.run_id else run.name),
            Text(run.status),
            Text(f"{run.agent_model} (demo)" if run.is_demo and run.agent_model != "demo" else run.agent_model),
            share(run.baseline),
            share(run.best),
            share(run.held_out.chosen) if run.held_out else run.hold_out_label,
            dollars(run.usage.cost_usd),
            Text(", ".join(run.tags)),
        )
    console = Console()
    # A pipe has no width: there nothing is folded or cut.
    (console if console.is_terminal else Console(width=200)).print(table)
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print one run."""
    result = workbench(args).result(args.run_id)
    if args.json:
        print_json(result)
    else:
        print_report(result, None)
    return 0
