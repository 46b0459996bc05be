"""Options of commands that run functions: how strongly they must be isolated, and what a call may use."""

from __future__ import annotations

import argparse

from agentopt_core.config import SandboxLimits, parse_word
from agentopt_core.errors import ConfigError
from agentopt_core.rollouts import LEVELS
from agentopt_core.words import JsonObject

_NOT_BY_NUMBER = ("minimum", "packages")
_NUMBERS = tuple(name for name in SandboxLimits.model_fields if name not in _NOT_BY_NUMBER)


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    """Add `--min-isolation`, `--limit` and `--packages`."""
    defaults = SandboxLimits()
    group = parser.add_argument_group("functions")
    group.add_argument(
        "--min-isolation", choices=LEVELS, default=defaults.minimum, help="refuse to run them with less (%(default)s)"
    )
    group.add_argument(
        "--limit", action="append", default=[], metavar="NAME=VALUE",
        help="what one call may use, once for each: " + ", ".join(f"{n}={getattr(defaults, n)}" for n in _NUMBERS),
    )  # fmt: skip
    group.add_argument(
        "--packages", default=",".join(defaults.packages), metavar="A,B", help="what they may import (%(default)s)"
    )


def limits_from(args: argparse.Namespace) -> SandboxLimits:
    """The limits that the options describe. Raises: ConfigError naming what is wrong."""
    packages = [name.strip() for name in args.packages.split(",") if name.strip()]
    data: JsonObject = {"minimum": args.min_isolation, "packages": list(packages)}
    for given in args.limit:
        name, equals, value = given.partition("=")
        if not equals or name not in _NUMBERS:
            raise ConfigError(f"--limit {given} names no limit.", f"Write one of {', '.join(_NUMBERS)} as NAME=VALUE.")
        data[name] = None if value.lower() == "none" else value
    return parse_word(SandboxLimits, data)
