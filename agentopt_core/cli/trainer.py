"""`trainer`: the process the dashboard launches for a run; its output is the run's trainer.log."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from agentopt_core.cli.common import Subparsers, add_command
from agentopt_core.events import RunFailed
from agentopt_core.history.run_folder import RunFolder


def register(subparsers: Subparsers) -> None:
    """Add `trainer`."""
    parser = add_command(
        subparsers,
        "trainer",
        run,
        "train a run folder quietly, as the dashboard does",
        "trainer .agentopt/runs/20260101-120000-number-and-algebra-3f2a",
    )
    parser.add_argument("folder", type=Path, help="the run's folder")


def run(args: argparse.Namespace) -> int:
    """Train to the end; commands.ndjson says when to pause or stop."""
    from agentopt_core.training.run import run_training  # brings openai along, which is slow to import

    last = run_training(RunFolder(args.folder), os.environ)
    if isinstance(last, RunFailed):
        print(f"{last.message} {last.hint}".strip(), file=sys.stderr)
        return 1
    return 0
