"""Options of the evidence gate."""

from __future__ import annotations

import argparse

from agentopt_core.config import EvidenceConfig, parse_word
from agentopt_core.words import JsonObject


def add_evidence(parser: argparse.ArgumentParser) -> None:
    """Add the options that count with `--acceptance evidence`."""
    usual = EvidenceConfig()
    group = parser.add_argument_group("evidence (with --acceptance evidence: judged on the validation split)")
    group.add_argument(
        "--false-accepts", type=float, default=usual.budget, metavar="ALPHA",
        help="chance, over the whole run, that a candidate is accepted that is no better (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--reruns", type=int, default=usual.reruns, metavar="R",
                       help="runs more of a task that flipped, under both sets (default: %(default)s)")  # fmt: skip
    group.add_argument("--repeats", type=int, default=usual.repeats, metavar="K",
                       help="runs of each validation task at the first look (default: %(default)s)")  # fmt: skip
    group.add_argument("--least-tasks", type=int, default=usual.least_tasks, metavar="N",
                       help="validation tasks that must be scored (default: %(default)s)")  # fmt: skip
    group.add_argument("--protect", action="append", default=[], metavar="TASK",
                       help="id of a task that must not break; may be given more than once")  # fmt: skip
    group.add_argument("--provisional", action="store_true", help="go on from gains that are likely but not shown")


def evidence_from(args: argparse.Namespace) -> EvidenceConfig:
    """What the options describe. Raises: ConfigError for a value out of range."""
    data: JsonObject = {
        "budget": args.false_accepts,
        "reruns": args.reruns,
        "repeats": args.repeats,
        "least_tasks": args.least_tasks,
        "protected": list(args.protect),
        "provisional": args.provisional,
    }
    return parse_word(EvidenceConfig, data)
