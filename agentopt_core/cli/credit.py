"""`credit`: what each accepted function of a run is worth."""

from __future__ import annotations

import argparse
import os
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.cli.progress import ProgressBar
from agentopt_core.commands import Command
from agentopt_core.config import DEMO_LABEL
from agentopt_core.events import RunFailed
from agentopt_core.views.health import CreditView


def register(subparsers: Subparsers) -> None:
    """Add `credit`."""
    parser = add_command(
        subparsers,
        "credit",
        run,
        "run the tasks that used a function again without it: what is each function worth?",
        "credit RUN\n  python -m agentopt_core credit RUN --show",
    )
    parser.add_argument("run_id", metavar="RUN", help="run id, or its beginning; it goes on, or has ended by a rule")
    parser.add_argument("--show", action="store_true", help="print what is known, measure nothing")
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure here, or ask the run's trainer; then print what is known."""
    bench = workbench(args)
    folder = bench.folder(args.run_id)
    summary = bench.run(folder.run_id)
    if not args.show:
        if (hindrance := bench.credit_hindrance(summary)) is not None:
            raise hindrance
        if bench.is_live(folder.run_id):
            bench.measure_credit(folder.run_id, by="command line")
            print(f"Asked {folder.run_id} for credit: it is measured before the next update.", file=sys.stderr)
        else:
            from agentopt_core.training.run import run_training  # brings openai along, which is slow to import

            for kind in ("start", "credit"):
                folder.commands.append(Command.model_validate({"kind": kind, "by": "command line"}))
            with ProgressBar(folder.config(), sys.stderr) as bar:
                last = run_training(folder, os.environ, listeners=[bar])
            if isinstance(last, RunFailed):
                print(f"agentopt: {last.message} {last.hint}".strip(), file=sys.stderr)
                return 1
    found = bench.credits(folder.run_id)
    if args.json:
        print_json([{**one.model_dump(mode="json"), "difference": one.difference, "split": "train"} for one in found])
        return 0
    now = [one for one in found if one.in_use]
    if not now:
        print("No credit is measured for the accepted set: no function of it was used, or nobody has asked for it.")
    else:
        _print(now, demo=summary.is_demo)
    if len(found) > len(now):
        print(f"{len(found) - len(now)} more of sets that were accepted before: --json, or the Functions page.")
    return 0


def _print(found: list[CreditView], *, demo: bool) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("function", "with it", "without", "points (95 %)", "helped", "hurt", "p", "p (Holm)"):
        table.add_column(title, no_wrap=title != "function", overflow="fold")
    for one in found:
        table.add_row(
            Text(one.function),
            f"{one.with_function.correct}/{one.with_function.n}",
            f"{one.without.correct}/{one.without.n}",
            _points(one),
            str(len(one.helped)),
            str(len(one.hurt)),
            f"{one.p_value:.2g}",
            f"{one.p_together:.2g}",
        )
    console = Console()
    console.print(table)
    fresh = "a fresh run of the whole set" if found[0].control else "the evaluation by which the set was kept"
    console.print(
        Text(
            f"Training tasks that used the function in evaluation {found[0].evaluation}: solved with it ({fresh}) and "
            f"without it, of those scored both ways. Holm: p raised for {len(found)} functions."
        )
    )
    if demo:
        console.print(Text(DEMO_LABEL))


def _points(one: CreditView) -> str:
    if one.difference is None or one.interval is None:
        return "–"
    low, high = one.interval
    return f"{100 * one.difference:+.1f} ({100 * low:+.0f} to {100 * high:+.0f})"
