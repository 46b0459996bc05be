"""Options of what an optimizer step works from."""

from __future__ import annotations

import argparse
from typing import get_args

from agentopt_core.config import OptimizerConfig, Strategy
from agentopt_core.words import JsonObject


def add_strategy(parser: argparse.ArgumentParser) -> None:
    """Add `--strategy`, `--batch-size` and `--prompt-tokens`."""
    defaults = OptimizerConfig()
    group = parser.add_argument_group("any amount of training tasks")
    group.add_argument(
        "--strategy", choices=get_args(Strategy), default=defaults.strategy,
        help="what a step works from: all failures (the paper), a random batch of the tasks, or the failures in parts "
        "whose proposals are merged (%(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--batch-size", type=int, default=defaults.batch_size, metavar="N",
        help="tasks of a batch, or failures of a part (%(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--prompt-tokens", type=int, default=defaults.prompt_tokens, metavar="N",
        help="estimated tokens the optimizer's prompt may have (%(default)s)",
    )  # fmt: skip


def strategy_from(args: argparse.Namespace) -> JsonObject:
    """The fields of `optimizer` that the options describe."""
    return {"strategy": args.strategy, "batch_size": args.batch_size, "prompt_tokens": args.prompt_tokens}
