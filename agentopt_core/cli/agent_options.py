"""Options of `train` about the agent: which one solves the tasks, and within which limits."""

from __future__ import annotations

import argparse

from agentopt_core.config import AGENT_KINDS, FUNCTION_CALLING
from agentopt_core.errors import ConfigError
from agentopt_core.words import JsonObject


def add_agent(parser: argparse.ArgumentParser) -> None:
    """Add `--agent-kind`, `--shell`, `--turn-cap` and `--calls-per-rollout`."""
    group = parser.add_argument_group("agent")
    group.add_argument(
        "--agent-kind", default=FUNCTION_CALLING, metavar="KIND",
        help=f"{' or '.join(AGENT_KINDS)} (text, for endpoints without function calling), or module:object, an agent "
        "of your own: its code runs in the trainer's process, outside the sandbox (%(default)s)",
    )  # fmt: skip
    group.add_argument("--shell", action="store_true", help="react: offer a shell, too, at isolation 'namespaces'")
    group.add_argument("--turn-cap", type=int, default=15, metavar="N", help="model replies per rollout, at most")
    group.add_argument("--calls-per-rollout", type=int, default=200, metavar="N", help="calls of tools in one rollout")


def agent_from(args: argparse.Namespace) -> JsonObject:
    """What the options say, but for the endpoint, as a part of the configuration.

    Raises: ConfigError when a shell is asked for that nobody would use.
    """
    if args.shell and args.agent_kind == FUNCTION_CALLING:
        raise ConfigError("--shell is for the ReAct agent.", "Add --agent-kind react, or leave --shell out.")
    return {
        "kind": args.agent_kind,
        "shell": args.shell,
        "turn_cap": args.turn_cap,
        "calls_per_rollout": args.calls_per_rollout,
    }
