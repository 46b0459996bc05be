"""`aa`: how often each acceptance rule calls a set better than itself, on the user's own tasks and model."""

from __future__ import annotations

import argparse
import sys

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.cli.train import train_here
from agentopt_core.errors import ConfigError, NotFound
from agentopt_core.views.gate import SameSet

TIMES = 6
"""Enough for two reruns of what flipped."""


def register(subparsers: Subparsers) -> None:
    """Add `aa`."""
    parser = add_command(
        subparsers,
        "aa",
        run,
        "A/A check: the same set measured several times, judged by every acceptance rule",
        "aa RUN --times 6\n"
        "  python -m agentopt_core aa number-and-algebra\n"
        "  python -m agentopt_core train --tasks T --base-url URL --model M --null-edits 5 --max-evaluations 1",
    )
    parser.add_argument(
        "what", metavar="RUN|TASKS",
        help="run id, or its beginning; or a task set (file, folder or name), measured without functions under the "
        "usual model (for another one: train as in the example, then aa RUN)",
    )  # fmt: skip
    parser.add_argument(
        "--times", type=int, metavar="N",
        help="measure N times now, 2 to 21, in a run of its own; of a run, its accepted set (default for a run: read "
        "its null edits, at no cost; for a task set: 6)",
    )  # fmt: skip
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure if asked, and print the check."""
    bench = workbench(args)
    try:
        run_id = bench.folder(args.what).run_id
        folder = None if args.times is None else bench.create_same_set(run_id, _times(args.times))
    except NotFound as no_run:
        try:
            task_set = bench.resolve_tasks(args.what)
        except NotFound:
            raise no_run from None
        folder = bench.create_same_set_of(task_set, _times(args.times or TIMES))
    if folder is not None:
        run_id = folder.run_id
        print(f"Measuring as run {run_id}.", file=sys.stderr)
        if train_here(bench, folder, as_json=None):
            return 1
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


def _times(times: int) -> int:
    if not 2 <= times <= 21:
        raise ConfigError(f"--times {times} is out of range.", "Measure 2 to 21 times.")
    return times


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
