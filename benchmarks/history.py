"""How fast the history is filled and asked: python benchmarks/history.py [--rollouts 200000]

Fills a store with runs of 5 evaluations of 200 tasks, 3 calls and 3 requests a rollout, and prints rows per second of
the ingest and the median milliseconds of each query that a page makes.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core import events as e
from agentopt_core import history
from agentopt_core.actions import AddFunction, Update
from agentopt_core.chat import Purpose
from agentopt_core.config import RunConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.schema import TABLES
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import Answer, ExecutionResult, Message, Proportion, Rollout, Score, ToolUse, Usage
from agentopt_core.tasks import Task, TaskSet

TASKS, EVALUATIONS, CALLS = 200, 5, 3
PRICE = Usage(requests=1, prompt_tokens=900, completion_tokens=120, cost_usd=0.0004)
TEXT = "The volume of the cylinder is the area of its base times its height, so we need the radius first. "


def functions(n: int) -> FunctionSet:
    schema = {"type": "object", "properties": {"x": {"type": "number"}}}
    code = "def f{n}(x):\n" + "    # one step of the formula\n" * 20 + "    return x\n"
    return FunctionSet(
        functions=tuple(
            Function(name=f"f{i}", description=TEXT, parameters=schema, code=code.replace("{n}", str(i)))
            for i in range(n)
        )
    )


def rollout(task: int, chance: random.Random) -> Rollout:
    said = tuple(Message(role="assistant", content=TEXT * 3 + str(chance.random())) for _ in range(CALLS))
    call = ToolUse(call_id="c", tool="f0", arguments={"x": task}, result=ExecutionResult(ok=True, value=task, ms=4.0))
    correct = chance.random() < 0.6
    return Rollout(
        task_id=f"task-{task:04d}",
        messages=(Message(role="system", content=TEXT * 10), Message(role="user", content=TEXT), *said),
        calls=(call,) * CALLS,
        answer=Answer(text=str(task), source="tool"),
        usage=PRICE,
        seconds=2.5,
        score=Score(correct=correct, method="numeric", extracted=str(task), rule="tool", reason="as compared"),
    )


def story(run: RunFolder, chance: random.Random) -> Iterator[e.Event]:
    half = Proportion(correct=TASKS // 2, n=TASKS)
    yield e.RunStarted(run_id=run.run_id, resumed=False, pid=1, train_tasks=TASKS, level="limits", environment={})
    for index in range(EVALUATIONS):
        step, learned = index or None, functions(index)
        if step:
            yield e.StepStarted(step=step, accepted_evaluation=index - 1)
            update = Update(actions=(AddFunction(function=learned.functions[-1]),))
            yield e.UpdateProposed(step=step, update=update, seconds=3.0)
        yield e.EvaluationStarted(evaluation=index, step=step, functions=learned, split="train", n=TASKS)
        for task in range(TASKS):
            purpose = Purpose(role="agent", evaluation=index, task_id=f"task-{task:04d}")
            for _ in range(CALLS):
                yield e.RequestFinished(purpose=purpose, model="m", usage=PRICE, ms=700.0, attempts=1)
            yield e.RolloutFinished(evaluation=index, functions_digest=learned.digest, rollout=rollout(task, chance))
        yield e.EvaluationFinished(
            evaluation=index, functions_digest=learned.digest, split="train", result=half, wall_s=60.0
        )
        yield e.VerdictReached(
            step=step,
            evaluation=index,
            verdict="kept" if step else "baseline",
            reason="better",
            epoch=index,
            withdrawn_in_a_row=0,
            best=half,
            candidate=half if step else None,
        )


def milliseconds(ask: Callable[[], object], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int, default=200_000)
    wanted = parser.parse_args().rollouts
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), max(1, wanted // (TASKS * EVALUATIONS)))


def measure(home: Path, runs: int) -> None:
    chance = random.Random(0)
    tasks = tuple(Task(id=f"task-{i:04d}", question=TEXT, answer=str(i)) for i in range(TASKS))
    task_set = TaskSet(id="synthetic", name="Synthetic", tasks=tasks)
    store = HistoryStore(home)
    lines = b""
    seconds, read, size = 0.0, 0, 0
    ingestor = Ingestor(store)
    for _ in range(runs):
        run = RunFolder.create(home, RunConfig(), task_set)
        lines = b"".join(e.to_line(event) for event in story(run, chance))
        run.journal.write_bytes(lines)
        size += len(lines)
        began = time.perf_counter()
        read += ingestor.catch_up()
        seconds += time.perf_counter() - began
    rows = sum(store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES)
    file = sum(path.stat().st_size for path in home.glob("history.duckdb*"))
    print(f"{runs} runs, {runs * TASKS * EVALUATIONS} rollouts, {rows} rows")
    print(f"journals {size / 1e6:.0f} MB, history {file / 1e6:.0f} MB")
    print(f"ingest {rows / seconds:.0f} rows/s, {read / seconds:.0f} events/s")
    run_id = run.run_id
    e_last = EVALUATIONS - 1
    queries: dict[str, Callable[[], object]] = {
        "runs": lambda: history.runs(store),
        "run": lambda: history.run(store, run_id),
        "progress": lambda: history.progress(store, run_id),
        "curve": lambda: history.curve(store, run_id),
        "updates": lambda: history.updates(store, run_id),
        "function_versions": lambda: history.function_versions(store, run_id),
        "accepted_functions": lambda: history.accepted_functions(store, run_id),
        "events": lambda: history.events(store, run_id),
        "usage_by_role": lambda: history.usage_by_role(store, run_id),
        "rollouts of an evaluation": lambda: history.rollouts(store, run_id, e_last),
        "one rollout": lambda: history.rollout(store, run_id, e_last, "task-0007"),
        "export": lambda: history.export_zip(store, run_id),
        "a look at unchanged journals": ingestor.catch_up,
    }
    for name, ask in queries.items():
        print(f"{name:30} {milliseconds(ask):8.1f} ms")
    store.close()


if __name__ == "__main__":
    main()
