"""The three strategies on many training tasks, against an endpoint of fixed latency: budget, memory, cost, result.

    python benchmarks/many_tasks.py [--tasks N] [--strategies full,batch] [--json]

Every strategy trains the same tasks in a trainer process of its own, whose peak memory the kernel tells; then a second
trainer takes the finished run up again from its journal, which is what a resumed run needs. Ends with 1 when a prompt
was over its budget or a trainer took more than the limit. The model is scripted (see fixed_latency.py): what it learns
shows how far each strategy lets the optimizer see, and says nothing of a real model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.config import parse_config
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.tasks import Split, Task, TaskSet
from benchmarks.fixed_latency import RULES, question

ROOT = Path(__file__).resolve().parents[1]
MEMORY_MB = 600
"""The most a trainer may take."""
TEST_TASKS = 200
PLANS: dict[str, dict[str, Any]] = {
    "full": {"epochs": 1, "batch_size": 20},
    "batch": {"epochs": 8, "batch_size": 500},
    "divide_and_merge": {"epochs": 1, "batch_size": 1000},
}
"""Accepted epochs and batch size of each strategy."""


@contextmanager
def endpoint(latency_ms: float) -> Iterator[str]:
    """The server in a process of its own; yields its address."""
    command = [sys.executable, str(ROOT / "benchmarks" / "fixed_latency.py"), "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def task_set(n: int) -> TaskSet:
    """`n` training tasks of many families, and test tasks of the same families."""

    def task(number: int, split: Split) -> Task:
        asked, gold = question(number)
        return Task(id=f"{split}-{number}", question=asked, answer=gold, split=split)

    tasks = [task(number, "train") for number in range(n)]
    tasks += [task(number, "test") for number in range(n, n + TEST_TASKS)]
    return TaskSet(id="many", name="Many tasks", tasks=tuple(tasks))


def train(folder: RunFolder) -> tuple[float, float]:
    """One trainer process to its end: peak memory in MB (without its sandbox workers), and seconds."""
    began = time.monotonic()
    command = [sys.executable, "-m", "agentopt_core", "trainer", str(folder.path)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "BENCH_KEY": "none"})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"The trainer of {folder.run_id} ended with {process.returncode}.")
    return used.ru_maxrss / 1024, time.monotonic() - began


def run(home: Path, url: str, strategy: str, tasks: int, concurrency: int) -> dict[str, Any]:
    """Train by one strategy and read the journal."""
    plan = PLANS[strategy]
    server = {"kind": "openai", "model": "fixed", "base_url": url, "api_key_env": "BENCH_KEY"}
    config = parse_config(
        {
            "name": strategy,
            "agent": {"endpoint": server},
            "optimizer": {"endpoint": server, "strategy": strategy, "batch_size": plan["batch_size"]},
            "training": {"epochs": plan["epochs"], "patience": 3},
            "concurrency": concurrency,
        }
    )
    folder = RunFolder.create(home, config, task_set(tasks))
    peak_mb, seconds = train(folder)
    found: dict[str, Any] = {"rollouts": 0, "updates": 0, "requests": 0, "over_budget": 0, "largest_prompt": 0}
    for _, event in read_journal(folder.journal):
        match event.kind:
            case "rollout_finished":
                found["rollouts"] += event.split == "train"
            case "optimizer_asked":
                found["requests"] += 1
                found["largest_prompt"] = max(found["largest_prompt"], event.tokens)
                found["over_budget"] += event.tokens > event.budget
            case "verdict_reached":
                found["updates"] += event.verdict == "kept"
            case "held_out_measured":
                found |= {"before": event.baseline.model_dump(), "after": event.chosen.model_dump()}
            case "run_finished":
                found["functions"] = len(event.functions)
    resumed_mb, resumed_s = train(folder)
    return {
        "strategy": strategy, **plan, **found, "budget": config.optimizer.prompt_tokens, "peak_mb": peak_mb,
        "seconds": seconds, "resumed_mb": resumed_mb, "resumed_s": resumed_s,
        "journal_mb": folder.journal.stat().st_size / 1e6,
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    columns = (
        "strategy", "kept updates", "functions", "test accuracy before, after", "training rollouts",
        "optimizer requests", "largest prompt (budget)", "peak MB", "resumed, peak MB", "seconds",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in rows:
        before, after = (100 * row[name]["correct"] / row[name]["n"] for name in ("before", "after"))
        lines.append(
            f"| {row['strategy']} (size {row['batch_size']}) | {row['updates']} | {row['functions']} of {len(RULES)} | "
            f"{before:.1f} %, {after:.1f} % (n = {row['after']['n']}) | {row['rollouts']:,} | {row['requests']} | "
            f"{row['largest_prompt']:,} ({row['budget']:,}) | {row['peak_mb']:.0f} | {row['resumed_mb']:.0f} | "
            f"{row['seconds']:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Train by each strategy and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--latency-ms", type=float, default=20.0)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--strategies", default=",".join(PLANS))
    parser.add_argument("--json", action="store_true", help="print one JSON object a strategy")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as home, endpoint(args.latency_ms) as url:
        for strategy in args.strategies.split(","):
            rows.append(run(Path(home), url, strategy, args.tasks, args.concurrency))
            print(json.dumps(rows[-1]), file=sys.stdout if args.json else sys.stderr, flush=True)
    if not args.json:
        print(f"{args.tasks:,} training tasks, {args.latency_ms:.0f} ms a reply, {args.concurrency} rollouts at once")
        print(table(rows))
    failed = [row for row in rows if row["over_budget"] or max(row["peak_mb"], row["resumed_mb"]) > MEMORY_MB]
    for row in failed:
        print(f"{row['strategy']}: over its budget {row['over_budget']} times, peak {row['peak_mb']:.0f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
