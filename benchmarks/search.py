"""Greedy training beside search (three proposals a step, with and without merging), with the demo model.

    python benchmarks/search.py --seeds 8

It shows what a search costs and how the screening ranks; the demo model's proposals are scripted, so its accuracies say
nothing about a real model. Compared are runs of the same seeds, by rule and at the same number of requests.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from agentopt_core.config import Endpoint, RunConfig, SearchConfig, TrainingConfig
from agentopt_core.events import Event, RunFailed
from agentopt_core.rollouts import Proportion
from agentopt_core.training.run import run_training
from agentopt_core.workbench import Workbench

TASKS = ("number-and-algebra", "tables-and-business")
SEARCHES = {
    "greedy (the paper's loop)": SearchConfig(),
    "3 proposals": SearchConfig(proposals=3),
    "3 proposals, merged": SearchConfig(proposals=3, merge=True),
}
AT_REQUESTS = 150
"""The accepted set is compared after so many requests, too."""


class Outcome(NamedTuple):
    """What one run did."""

    evaluations: int
    requests: int
    kept: int
    """Updates that were kept."""
    tried: int
    """Updates that were evaluated on the whole training set."""
    at_requests: Proportion
    best: Proportion
    test: Proportion | None


class Watch:
    """Listens to a run."""

    def __init__(self) -> None:
        self.requests = self.kept = self.tried = self.evaluations = 0
        self.best = self.at_requests = Proportion(correct=0, n=0)
        self.test: Proportion | None = None

    def emit(self, event: Event) -> None:
        """Count what the event tells."""
        if event.kind == "request_finished":
            self.requests += event.usage.requests
        elif event.kind == "verdict_reached":
            self.best = event.best
            self.evaluations += event.evaluation is not None
            self.tried += event.evaluation not in (None, 0)
            self.kept += event.verdict == "kept"
            if self.requests <= AT_REQUESTS:
                self.at_requests = event.best
        elif event.kind == "held_out_measured":
            self.test = event.chosen


def train(bench: Workbench, tasks: str, search: SearchConfig, seed: int) -> Outcome:
    """One run to its end by a rule."""
    endpoint = Endpoint(demo_latency_ms=0)
    config = RunConfig(
        agent={"endpoint": endpoint},
        optimizer={"endpoint": endpoint},
        training=TrainingConfig(epochs=8, patience=4, validation="off"),
        search=search,
        seed=seed,
    )
    watch = Watch()
    last = run_training(bench.create(config, bench.resolve_tasks(tasks)), {}, [watch])
    if isinstance(last, RunFailed):
        raise SystemExit(f"{last.message} {last.hint}")
    return Outcome(
        evaluations=watch.evaluations,
        requests=watch.requests,
        kept=watch.kept,
        tried=watch.tried,
        at_requests=watch.at_requests,
        best=watch.best,
        test=watch.test,
    )


def together(shares: list[Proportion]) -> str:
    """The mean over runs of one size, with how many task results it is made of; no interval: tasks repeat."""
    correct, n = sum(one.correct for one in shares), sum(one.n for one in shares)
    return f"{100 * correct / n:.1f} % ({len(shares)} x {n // len(shares)})" if n else "-"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="runs of each kind, with seeds 0 to N - 1")
    seeds = range(parser.parse_args().seeds)
    heads = ("tasks", "search", "evaluations", "kept", "requests, median (range)")
    heads += (f"training after {AT_REQUESTS} requests", "training at the end", "held-out test")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    with tempfile.TemporaryDirectory(prefix="agentopt-search-") as folder:
        bench = Workbench(Path(folder), live=False)
        for tasks in TASKS:
            for name, search in SEARCHES.items():
                runs = [train(bench, tasks, search, seed) for seed in seeds]
                asked = sorted(run.requests for run in runs)
                cells = (
                    tasks,
                    name,
                    f"{statistics.mean(run.evaluations for run in runs):.1f}",
                    f"{sum(run.kept for run in runs)} of {sum(run.tried for run in runs)}",
                    f"{statistics.median(asked):.0f} ({asked[0]} to {asked[-1]})",
                    together([run.at_requests for run in runs]),
                    together([run.best for run in runs]),
                    together([run.test for run in runs if run.test]),
                )
                print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
