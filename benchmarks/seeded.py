"""A home with a long history, made in seconds: many finished runs, a large one, and one under way.

A few runs are written event by event and read by the real ingest; the other finished runs are copies of these, their
rows copied inside DuckDB and their journals by hard link, so that a million rollouts take neither hours nor a disk.
The offsets in `journals` fit the files: whoever opens the home finds nothing left to read.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentopt_core import events as e
from agentopt_core.actions import Action, AddFunction, Refusal, ReviseFunction, Update
from agentopt_core.chat import Purpose
from agentopt_core.config import RunConfig, TrainingConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.schema import TABLES
from agentopt_core.history.store import HistoryStore
from agentopt_core.reviews import Finding
from agentopt_core.rollouts import (
    Answer,
    ExecutionError,
    ExecutionResult,
    Message,
    Proportion,
    Rollout,
    Score,
    ToolUse,
    Usage,
)
from agentopt_core.tasks import Split, Task, TaskSet

PRICE = Usage(requests=1, prompt_tokens=900, completion_tokens=120, cost_usd=0.0004)
MODEL = "gpt-4o-mini"
SEPARATE = 4
"""Finished runs that are written and read one by one; the others are copies of them."""
TEXT = """
the volume of a cylinder is area times height so radius first then divide multiply subtract carry over table row
column median of these values sorted ascending gives price per unit total cost change ratio percent therefore
result check again units metres hours rate train leaves arrives difference between both equals
"""
WORDS = TEXT.split()


@dataclass(frozen=True)
class Shape:
    """How much happens in a run: steps after the baseline, tasks of each split. `under_way`: the last step is open."""

    name: str
    steps: int
    train: int
    val: int = 0
    test: int = 0
    under_way: bool = False


FINISHED = Shape("Finished run", steps=19, train=200, val=40, test=60)
LARGE = Shape("100 updates of 150 tasks", steps=100, train=150, val=30, test=60)
LIVE = Shape("Run under way", steps=30, train=150, val=30, under_way=True)


@dataclass(frozen=True)
class Seeded:
    """A home and the runs in it that a page is opened for, with what filling it took."""

    home: Path
    finished: str
    large: str
    live: str
    runs: int
    rollouts: int
    rows: int
    journal_mb: float
    """Of the journals that were read, on the disk."""
    history_mb: float
    rows_a_second: float
    """Of the ingest."""
    events_a_second: float


def seed(home: Path, rollouts: int) -> Seeded:
    """Fill an empty home with about that many rollouts, at least one run of each shape."""
    separate = [new_run(home, LARGE, 1), new_run(home, LIVE, 2)]
    separate += [new_run(home, FINISHED, 3 + number) for number in range(SEPARATE)]
    journal_mb = sum(run.journal.stat().st_size for run in separate) / 1e6
    store = HistoryStore(home)
    began = time.perf_counter()
    read = Ingestor(store).catch_up()
    seconds = time.perf_counter() - began
    read_rows = _rows(store)
    here = store.rows("SELECT count(*) AS n FROM rollouts")[0]["n"]
    originals = separate[2:]
    each = (here - sum(_rollouts_of(store, run) for run in separate[:2])) / SEPARATE
    for number in range(max(0, round((rollouts - here) / each))):
        _copy(store, originals[number % SEPARATE], number)
    result = Seeded(
        home=home,
        finished=originals[-1].run_id,
        large=separate[0].run_id,
        live=separate[1].run_id,
        runs=store.rows("SELECT count(*) AS n FROM runs")[0]["n"],
        rollouts=store.rows("SELECT count(*) AS n FROM rollouts")[0]["n"],
        rows=_rows(store),
        journal_mb=journal_mb,
        history_mb=0.0,
        rows_a_second=read_rows / seconds,
        events_a_second=read / seconds,
    )
    store.close()
    size = sum(path.stat().st_size for path in home.glob("history.duckdb*")) / 1e6
    return Seeded(**{**vars(result), "history_mb": size})


def new_run(home: Path, shape: Shape, seed: int) -> RunFolder:
    """A run of that shape on disk, its journal complete."""
    config = RunConfig(name=f"{shape.name}, seed {seed}", training=TrainingConfig(epochs=100, patience=100))
    run = RunFolder.create(home, config, task_set(shape))
    lines = b"".join(map(e.to_line, Story(run.run_id, shape, seed).events()))
    run.journal.write_bytes(lines)
    return run


def task_set(shape: Shape) -> TaskSet:
    """Tasks of every split that the shape has."""
    splits: list[Split] = ["train"] * shape.train + ["val"] * shape.val + ["test"] * shape.test
    tasks = tuple(
        Task(
            id=f"{split}-{number:04d}",
            question=f"How much is {number} and {number}?",
            answer=str(2 * number),
            split=split,
        )
        for number, split in enumerate(splits)
    )
    return TaskSet(id="sums", name="Sums of many kinds", tasks=tasks)


class Story:
    """The events of one run, drawn from a seed: some candidates are kept, and tasks differ in how hard they are."""

    def __init__(self, run_id: str, shape: Shape, seed: int) -> None:
        self._run_id = run_id
        self._shape = shape
        self._chance = random.Random(seed)
        self._at = time.time() - 86_400.0
        self._tasks = task_set(shape)
        self._hard = {task.id: self._chance.random() for task in self._tasks.each()}
        self._code = " ".join(self._chance.choices(WORDS, k=40))

    def events(self) -> Iterator[e.Event]:
        """From the trainer's start to the run's end."""
        shape = self._shape
        yield e.RunStarted(
            at=self._tick(), run_id=self._run_id, resumed=False, pid=1, train_tasks=shape.train, val_tasks=shape.val,
            test_tasks=shape.test, level="namespaces", environment={"python": "3.11"},
        )  # fmt: skip
        accepted, accepted_evaluation, epoch, row = FunctionSet(), 0, 0, 0
        baseline = yield from self._measured(0, None, accepted, 0.35)
        yield from self._measured(0, None, accepted, 0.35, series="again-1")
        yield from self._validated(0, None, accepted, 0.35)
        best, skill = baseline, 0.35
        yield self._verdict(None, 0, "baseline", 0, 0, best, None)
        for step in range(1, shape.steps + 1):
            action = self._action(accepted)
            yield from self._proposed(step, accepted_evaluation, action)
            candidate = accepted.including(action.function)
            tried = skill + self._chance.uniform(-0.05, 0.045)
            if shape.under_way and step == shape.steps:
                yield from self._measured(step, step, candidate, tried, until=shape.train // 3)
                return
            if step % 10 == 0:
                yield from self._reviewed(step, "before", None)
            result = yield from self._measured(step, step, candidate, tried)
            yield from self._validated(step, step, candidate, tried)
            if result.correct > best.correct:
                accepted, accepted_evaluation, best, skill, epoch, row = candidate, step, result, tried, epoch + 1, 0
                yield self._verdict(step, step, "kept", epoch, 0, best, result)
            else:
                row += 1
                yield self._verdict(step, step, "rolled_back", epoch, row, best, result)
        yield from self._opened(shape.steps + 1, accepted, skill)
        yield e.RunFinished(
            at=self._tick(), stop="max_evaluations", reason="all evaluations are spent",
            best_evaluation=accepted_evaluation, functions=accepted, baseline=baseline, best=best, usage=Usage(),
            wall_s=3_600.0,
        )  # fmt: skip

    def _tick(self) -> float:
        self._at += 0.05
        return self._at

    def _say(self, words: int) -> str:
        return " ".join(self._chance.choices(WORDS, k=words))

    def _action(self, accepted: FunctionSet) -> AddFunction | ReviseFunction:
        if len(accepted) >= 8 or (len(accepted) and self._chance.random() < 0.5):
            name = self._chance.choice(accepted.names)
            return ReviseFunction(function=self._function(name))
        return AddFunction(function=self._function(f"solve_{len(accepted)}"))

    def _function(self, name: str) -> Function:
        body = "".join(f"    # {self._say(9)}\n    x = x + {self._chance.random()}\n" for _ in range(14))
        return Function(
            name=name,
            description=self._say(20),
            parameters={"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
            code=f"def {name}(x):\n{body}    return x\n",
        )

    def _proposed(self, step: int, base: int, action: Action) -> Iterator[e.Event]:
        yield e.StepStarted(at=self._tick(), step=step, accepted_evaluation=base, prompt_tokens=9_000)
        yield self._request("optimizer", step=step)
        if step % 7 == 0:
            refusal = Refusal(
                op="add_function", name="bad name", code="name", reason="Not a legal name.", attempt=1, proposal="{}"
            )
            yield e.ProposalRefused(at=self._tick(), step=step, refusal=refusal)
        update = Update(actions=(action,), rationale=self._say(60))
        yield e.UpdateProposed(at=self._tick(), step=step, update=update, seconds=3.0)

    def _reviewed(self, step: int, when: str, evaluation: int | None) -> Iterator[e.Event]:
        finding = Finding(kind="long_code", function="solve_0", text="The code is long.")
        yield e.ReviewRequested(at=self._tick(), step=step, when=when, evaluation=evaluation, findings=(finding,))
        yield e.ReviewDecided(
            at=self._tick(), step=step, when=when, command_id=f"c{step}", by="Ada", choice="approve", reason="sound"
        )

    def _measured(
        self, evaluation: int, step: int | None, functions: FunctionSet, skill: float, split: Split = "train",
        series: str = "", until: int | None = None,
    ) -> Iterator[e.Event]:  # fmt: skip
        """An evaluation on one split; with `until` only so many of its rollouts. Returns its result."""
        tasks = self._tasks.of(split)
        place = {"evaluation": evaluation, "split": split, "series": series}
        yield e.EvaluationStarted(at=self._tick(), step=step, functions=functions, n=len(tasks), **place)
        correct = faults = 0
        for task in tasks[:until]:
            yield self._request("agent", evaluation=evaluation, task_id=task.id)
            yield self._request("agent", evaluation=evaluation, task_id=task.id)
            rollout = self.rollout(task, functions, skill)
            correct, faults = correct + rollout.correct, faults + rollout.is_fault
            yield e.RolloutFinished(at=self._tick(), functions_digest=functions.digest, rollout=rollout, **place)
        result = Proportion(correct=correct, n=len(tasks) - faults, faults=faults)
        if until is None:
            yield e.EvaluationFinished(
                at=self._tick(), functions_digest=functions.digest, result=result, wall_s=60.0, **place
            )
        return result

    def _validated(self, evaluation: int, step: int | None, functions: FunctionSet, skill: float) -> Iterator[e.Event]:
        if self._shape.val:
            yield from self._measured(evaluation, step, functions, skill, split="val")

    def _opened(self, evaluation: int, chosen: FunctionSet, skill: float) -> Iterator[e.Event]:
        """The end of a run with a test split: both sets are run on it."""
        results = []
        for number, (subject, functions, chance) in enumerate(
            [("baseline", FunctionSet(), 0.35), ("chosen", chosen, skill)]
        ):
            yield e.SplitOpened(
                at=self._tick(), evaluation=evaluation + number, subject=subject, functions_digest=functions.digest,
                n=self._shape.test,
            )  # fmt: skip
            results.append((yield from self._measured(evaluation + number, None, functions, chance, split="test")))
        yield e.HeldOutMeasured(
            at=self._tick(), baseline=results[0], chosen=results[1], p_value=0.04, candidates=self._shape.steps
        )

    def _request(self, role: str, **purpose: object) -> e.RequestFinished:
        return e.RequestFinished(
            at=self._tick(), purpose=Purpose(role=role, **purpose), model=MODEL, usage=PRICE, ms=700.0, attempts=1
        )

    def _verdict(
        self, step: int | None, evaluation: int, verdict: e.VerdictKind, epoch: int, row: int, best: Proportion,
        candidate: Proportion | None,
    ) -> e.VerdictReached:  # fmt: skip
        return e.VerdictReached(
            at=self._tick(), step=step, evaluation=evaluation, verdict=verdict, reason="by the count of solved tasks",
            epoch=epoch, withdrawn_in_a_row=row, best=best, candidate=candidate,
        )  # fmt: skip

    def rollout(self, task: Task, functions: FunctionSet, skill: float) -> Rollout:
        """How one task went; the better the skill, the more of the hard ones are solved."""
        draw = self._chance.random
        if draw() < 0.002:
            return Rollout(task_id=task.id, ended="fault", note="the endpoint was down", usage=PRICE, seconds=2.0)
        correct = self._hard[task.id] < skill + 0.25 * (draw() - 0.5)
        given = task.answer if correct else str(round(100 * draw()))
        calls = tuple(
            self._call(functions.names[number % len(functions)], given) for number in range(len(functions) and 2)
        )
        said = tuple(Message(role="assistant", content=f"{self._say(45)} {draw()}") for _ in range(2))
        heard = tuple(Message(role="tool", content=given, tool_call_id=call.call_id) for call in calls)
        return Rollout(
            task_id=task.id,
            messages=(
                Message(role="system", content=self._code),
                Message(role="user", content=task.question),
                said[0],
                *heard,
                said[1],
            ),
            calls=calls,
            answer=Answer(text=given, source="tool"),
            usage=Usage(requests=2, prompt_tokens=1_800, completion_tokens=240, cost_usd=0.0008),
            seconds=2.5 + draw(),
            score=Score(
                correct=correct, method="numeric", extracted=given, rule="tool",
                reason=f"{given} {'is' if correct else 'is not'} the gold answer {task.answer}.", ms=0.1,
            ),
        )  # fmt: skip

    def _call(self, tool: str, value: str) -> ToolUse:
        ok = self._chance.random() < 0.95
        error = None if ok else ExecutionError(type="ValueError", message="math domain error", line=3)
        result = ExecutionResult(ok=ok, value=value if ok else None, error=error, ms=4.0, level="namespaces")
        return ToolUse(call_id=f"call-{tool}", tool=tool, arguments={"x": value}, result=result)


def rollout_of(shape: Shape, seed: int, functions: FunctionSet, number: int) -> Rollout:
    """A rollout of the shape's training task of that number, for whoever goes on with a run under way."""
    story = Story("", shape, seed)
    return story.rollout(task_set(shape).of("train")[number], functions, 0.5)


def _copy(store: HistoryStore, original: RunFolder, number: int) -> None:
    """The same run under another id: every row once more, the journal as a second name of the same file."""
    copy = original.path.with_name(f"{original.run_id[:-5]}-{number:04x}")
    copy.mkdir()
    for file in original.path.iterdir():
        os.link(file, copy / file.name)
    with store.transaction() as cursor:
        for table in TABLES:
            cursor.execute(
                f"INSERT INTO {table} SELECT * REPLACE ($copy AS run_id) FROM {table} WHERE run_id = $original",
                {"copy": copy.name, "original": original.run_id},
            )


def _rows(store: HistoryStore) -> int:
    return sum(store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES)


def _rollouts_of(store: HistoryStore, run: RunFolder) -> int:
    sql = "SELECT count(*) AS n FROM rollouts WHERE run_id = $run_id"
    return int(store.rows(sql, run_id=run.run_id)[0]["n"])
