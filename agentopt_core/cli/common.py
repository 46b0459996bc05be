"""What the commands share: where the data is, how results are printed."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentopt_core.rollouts import Proportion
from agentopt_core.workbench import SAMPLES, Workbench, default_home

Subparsers = Any
"""What `add_subparsers` returns; argparse keeps the type private."""


def add_command(
    subparsers: Subparsers, name: str, run: Callable[[argparse.Namespace], int], summary: str, example: str
) -> argparse.ArgumentParser:
    """A sub-command with a one-line summary and an example in its help."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  python -m agentopt_core {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_home(parser: argparse.ArgumentParser) -> None:
    """`--home`: where runs, task sets and the history are."""
    parser.add_argument(
        "--home",
        type=Path,
        default=None,
        metavar="DIR",
        help="where runs, task sets and the history are (default: $AGENTOPT_HOME, or .agentopt beside app.py)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: print JSON for programs."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def workbench(args: argparse.Namespace) -> Workbench:
    """The facade over the chosen home; it holds no lock on the history."""
    return Workbench(args.home or default_home(os.environ), SAMPLES, live=False)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False))


def percent(result: Proportion | None) -> str:
    """`65.0 % (13/20; 95 %: 43-82)`, or a dash when nothing was measured."""
    if result is None or result.accuracy is None or result.interval is None:
        return "–"
    low, high = result.interval
    return f"{100 * result.accuracy:.1f} % ({result.correct}/{result.n}; 95 %: {100 * low:.0f}-{100 * high:.0f})"


def share(result: Proportion | None) -> str:
    """`65.0 % (13/20)`, for narrow tables."""
    return "–" if result is None or result.accuracy is None else percent(result).split("; ")[0].rstrip(")") + ")"


def dollars(cost_usd: float | None) -> str:
    """`$0.012`, or `unknown`: a price that is not known is not zero."""
    return "unknown" if cost_usd is None else f"${cost_usd:.3f}"
