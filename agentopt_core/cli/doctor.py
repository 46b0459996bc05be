"""`doctor`: what is missing or wrong on this machine and at the endpoint, and the command that mends it."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json
from agentopt_core.config import USUAL_MODEL, Endpoint
from agentopt_core.views import Check
from agentopt_core.workbench import default_home

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


def register(subparsers: Subparsers) -> None:
    """Add `doctor`."""
    parser = add_command(
        subparsers,
        "doctor",
        run,
        "say what is missing or wrong on this machine and at the endpoint, and what mends it",
        "doctor --base-url http://127.0.0.1:11434/v1 --model qwen3:8b",
    )
    parser.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible endpoint")
    parser.add_argument("--model", metavar="NAME", help="model to check there (default: $OPENAI_MODEL)")
    parser.add_argument(
        "--api-key-env", metavar="NAME", default="OPENAI_API_KEY", help="variable that holds the key (%(default)s)"
    )
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Check, print, and return 1 when something failed, else 0."""
    from agentopt_core.doctor import check_endpoint, check_machine  # brings openai along, which is slow to import

    machine = check_machine(args.home or default_home(os.environ))
    endpoint = asyncio.run(check_endpoint(_endpoint(args), os.environ))
    if args.json:
        parts = {"machine": machine, "endpoint": endpoint}
        print_json({part: [check.model_dump() for check in checks] for part, checks in parts.items()})
    else:
        console = Console()
        console.print(_table("This machine", machine))
        console.print(_table("Endpoint", endpoint))
    return 1 if any(check.state == "failed" for check in [*machine, *endpoint]) else 0


def _endpoint(args: argparse.Namespace) -> Endpoint:
    """The endpoint that is meant: the demo model where neither arguments nor environment name another."""
    named = args.base_url or args.model or os.environ.get(args.api_key_env) or os.environ.get("OPENAI_BASE_URL")
    if not named:
        return Endpoint()
    return Endpoint(
        kind="openai",
        model=args.model or os.environ.get("OPENAI_MODEL") or USUAL_MODEL,
        base_url=args.base_url,
        api_key_env=args.api_key_env,
    )


def _table(title: str, checks: Sequence[Check]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        text = Text(check.detail)
        if check.hint and check.state != "ok":
            text.append(f"\n-> {check.hint}", style="cyan")
        table.add_row(Text(check.state, style=_STYLES[check.state]), Text(check.name), text)
    return table
