"""`train`: run training in this terminal, to its end."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import get_args

from agentopt_core.cli.agent_options import add_agent, agent_from
from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.cli.evidence_options import add_evidence, evidence_from
from agentopt_core.cli.grader_options import add_grader, asks_for_judge, grader_from
from agentopt_core.cli.health_options import add_health, health_from
from agentopt_core.cli.progress import ProgressBar, print_report
from agentopt_core.cli.sandbox_options import add_sandbox, limits_from
from agentopt_core.cli.search_options import add_search, search_from
from agentopt_core.cli.strategy_options import add_strategy, strategy_from
from agentopt_core.commands import Command
from agentopt_core.config import Acceptance, Endpoint, RunConfig, parse_config, parse_word
from agentopt_core.errors import ConfigError
from agentopt_core.events import RunFailed, RunFinished
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.prompts import default_prompts
from agentopt_core.words import JsonObject
from agentopt_core.workbench import Workbench


def register(subparsers: Subparsers) -> None:
    """Add `train`."""
    parser = add_command(
        subparsers,
        "train",
        run,
        "train an agent's functions on a task set, to the end",
        "train --tasks number-and-algebra --epochs 5 --patience 3\n"
        "  python -m agentopt_core train --tasks tasks.jsonl --base-url http://127.0.0.1:11434/v1 --model qwen3 --json",
    )
    parser.add_argument("--tasks", required=True, help="a file, a folder, or the name of a sample or imported task set")
    model = parser.add_argument_group("model (without --base-url, --model and key: the offline demo model)")
    model.add_argument("--base-url", help="an OpenAI-compatible endpoint")
    model.add_argument("--model", help="the agent's model")
    model.add_argument("--optimizer-model", help="the optimizer's model (default: the agent's)")
    model.add_argument("--optimizer-base-url", help="the optimizer's endpoint (default: the agent's)")
    model.add_argument("--api-key-env", default="OPENAI_API_KEY", metavar="NAME", help="variable that holds the key")
    model.add_argument("--optimizer-api-key-env", metavar="NAME", help="the optimizer's (default: the agent's)")
    model.add_argument("--temperature", type=float, help="sampling temperature (default: the endpoint's own)")
    model.add_argument("--vision", action="store_true", help="the agent's model takes images; without it, none is sent")
    model.add_argument("--timeout", type=float, default=120.0, metavar="S", help="seconds one attempt may take")
    model.add_argument("--demo", action="store_true", help="use the demo model even if a key is set")
    model.add_argument("--demo-latency-ms", type=float, default=20.0, help="demo model: time of one reply")
    rules = parser.add_argument_group("training (Algorithm 2)")
    rules.add_argument("--epochs", type=int, default=10, metavar="E", help="accepted epochs, at most")
    rules.add_argument(
        "--patience", type=int, default=10, metavar="C", help="stop after more than C withdrawn in a row"
    )
    rules.add_argument("--max-actions", type=int, default=3, metavar="N", help="actions per optimizer step")
    rules.add_argument("--acceptance", choices=get_args(Acceptance), default="strict", help="what counts as better")
    rules.add_argument("--no-roll-back", action="store_true", help="keep every candidate (ablation)")
    rules.add_argument("--no-early-stop", action="store_true", help="do not stop by patience (ablation)")
    rules.add_argument(
        "--optimizer-writes-calls",
        action="store_true",
        help="the optimizer's endpoint calls no tools: its actions are written as text",
    )
    rules.add_argument("--no-progressive", action="store_true", help="a whole new set each step (ablation)")
    rules.add_argument("--max-evaluations", type=int, metavar="N", help="evaluations at most, baseline included")
    rules.add_argument("--keep-test-sealed", action="store_true", help="do not measure on the test split at the end")
    rules.add_argument("--go-on-at-perfect", action="store_true", help="do not end when every task is solved")
    rules.add_argument(
        "--validation",
        choices=["off", "kept", "all"],
        default="kept",
        help="candidates that are also measured on the validation split; it decides only with --acceptance evidence",
    )
    rules.add_argument(
        "--null-edits", type=int, default=0, metavar="N", help="measure the baseline N times more: what noise does"
    )
    add_search(parser)
    add_strategy(parser)
    people = parser.add_argument_group("approval (decide with `review`, or on the Review page)")
    people.add_argument(
        "--approval",
        choices=["automatic", "risk", "always"],
        default="automatic",
        help="updates that wait for a person: none, those with a finding, all",
    )
    people.add_argument("--ask", choices=["before", "after"], default="after", help="the candidate runs, or ran")
    people.add_argument(
        "--approval-timeout", type=float, metavar="S", help="seconds an update waits (default: for ever)"
    )
    people.add_argument("--on-timeout", choices=["approve", "reject"], default="reject", help="what is decided then")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--concurrency", type=int, default=8, metavar="N", help="rollouts in flight")
    limits.add_argument("--budget-usd", type=float, help="US dollars, over all roles")
    limits.add_argument("--budget-tokens", type=int, help="tokens, over all roles")
    limits.add_argument("--budget-requests", type=int, help="requests, over all roles")
    limits.add_argument("--seed", type=int, default=0, metavar="S")
    add_agent(parser)
    add_evidence(parser)
    add_grader(parser)
    parser.add_argument("--prompts", type=Path, metavar="DIR", help="folder with NAME.md files that replace prompts")
    parser.add_argument("--name", default="", help="what people call the run")
    add_health(parser)
    add_sandbox(parser)
    add_home(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Create the run and train it here."""
    config = config_from(args)
    bench = workbench(args)
    task_set = bench.resolve_tasks(args.tasks)
    folder = bench.create(config, task_set)
    # Rows that were left out are part of the description: nothing is dropped without a word.
    print(f"{task_set.name}: {len(task_set.of('train'))} training tasks. {task_set.description}", file=sys.stderr)
    return train_here(bench, folder, as_json=args.json)


def train_here(bench: Workbench, folder: RunFolder, *, as_json: bool | None) -> int:
    """Train a run folder in this process with a progress bar on standard error, then print the result, if at all.

    A first Ctrl+C stops the run with the accepted set intact, a second one ends the process at once.
    """
    from agentopt_core.training.run import run_training  # brings openai along, which is slow to import

    folder.commands.append(Command(kind="start", by="command line"))
    signal.signal(signal.SIGINT, lambda *_: _stop(folder))
    with ProgressBar(folder.config(), sys.stderr) as bar:
        last = run_training(folder, os.environ, listeners=[bar])
    result = bench.result(folder.run_id)
    if as_json:
        print_json(result)
    elif as_json is not None:
        learned = isinstance(last, RunFinished) and len(last.functions) > 0
        print_report(result, bench.export(folder.run_id) if learned else None)
    if isinstance(last, RunFailed):
        print(f"agentopt: {last.message} {last.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def _stop(folder: RunFolder) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder.commands.append(Command(kind="stop", by="Ctrl+C"))


def config_from(args: argparse.Namespace) -> RunConfig:
    """The configuration the options describe.

    Raises: ConfigError naming the option that cannot be used.
    """
    agent = endpoint_from(args, args.model, args.base_url, args.api_key_env)
    optimizer = endpoint_from(
        args,
        args.optimizer_model or args.model,
        args.optimizer_base_url or args.base_url,
        args.optimizer_api_key_env or args.api_key_env,
    )
    judge = None
    if asks_for_judge(args):
        judge = endpoint_from(
            args,
            args.judge_model or args.model,
            args.judge_base_url or args.base_url,
            args.judge_api_key_env or args.api_key_env,
        )
    texts = prompt_texts(args.prompts) if args.prompts else {}
    data: JsonObject = {
        "name": args.name,
        "agent": {**agent_from(args), "endpoint": agent.with_(vision=args.vision).model_dump(mode="json")},
        "optimizer": {
            "endpoint": optimizer.model_dump(mode="json"),
            "max_actions": args.max_actions,
            "progressive": not args.no_progressive,
            "tool_calling": not args.optimizer_writes_calls,
            **strategy_from(args),
        },
        "training": {
            "epochs": args.epochs,
            "patience": args.patience,
            "acceptance": args.acceptance,
            "roll_back": not args.no_roll_back,
            "early_stop": not args.no_early_stop,
            "max_evaluations": args.max_evaluations,
            "stop_at_perfect": not args.go_on_at_perfect,
            "open_test": not args.keep_test_sealed,
            "validation": args.validation,
            "null_edits": args.null_edits,
        },
        "search": search_from(args),
        "evidence": evidence_from(args).model_dump(mode="json"),
        "approval": {
            "mode": args.approval,
            "when": args.ask,
            "timeout_s": args.approval_timeout,
            "on_timeout": args.on_timeout,
        },
        "budget": {"usd": args.budget_usd, "tokens": args.budget_tokens, "requests": args.budget_requests},
        "health": health_from(args),
        "grader": grader_from(args, judge).model_dump(mode="json"),
        "sandbox": limits_from(args).model_dump(mode="json"),
        "concurrency": args.concurrency,
        "seed": args.seed,
        "prompts": default_prompts().changed(texts).model_dump(mode="json"),
    }
    return parse_config(data)


def prompt_texts(folder: Path) -> dict[str, str]:
    """The texts of a folder of NAME.md files.

    Raises: ConfigError when there is none to read.
    """
    paths = sorted(folder.glob("*.md")) if folder.is_dir() else []
    if not paths:
        raise ConfigError(f"--prompts {folder} is no folder with NAME.md files.", "Name the folder that holds them.")
    try:
        return {path.stem: path.read_text(encoding="utf-8-sig") for path in paths}
    except UnicodeDecodeError as error:
        raise ConfigError(f"A prompt in {folder} is not UTF-8 text.", "Save it as UTF-8.") from error


def endpoint_from(args: argparse.Namespace, model: str | None, base_url: str | None, key_env: str) -> Endpoint:
    """Demo model unless an address, a model or a key says otherwise.

    Raises: ConfigError when an endpoint is named without a model.
    """
    has_key = bool(os.environ.get(key_env))
    if args.demo or (base_url is None and model is None and not has_key):
        return Endpoint(demo_latency_ms=args.demo_latency_ms)
    if model is None:
        where = base_url or "the OpenAI API"
        raise ConfigError(f"No model is named for {where}.", "Add --model NAME, or --demo for the offline demo model.")
    return parse_word(
        Endpoint,
        {
            "kind": "openai",
            "model": model,
            "base_url": base_url,
            "api_key_env": key_env,
            "timeout_s": args.timeout,
            "temperature": args.temperature,
        },
    )
