"""Options of `train` for search beyond greedy."""

from __future__ import annotations

import argparse

from agentopt_core.config import SearchConfig
from agentopt_core.words import JsonObject

_DEFAULT = SearchConfig()


def add_search(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    search = parser.add_argument_group("search (the paper makes one proposal a step)")
    search.add_argument(
        "--proposals", type=int, default=_DEFAULT.proposals, metavar="N",
        help="proposals a step; of several, the best by successive halving is evaluated",
    )  # fmt: skip
    search.add_argument(
        "--first-sample", type=int, default=_DEFAULT.first_sample, metavar="N",
        help="training tasks of the screening's first round",
    )  # fmt: skip
    search.add_argument(
        "--growth", type=float, default=_DEFAULT.growth, metavar="X", help="times as many tasks in each further round"
    )
    search.add_argument(
        "--merge", action="store_true", help="in the last round, also try the two best proposals merged"
    )


def search_from(args: argparse.Namespace) -> JsonObject:
    """The part of the configuration that the options describe."""
    return {
        "proposals": args.proposals,
        "first_sample": args.first_sample,
        "growth": args.growth,
        "merge": args.merge,
    }
