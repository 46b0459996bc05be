"""`saw`: what the optimizer read in a step."""

from __future__ import annotations

import argparse

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.errors import NotFound
from agentopt_core.saying import visible
from agentopt_core.views import SeenRequest


def register(subparsers: Subparsers) -> None:
    """Add `saw`."""
    parser = add_command(
        subparsers,
        "saw",
        run,
        "show what the optimizer read: its requests, their tokens and causes, and the exact text of one",
        "saw RUN --step 2 --request 1",
    )
    parser.add_argument("run_id", metavar="RUN", help="run id, or its beginning")
    parser.add_argument("--step", type=int, metavar="N", help="step of the run (default: the newest)")
    parser.add_argument("--request", type=int, metavar="N", help="print the text of this request of the step")
    parser.add_argument("--part", type=int, default=None, metavar="N", help="of this part (default: the first)")
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the list of a step's requests, or the text of one."""
    bench = workbench(args)
    run_id = bench.folder(args.run_id).run_id
    steps = bench.seen_steps(run_id)
    if not steps:
        raise NotFound(
            f"Run {run_id} holds nothing that its optimizer read.",
            "The first step begins when the baseline is measured; runs of older versions did not keep it.",
        )
    step = steps[0].step if args.step is None else args.step
    requests = bench.seen_requests(run_id, step)
    if not requests:
        known = ", ".join(str(one.step) for one in sorted(steps, key=lambda one: one.step)[:20])
        raise NotFound(f"In step {step} of run {run_id} the optimizer was asked nothing.", f"Steps are: {known}.")
    if args.request is not None:
        part = requests[0].part if args.part is None else args.part
        print(_for_a_terminal(bench.seen_text(run_id, step, part, args.request)))
    elif args.json:
        print_json([one.model_dump(mode="json") for one in requests])
    else:
        print(f"Run {run_id}, step {step}: {len(requests)} requests. --request N prints the text of one.")
        for one in requests:
            print(_line(one))
    return 0


def _line(one: SeenRequest) -> str:
    causes = ", ".join(f"{count.cause.replace('_', ' ')} {count.shown} of {count.of}" for count in one.causes)
    return f"{one.name}: about {one.tokens:,} of {one.budget:,} tokens; histories shown: {causes or 'none'}"


def _for_a_terminal(text: str) -> str:
    """Whatever a model wrote must not steer the terminal."""
    return "\n".join(visible(line) for line in text.split("\n"))
