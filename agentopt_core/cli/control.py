"""`stop`, `pause` and `resume`: commands to a run, wherever its trainer works."""

from __future__ import annotations

import argparse

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, workbench
from agentopt_core.cli.train import train_here


def register(subparsers: Subparsers) -> None:
    """Add `stop`, `pause` and `resume`."""
    stop = add_command(
        subparsers, "stop", run_stop, "stop a run; its accepted functions stay", "stop RUN --after-epoch"
    )
    stop.add_argument("--after-epoch", action="store_true", help="let the step in progress finish first")
    pause = add_command(subparsers, "pause", run_pause, "start no further rollout until resumed", "pause RUN")
    resume = add_command(
        subparsers,
        "resume",
        run_resume,
        "go on with a paused, stopped or interrupted run; nothing finished is paid for twice",
        "resume RUN",
    )
    for parser in (stop, pause, resume):
        parser.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
        add_home(parser)
    add_json(resume)


def run_stop(args: argparse.Namespace) -> int:
    """Ask the run's trainer to stop."""
    bench = workbench(args)
    run_id = bench.command(args.run_id, "stop_after_epoch" if args.after_epoch else "stop", by="command line")
    when = "after the step in progress" if args.after_epoch else "now"
    print(f"Asked {run_id} to stop {when}.")
    return 0


def run_pause(args: argparse.Namespace) -> int:
    """Ask the run's trainer to pause."""
    run_id = workbench(args).command(args.run_id, "pause", by="command line")
    print(f"Asked {run_id} to pause. Go on with: python -m agentopt_core resume {run_id}")
    return 0


def run_resume(args: argparse.Namespace) -> int:
    """Unpause a live run, or train on here where its journal ends."""
    bench = workbench(args)
    folder = bench.folder(args.run_id)
    if bench.is_live(folder.run_id):
        bench.command(folder.run_id, "resume", by="command line")
        print(f"Asked {folder.run_id} to go on.")
        return 0
    return train_here(bench, folder, as_json=args.json)
