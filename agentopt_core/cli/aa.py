"""`aa`: how often each acceptance rule calls a set better than itself, on the user's own tasks and model."""

from __future__ import annotations

import argparse
import sys

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.cli.train import train_here
from agentopt_core.errors import ConfigError
from agentopt_core.views.gate import SameSet
from agentopt_core.workbench import Workbench


def register(subparsers: Subparsers) -> None:
    """Add `aa`."""
    parser = add_command(
        subparsers,
        "aa",
        run,
        "A/A check: the same set measured several times, judged by every acceptance rule",
        "aa RUN --times 6\n"
        "  python -m agentopt_core train --tasks TASKS --null-edits 5 --max-evaluations 1   (then: aa RUN)",
    )
    parser.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    parser.add_argument(
        "--times", type=int, metavar="N",
        help="measure the run's accepted set N times now, 2 to 21, in a run of its own (default: read the run's null "
        "edits, at no cost)",
    )  # fmt: skip
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure if asked, and print the check."""
    bench = workbench(args)
    run_id = bench.folder(args.run_id).run_id
    if args.times is not None:
        measured = _measured(bench, run_id, args.times)
        if measured is None:
            return 1
        run_id = measured
    found = bench.same_set(run_id)
    if found is None:
        raise ConfigError(
            f"Run {run_id} has measured its baseline once: there is nothing to compare.",
            "Measure it now with --times 6, or train with --null-edits.",
        )
    if args.json:
        print_json(found.model_dump(mode="json"))
    else:
        print("\n".join(told(found)))
    return 0


def _measured(bench: Workbench, run_id: str, times: int) -> str | None:
    """Measure in this process; None when that failed (it has been said why)."""
    if not 2 <= times <= 21:
        raise ConfigError(f"--times {times} is out of range.", "Measure 2 to 21 times.")
    folder = bench.create_same_set(run_id, times)
    print(f"Measuring the set of {run_id} {times} times, as run {folder.run_id}.", file=sys.stderr)
    return None if train_here(bench, folder, as_json=None) else folder.run_id


def told(found: SameSet) -> list[str]:
    """The check in lines of text."""
    lines = [f"The same set, {found.measurements} measurements on {found.tasks} training tasks. Called better:"]
    for rule in found.rules:
        share = 100 * rule.better / rule.pairs
        lines.append(f"  {rule.rule:<12} {rule.better:>4} of {rule.pairs} ordered pairs ({share:.0f} %)")
    lines.append(
        f"evidence: p at most {found.level:.2g}, {found.reruns} reruns of flipped tasks taken from the other "
        "measurements. The pairs share measurements, so they are not independent."
    )
    return lines
