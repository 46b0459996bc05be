"""A Workbench that answers from memory: the same methods and views as the real one, and it keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

from agentopt_core.actions import Refusal
from agentopt_core.config import Endpoint, RunConfig, TrainingConfig
from agentopt_core.errors import NotFound
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.blame import blame
from agentopt_core.importing import Draft, Profile, SplitPlan
from agentopt_core.importing.splits import assign
from agentopt_core.importing.survey import Survey, facts_of
from agentopt_core.rollouts import Isolation, Proportion, Usage
from agentopt_core.sandbox import require
from agentopt_core.tasks import Attachment, Task, TaskSet
from agentopt_core.views import (
    ActionView,
    Blame,
    Check,
    CurvePoint,
    EventLine,
    Forecast,
    FunctionEvidence,
    FunctionVersion,
    LineageNode,
    Opening,
    Pace,
    Progress,
    RunSummary,
    Signs,
    TaskMatrix,
    TaskSetSummary,
    UpdateView,
)
from agentopt_core.views.reviews import DecisionView

NOW = 1_790_000_000.0
N = 40

FIRST = '''def column_sum(table, column):
    """Add up one column of a table."""
    header, *rows = [line.split("|") for line in table.splitlines()]
    index = header.index(column)
    return sum(float(row[index]) for row in rows)
'''
SECOND = '''def column_sum(table, column):
    """Add up one column of a table; empty cells and thousands separators are allowed."""
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if line]
    index = header.index(column)
    cells = (row[index].replace(",", "") for row in rows)
    return sum(float(cell) for cell in cells if cell)
'''
SCHEMA = {
    "type": "object",
    "properties": {"table": {"type": "string"}, "column": {"type": "string"}},
    "required": ["table", "column"],
}


def function(
    code: str = FIRST, description: str = "Adds up a column of a table.", name: str = "column_sum"
) -> Function:
    return Function(name=name, description=description, parameters=SCHEMA, code=code)


def tasks(identifier: str = "tables", count: int = N, question: str = "What is the sum of column {i}?") -> TaskSet:
    return TaskSet(
        id=identifier,
        name=identifier.capitalize(),
        description="Questions about small tables.",
        tasks=tuple(Task(id=f"t{i}", question=question.replace("{i}", str(i)), answer=str(i)) for i in range(count)),
    )


def usage(requests: int, known: bool = True) -> Usage:
    price = requests * 0.0004 if known else None
    return Usage(requests=requests, prompt_tokens=requests * 610, completion_tokens=requests * 80, cost_usd=price)


def share(correct: int) -> Proportion:
    return Proportion(correct=correct, n=N)


VERDICTS = (
    (14, "baseline", "The agent without functions."),
    (23, "kept", "23 of 40 beats 14 of 40."),
    (20, "rolled_back", "20 of 40 does not beat 23 of 40."),
    (37, "kept", "37 of 40 beats 23 of 40."),
)


@dataclass
class FakeRun:
    summary: RunSummary
    config: RunConfig = field(default_factory=RunConfig)
    progress: Progress | None = None
    curve: tuple[CurvePoint, ...] = ()
    updates: tuple[UpdateView, ...] = ()
    versions: tuple[FunctionVersion, ...] = ()
    accepted: FunctionSet = field(default_factory=FunctionSet)
    events: tuple[EventLine, ...] = ()
    signs: Signs = field(default_factory=Signs)


def summary(run_id: str = "run-1", status: str = "finished", **changes: object) -> RunSummary:
    fields = {
        "run_id": run_id,
        "name": "Tables, quick",
        "status": status,
        "status_reason": "",
        "task_set": "Tables",
        "train_tasks": N,
        "agent_model": "demo",
        "optimizer_model": "demo",
        "is_demo": True,
        "level": "limits",
        "isolation": "",
        "created_at": NOW,
        "updated_at": NOW + 60,
        "baseline": share(14),
        "best": share(37),
        "best_evaluation": 3,
        "evaluations": 4,
        "epoch": 2,
        "max_epochs": 10,
        "withdrawn_in_a_row": 0,
        "patience": 10,
        "usage": usage(300),
        "functions": 2,
        "stop_reason": "perfect" if status == "finished" else "",
        **changes,
    }
    return RunSummary.model_validate(fields)


def curve(length: int = 4) -> tuple[CurvePoint, ...]:
    points, best, epoch = [], share(0), 0
    for number, (correct, verdict, reason) in enumerate(VERDICTS[:length]):
        if verdict in ("baseline", "kept"):
            best, epoch = share(correct), epoch + (verdict == "kept")
        points.append(
            CurvePoint(
                evaluation=number,
                epoch=epoch,
                step=number or None,
                split="train",
                result=share(correct),
                verdict=verdict,
                reason=reason,
                best=best,
                functions=("column_sum",) if number else (),
                usage=usage(80 * number),
                at=NOW + number,
            )
        )
    return tuple(points)


def trained(run_id: str = "run-1", status: str = "finished", **changes: object) -> FakeRun:
    """A run with a kept, a rolled back, a refused and a revised function."""
    first, second = function(), function(SECOND, "Adds up a column; blanks are allowed.")
    guess = function("def guess():\n    return 42\n", "Guesses.", "guess")
    refusal = Refusal(
        op="add_function",
        name="broken",
        code="syntax_error",
        reason="Line 1 does not parse.",
        attempt=1,
        proposal="def broken(:",
    )
    made = (
        (1, "kept", ActionView(op="add", name="column_sum", before=None, after=first), ("t1", "t2"), ()),
        (2, "rolled_back", ActionView(op="add", name="guess", before=None, after=guess), (), ("t1", "t2", "t3")),
        (3, "kept", ActionView(op="revise", name="column_sum", before=first, after=second), ("t4", "t5"), ("t6",)),
    )
    updates = tuple(
        UpdateView(
            step=step,
            evaluation=step,
            verdict=verdict,
            reason=VERDICTS[step][2],
            actions=(action,),
            refusals=(refusal,) if step == 3 else (),
            rationale="The failures show sums that went wrong.",
            base=share(14),
            candidate=share(VERDICTS[step][0]),
            fixed=fixed,
            broken=broken,
            at=NOW + step,
        )
        for step, verdict, action, fixed, broken in made
    )
    versions = (
        FunctionVersion(
            name="column_sum", version=1, op="add", status="kept", step=1, evaluation=1, function=first,
            reason=VERDICTS[1][2], calls=31, succeeded=22,
        ),
        FunctionVersion(
            name="guess", version=1, op="add", status="rolled_back", step=2, evaluation=2, function=guess,
            reason=VERDICTS[2][2], calls=9, succeeded=9,
        ),
        FunctionVersion(
            name="broken", version=0, op="add", status="refused", step=3, evaluation=None, function=None,
            reason="Line 1 does not parse.",
        ),
        FunctionVersion(
            name="column_sum", version=2, op="revise", status="kept", step=3, evaluation=3, function=second,
            reason=VERDICTS[3][2], calls=38, succeeded=38,
        ),
    )  # fmt: skip
    events = (
        EventLine(offset=0, at=NOW, kind="run_started", text="The trainer began with 40 tasks."),
        EventLine(offset=90, at=NOW + 2, kind="verdict_reached", text="Update 1 was kept.", severity="good"),
        EventLine(offset=180, at=NOW + 3, kind="warned", text="The endpoint was slow.", severity="warning"),
    )
    return FakeRun(
        summary=summary(run_id, status, **changes),
        curve=curve(),
        updates=updates,
        versions=versions,
        accepted=FunctionSet(functions=(second,)),
        events=events,
    )


def profile_of_tasks(tasks: Iterable[Task]) -> Profile:
    survey = Survey()
    for task in tasks:
        survey.add(task)
    return survey.profile()


class FakeWorkbench:
    """Keeps runs and task sets in lists; `asked` holds every command in order."""

    isolation = Isolation(level="landlock", lacking={"namespaces": "bubblewrap is not installed."})
    history_problem: str | None = None

    def require_sandbox(self, config: RunConfig) -> None:
        require(self.isolation, config.sandbox.minimum, root=False)

    def __init__(self, runs: tuple[FakeRun, ...] = (), own: tuple[TaskSet, ...] = (), endpoint: Endpoint | None = None):
        self.all_runs = {run.summary.run_id: run for run in runs}
        self.samples = {"tables": tasks()}
        self.own = {task_set.id: task_set for task_set in own}
        self.asked: list[tuple[str, ...]] = []
        self.started: list[tuple[RunConfig, str]] = []
        self.endpoint = endpoint or Endpoint()
        self.draft: Draft | None = None
        self.files: dict[str, bytes] = {}
        self.openings: list[Opening] = []

    def close(self) -> None:
        self.asked.append(("close",))

    def task_sets(self) -> list[TaskSetSummary]:
        return [
            TaskSetSummary(
                id=one.id, name=one.name, description=one.description, is_sample=one.id in self.samples,
                tasks=len(one), scorable=len(one), splits={"train": len(one)},
            )
            for one in (*self.samples.values(), *self.own.values())
        ]  # fmt: skip

    def task_set(self, taskset_id: str) -> TaskSet:
        try:
            return {**self.samples, **self.own}[taskset_id]
        except KeyError:
            raise NotFound(f"There is no task set '{taskset_id}'.", "Choose one on the Tasks page.") from None

    def task_page(self, taskset_id: str, offset: int, limit: int) -> list[Task]:
        return list(self.task_set(taskset_id).tasks[offset : offset + limit])

    def task_profile(self, taskset_id: str) -> Profile:
        return profile_of_tasks(self.task_set(taskset_id).tasks)

    def attachment(self, source: str | Draft, attachment: Attachment) -> bytes:
        return self.files[attachment.path]

    def formats(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(name=name, title=name.upper(), sentence="Question and answer.")
            for name in ("gsm8k", "table")
        ]

    def read_upload(
        self,
        files: Sequence[tuple[str, BinaryIO]],
        *,
        format: str | None = None,
        mapping: Mapping[str, str] | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Draft:
        names = ", ".join(name for name, _ in files)
        self.asked.append(("read_upload", names, format or "", str(sorted((mapping or {}).items()))))
        if progress:
            progress(1, 2)
        assert self.draft is not None
        return self.draft

    def draft_tasks(self, draft: Draft, offset: int, limit: int) -> list[Task]:
        return list(draft.preview[offset : offset + limit])

    def split_preview(self, source: str | Draft, plan: SplitPlan) -> Profile:
        tasks = self.task_set(source).tasks if isinstance(source, str) else source.preview
        splits = assign([facts_of(task) for task in tasks], plan)
        return profile_of_tasks(task.with_(split=split) for task, split in zip(tasks, splits, strict=True))

    def save_task_set(self, draft: Draft, name: str, plan: SplitPlan | None = None) -> str:
        self.asked.append(("save_task_set", name, str(plan)))
        self.own["own"] = TaskSet(id="own", name=name, tasks=draft.preview)
        return "own"

    def looks_at_test(self, run_id: str) -> list[Opening]:
        return []

    def test_openings(self, taskset_id: str) -> list[Opening]:
        return self.openings

    def discard_draft(self, draft: Draft) -> None:
        self.asked.append(("discard_draft", draft.name))

    def resplit(self, taskset_id: str, plan: SplitPlan, name: str) -> str:
        self.asked.append(("resplit", taskset_id, str(plan)))
        self.own["again"] = self.task_set(taskset_id).with_(id="again", name=name)
        return "again"

    def delete_task_set(self, taskset_id: str) -> None:
        del self.own[taskset_id]

    def presets(self) -> dict[str, SimpleNamespace]:
        quick = RunConfig(training=TrainingConfig(epochs=4, patience=3))
        return {
            "quick": SimpleNamespace(name="Quick", explanation="A first look: E = 4, C = 3.", config=quick),
            "paper": SimpleNamespace(name="Paper", explanation="As published: E = 10, C = 10.", config=RunConfig()),
        }

    def default_endpoint(self) -> Endpoint:
        return self.endpoint

    def forecast(self, config: RunConfig, taskset_id: str) -> Forecast:
        evaluations = config.training.epochs + 1
        return Forecast(
            train_tasks=N,
            evaluations_max=evaluations,
            rollouts_max=evaluations * N,
            requests_per_rollout="between 1 and 15 (the turn cap)",
            requests_min=N,
            requests_max=evaluations * N * 15,
        )

    def check_endpoint(self, endpoint: Endpoint) -> list[Check]:
        return [Check(name="Reachable", state="ok" if endpoint.is_demo else "failed", detail="", hint="Start it.")]

    def check_machine(self) -> list[Check]:
        return []

    def start(self, config: RunConfig, taskset_id: str, by: str) -> str:
        self.require_sandbox(config)
        self.started.append((config, taskset_id))
        run_id = f"run-{len(self.all_runs) + 1}"
        begun = summary(run_id, "running", best=share(14), best_evaluation=0, evaluations=1, epoch=0, functions=0)
        self.all_runs[run_id] = FakeRun(summary=begun, config=config, curve=curve(1))
        return run_id

    def command(self, run_id: str, kind: str, by: str) -> None:
        self.asked.append((kind, run_id, by))

    def resume(self, run_id: str, by: str) -> None:
        self.asked.append(("resume", run_id, by))

    def runs(self) -> list[RunSummary]:
        return [run.summary for run in reversed(self.all_runs.values())]

    def _of(self, run_id: str) -> FakeRun:
        try:
            return self.all_runs[run_id]
        except KeyError:
            raise NotFound(f"There is no run '{run_id}'.", "Choose one on the Overview page.") from None

    def run(self, run_id: str) -> RunSummary:
        return self._of(run_id).summary

    def config(self, run_id: str) -> RunConfig:
        return self._of(run_id).config

    def progress(self, run_id: str) -> Progress | None:
        return self._of(run_id).progress

    def curve(self, run_id: str) -> list[CurvePoint]:
        return list(self._of(run_id).curve)

    def updates(self, run_id: str) -> list[UpdateView]:
        return list(self._of(run_id).updates)

    def screening(self, run_id: str, step: int) -> None:
        return None

    def function_versions(self, run_id: str) -> list[FunctionVersion]:
        return list(self._of(run_id).versions)

    def accepted_functions(self, run_id: str) -> FunctionSet:
        return self._of(run_id).accepted

    def events(
        self, run_id: str, limit: int = 200, before: int | None = None, *, severities=None, kinds=None, text: str = ""
    ) -> list[EventLine]:
        return [
            line
            for line in self._of(run_id).events
            if (before is None or line.offset < before)
            and (severities is None or line.severity in severities)
            and (kinds is None or line.kind in kinds)
            and text.lower() in line.text.lower()
        ][:limit]

    def export_zip(self, run_id: str) -> bytes:
        return b"PK\x05\x06" + bytes(18)

    def export(self, run_id: str) -> Path:
        return Path("/somewhere/exports") / run_id

    # What the Functions page asks beside versions and updates.

    def lineage(self, run_id: str) -> list[LineageNode]:
        run = self._of(run_id)
        steps = {update.evaluation: update for update in run.updates}
        return [
            LineageNode(
                step=point.step or 0, evaluation=point.evaluation, parent=None if point.step is None else 0,
                verdict=point.verdict, reason=point.reason, result=point.result, functions=point.functions,
                changes=tuple(f"added {a.name}" for a in steps[point.evaluation].actions)
                if point.evaluation in steps else (),
            )
            for point in run.curve
        ]  # fmt: skip

    def task_matrix(self, run_id: str, split: str = "train", offset: int = 0, limit: int = 200) -> TaskMatrix:
        self._of(run_id)
        return TaskMatrix(
            split="train", columns=(), lines=(), offset=0, tasks=0, scored=0, ceiling=0, never=0, never_ids=()
        )

    def function_sets(self, run_id: str) -> dict[int, FunctionSet]:
        return {point.evaluation: self._of(run_id).accepted for point in self._of(run_id).curve}

    def function_evidence(self, run_id: str) -> list[FunctionEvidence]:
        return [
            FunctionEvidence(name=name, in_use=True, versions=1, calls=9, succeeded=8, tasks=4)
            for name in dict.fromkeys(version.name for version in self._of(run_id).versions)
        ]

    def blame(self, run_id: str, name: str, step: int) -> Blame:
        return next(
            blame(version, self._of(run_id).versions, self._of(run_id).updates)
            for version in self._of(run_id).versions
            if (version.name, version.step) == (name, step)
        )

    # What the Train page asks beside the curve.

    def signs(self, run_id: str) -> Signs:
        return self._of(run_id).signs

    def pace(self, run_id: str) -> Pace:
        return Pace(requests_per_min=84.0, tokens_per_min=57_000.0, seconds=60.0)

    def usage_by_role(self, run_id: str) -> dict[str, Usage]:
        return {"agent": self._of(run_id).summary.usage}

    def decisions(self, run_id: str) -> dict[int, DecisionView]:
        return {}

    def best_curves(self, run_ids: Sequence[str]) -> dict[str, list[float]]:
        return {run_id: [100 * (point.best.accuracy or 0.0) for point in self.curve(run_id)] for run_id in run_ids}

    def waiting_reviews(self) -> list[tuple[str, int]]:
        return []
