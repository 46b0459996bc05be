"""How fast the history is filled and asked: python benchmarks/history.py [--rollouts 200000]

Fills a home with many finished runs, one of 100 updates and one under way (benchmarks/seeded.py), and prints rows per
second of the ingest and what each question of a page takes, asked about the run of 100 updates: the best of several
times in milliseconds, on the clock and of this process's own work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core import history
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.store import HistoryStore
from benchmarks.seeded import LARGE, seed

TIMES = 7


def milliseconds(ask: Callable[[], object]) -> tuple[float, float]:
    """The least that one question took: of the clock, and of the processor."""
    clock, work = [], []
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        ask()
        clock.append(time.perf_counter() - began)
        work.append(time.process_time() - worked)
    return 1000 * min(clock), 1000 * min(work)


def measure(home: Path, rollouts: int) -> None:
    """Fill an empty home and ask."""
    seeded = seed(home, rollouts)
    print(f"{seeded.runs} runs, {seeded.rollouts:,} rollouts, {seeded.rows:,} rows")
    print(f"{seeded.journal_mb:.0f} MB of journals were read, history {seeded.history_mb:.0f} MB")
    print(f"ingest {seeded.rows_a_second:,.0f} rows/s, {seeded.events_a_second:,.0f} events/s\n")
    store = HistoryStore(home)
    ingestor = Ingestor(store)
    run_id, last = seeded.large, LARGE.steps

    def all_runs_afresh() -> object:
        store.run_facts.clear()
        return history.runs(store)

    questions: dict[str, Callable[[], object]] = {
        "all runs, for the first time": all_runs_afresh,
        "all runs, again": lambda: history.runs(store),
        "one run": lambda: history.run(store, run_id),
        "progress": lambda: history.progress(store, run_id),
        "curve": lambda: history.curve(store, run_id),
        "updates": lambda: history.updates(store, run_id),
        "versions of functions": lambda: history.function_versions(store, run_id),
        "accepted functions": lambda: history.accepted_functions(store, run_id),
        "event log": lambda: history.events(store, run_id),
        "usage by role": lambda: history.usage_by_role(store, run_id),
        "rollouts of an evaluation": lambda: history.rollouts(store, run_id, last),
        "one rollout": lambda: history.rollout(store, run_id, last, "train-0007"),
        "export": lambda: history.export_zip(store, run_id),
        "a look at unchanged journals": ingestor.catch_up,
    }
    for name, ask in questions.items():
        clock, work = milliseconds(ask)
        print(f"{name:30} {clock:8.1f} ms, {work:8.1f} ms of work")
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int, default=200_000)
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), parser.parse_args().rollouts)


if __name__ == "__main__":
    main()
