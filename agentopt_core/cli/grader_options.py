"""Options that say who judges answers: a grader by name, a file of the user's, or a model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from agentopt_core.config import Endpoint, GraderConfig, GraderKind, parse_word
from agentopt_core.errors import ConfigError
from agentopt_core.words import JsonObject

_NAMES = tuple(name for name in get_args(GraderKind) if name != "python")


def add_grader(parser: argparse.ArgumentParser) -> None:
    """Add `--grader` and the judge's options."""
    group = parser.add_argument_group("grading")
    group.add_argument(
        "--grader", default="auto", metavar="NAME|FILE.py",
        help=f"one for all tasks: {', '.join(_NAMES)} (default: %(default)s, chosen for each task); or your own, "
        "sandboxed: grade(answer, task) -> True or False",
    )  # fmt: skip
    group.add_argument("--judge-model", metavar="NAME", help="the model that judges where that is asked for; with "
                       "--grader judge, for all tasks (default then: the agent's)")  # fmt: skip
    group.add_argument("--judge-base-url", metavar="URL", help="the judge's endpoint (default: the agent's)")
    group.add_argument("--judge-api-key-env", metavar="NAME", help="variable with its key (default: the agent's)")


def asks_for_judge(args: argparse.Namespace) -> bool:
    """The options name a model as judge."""
    return args.grader == "judge" or bool(args.judge_model or args.judge_base_url or args.judge_api_key_env)


def grader_from(args: argparse.Namespace, judge: Endpoint | None) -> GraderConfig:
    """The grader that the options describe; `judge` is the endpoint they name, None where they name none.

    Raises: ConfigError for a name that is none, a file that cannot be read, or a judge that is never asked.
    """
    name = args.grader
    data: JsonObject = {"kind": name, "judge": judge.with_(temperature=0.0).model_dump(mode="json") if judge else None}
    if name.endswith(".py"):
        data |= {"kind": "python", "code": _code(Path(name))}
    elif name not in _NAMES:
        raise ConfigError(f"There is no grader '{name}'.", f"Name one of {', '.join(_NAMES)}, or a file ending in .py.")
    return parse_word(GraderConfig, data)


def _code(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--grader {path} cannot be read as UTF-8 text: {error}.", "Check the path.") from error
