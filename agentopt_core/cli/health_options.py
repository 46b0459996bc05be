"""Options of `train` about the functions' health."""

from __future__ import annotations

import argparse

from agentopt_core.words import JsonObject


def add_health(parser: argparse.ArgumentParser) -> None:
    """The cap, credit, removals and what is left out before the test run."""
    group = parser.add_argument_group("functions' health")
    group.add_argument("--max-functions", type=int, metavar="N", help="functions the set may have (default: no cap)")
    group.add_argument(
        "--credit",
        choices=("off", "kept", "end"),
        default="off",
        help="run the tasks that used a function again without it: for every kept set, or at the end",
    )
    group.add_argument(
        "--no-control",
        action="store_true",
        help="compare with the evaluation by which the set was kept, instead of a fresh run of the whole set",
    )
    group.add_argument(
        "--propose-removals", action="store_true", help="propose to remove functions that are unused or do harm"
    )
    group.add_argument(
        "--unused-after", type=int, default=2, metavar="M", help="accepted evaluations without a call (default: 2)"
    )
    group.add_argument(
        "--drop-unsuccessful",
        action="store_true",
        help="leave out of the test run what had no successful call in the last accepted evaluation",
    )


def health_from(args: argparse.Namespace) -> JsonObject:
    """What these options say, as HealthConfig reads it."""
    return {
        "max_functions": args.max_functions,
        "credit": args.credit,
        "control": not args.no_control,
        "removal": "propose" if args.propose_removals else "off",
        "unused_after": args.unused_after,
        "drop_unsuccessful": args.drop_unsuccessful,
    }
