"""`review`: what waits for a decision, and the decision, from a terminal."""

from __future__ import annotations

import argparse
import difflib
import getpass

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, percent, print_json, workbench
from agentopt_core.optimizer.validation import printable
from agentopt_core.reviews import Choice, Decision
from agentopt_core.views import ActionView
from agentopt_core.views.reviews import ReviewCard


def register(subparsers: Subparsers) -> None:
    """Add `review`."""
    parser = add_command(
        subparsers,
        "review",
        run,
        "look at updates that wait for a person, and decide on them",
        "review\n"
        "  python -m agentopt_core review RUN --approve 3\n"
        "  python -m agentopt_core review RUN --reject 3 --reason 'reads a file it was not given'",
    )
    parser.add_argument("run_id", metavar="RUN", nargs="?", help="run id, or its beginning (default: all that wait)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--approve", type=int, metavar="UPDATE", help="let this update in")
    choice.add_argument("--reject", type=int, metavar="UPDATE", help="withdraw this update; needs --reason")
    parser.add_argument("--only", metavar="NAMES", help="with --approve: these functions alone, separated by commas")
    parser.add_argument("--reason", default="", help="why; the optimizer reads the reason of a rejection")
    parser.add_argument("--by", default="", help="who decides (default: this machine's user)")
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what waits, or decide on one update."""
    bench = workbench(args)
    step = args.reject if args.approve is None else args.approve
    if step is not None and args.run_id:
        only = tuple(name.strip() for name in args.only.split(",") if name.strip()) if args.only is not None else None
        choice: Choice = "reject" if args.approve is None else "approve"
        decision = Decision(step=step, choice=choice, reason=args.reason, only=only)
        run_id = bench.folder(args.run_id).run_id
        bench.decide(run_id, decision, by=args.by or getpass.getuser())
        print(f"Update {step} of {run_id}: {choice} is handed to its trainer.")
        return 0
    cards = bench.reviews(bench.folder(args.run_id).run_id) if args.run_id else bench.review_queue()
    if args.json:
        print_json([card.model_dump(mode="json") for card in cards])
        return 0
    waiting = [card for card in cards if card.state == "waiting"]
    if not waiting:
        print("Nothing waits for a decision. A run asks for one when it is started with: train --approval always")
        return 0
    console = Console()
    for card in waiting:
        _show(console, card)
    return 0


def _show(console: Console, card: ReviewCard) -> None:
    changes = ", ".join(f"{action.op} {action.name}" for action in card.actions)
    console.print(Text(f"\nUpdate {card.step} of {card.run_id}: {changes}", style="bold"))
    if card.candidate is None:
        console.print(Text(f"Not run yet; accepted so far: {percent(card.base)} on the training tasks."))
    else:
        flips = f"{len(card.fixed)} fixed, {len(card.broken)} broken, exact p = {card.p_value or 0:.2g}"
        change = f"{percent(card.base)} -> {percent(card.candidate)} on {card.n} training tasks"
        console.print(Text(f"{change}, {flips}. The rule: {card.rule_reason}"))
    for finding in card.findings:
        where = f"{finding.function}{f', line {finding.line}' if finding.line else ''}: " if finding.function else ""
        console.print(Text(f"! {where}{finding.text}", style="yellow"))
    for action in card.actions:
        console.print(Syntax(_diff(action), "diff", background_color="default", word_wrap=True))


def _diff(action: ActionView) -> str:
    before = printable(action.before.code).splitlines() if action.before else []
    after = printable(action.after.code).splitlines() if action.after else []
    heads = (f"{action.name} (accepted)", f"{action.name} (proposed)")
    return "\n".join(difflib.unified_diff(before, after, *heads, lineterm=""))
