"""Small runs for the tests of the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from agentopt_core.actions import Action, AddFunction, Refusal, ReviseFunction, Update
from agentopt_core.chat import Purpose, Role
from agentopt_core.config import RunConfig
from agentopt_core.events import (
    CommandDeclined,
    CommandObeyed,
    CreditMeasured,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    FunctionsDropped,
    HeldOutMeasured,
    OptimizerAsked,
    ProposalRefused,
    RequestFinished,
    ReviewDecided,
    ReviewRequested,
    RolloutFinished,
    RunFinished,
    RunStarted,
    SplitOpened,
    StepStarted,
    TrialFinished,
    UpdateProposed,
    VerdictKind,
    VerdictReached,
    to_line,
)
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.schema import TABLES
from agentopt_core.history.store import HistoryStore, Row
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
from agentopt_core.seen import CauseCount, pack
from agentopt_core.tasks import Task, TaskSet

SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
DOUBLE = Function(name="double", description="Twice x", parameters=SCHEMA, code="def double(x):\n    return 2 * x\n")
BETTER = DOUBLE.with_(code="def double(x):\n    return x + x\n")
HALF = Function(name="half", description="x / 2", parameters=SCHEMA, code="def half(x):\n    return x / 2\n")
PRICE = Usage(requests=1, prompt_tokens=100, completion_tokens=10, cost_usd=0.001)


def task_set(n: int = 4) -> TaskSet:
    tasks = tuple(Task(id=f"t{i}", question=f"What is {i} + {i}?", answer=str(2 * i)) for i in range(n))
    return TaskSet(id="sums", name="Sums", tasks=tasks)


def new_run(home: Path, n: int = 4, **config: object) -> RunFolder:
    return RunFolder.create(home, RunConfig.model_validate(config), task_set(n))


def call(function: str, x: float, value: object = None, error: str = "") -> ToolUse:
    failure = ExecutionError(type="ValueError", message=error, line=2) if error else None
    result = ExecutionResult(ok=not error, value=value, error=failure, ms=1.5)
    return ToolUse(call_id=f"{function}-{x}", tool=function, arguments={"x": x}, result=result)


def rollout(task_id: str, correct: bool, calls: Iterable[ToolUse] = ()) -> Rollout:
    reason = "The answer is the gold answer." if correct else "The answer is not the gold answer."
    return Rollout(
        task_id=task_id,
        messages=(Message(role="user", content="What?"), Message(role="assistant", content="FINAL \u0000 \U0001f600")),
        calls=tuple(calls),
        answer=Answer(text="7", source="tool"),
        usage=PRICE,
        seconds=0.5,
        score=Score(correct=correct, method="exact", extracted="7", rule="tool", reason=reason),
    )


def fault(task_id: str) -> Rollout:
    return Rollout(task_id=task_id, ended="fault", note="the endpoint was down", usage=PRICE)


def request(role: Role = "agent", cost: float | None = 0.001, error: str = "") -> RequestFinished:
    usage = PRICE.with_(cost_usd=cost)
    return RequestFinished(purpose=Purpose(role=role), model="m", usage=usage, ms=9.0, attempts=1, error=error)


def began(run: RunFolder, resumed: bool = False, pid: int = 1) -> RunStarted:
    return RunStarted(
        run_id=run.run_id, resumed=resumed, pid=pid, train_tasks=4, level="limits", environment={"python": "3.11"}
    )


def measured(
    evaluation: int, step: int | None, functions: FunctionSet, rollouts: Sequence[Rollout], finished: bool = True
) -> list[Event]:
    """An evaluation from start to end; each rollout follows its request. The last rollout of a task counts."""
    begun = EvaluationStarted(evaluation=evaluation, step=step, functions=functions, split="train", n=4)
    events: list[Event] = [begun]
    for each in rollouts:
        events += [
            request(),
            RolloutFinished(evaluation=evaluation, functions_digest=functions.digest, rollout=each),
        ]
    if finished:
        events.append(
            EvaluationFinished(
                evaluation=evaluation,
                functions_digest=functions.digest,
                split="train",
                result=share(rollouts),
                wall_s=2.0,
            )
        )
    return events


def share(rollouts: Sequence[Rollout]) -> Proportion:
    last = {each.task_id: each for each in rollouts}.values()
    faults = sum(each.is_fault for each in last)
    return Proportion(correct=sum(each.correct for each in last), n=len(last) - faults, faults=faults)


def proposed(step: int, accepted: int, *actions: Action, refusals: tuple[Refusal, ...] = ()) -> list[Event]:
    update = Update(actions=actions, refusals=refusals, rationale=f"because of step {step}")
    return [
        StepStarted(step=step, accepted_evaluation=accepted, prompt_tokens=500),
        request("optimizer", cost=0.01),
        *[ProposalRefused(step=step, refusal=refusal) for refusal in refusals],
        UpdateProposed(step=step, update=update, seconds=1.0),
    ]


def decided(
    step: int | None, evaluation: int | None, verdict: VerdictKind, epoch: int, row: int, best: Proportion,
    candidate: Proportion | None = None,
) -> VerdictReached:  # fmt: skip
    return VerdictReached(
        step=step,
        evaluation=evaluation,
        verdict=verdict,
        reason=f"{verdict} it is",
        epoch=epoch,
        withdrawn_in_a_row=row,
        best=best,
        candidate=candidate,
    )


REFUSAL = Refusal(
    op="add_function", name="bad name", code="name", reason="Not a legal name.", attempt=1, proposal="{...}"
)
SEEN = CauseCount(cause="no_function", shown=1, of=1)
FINDING = Finding(kind="weak_evidence", text="p = 0.5")
NONE = FunctionSet()
WITH_DOUBLE = FunctionSet(functions=(DOUBLE,))
WITH_BOTH = FunctionSet(functions=(BETTER, HALF))
BASELINE = (rollout("t0", True), rollout("t1", False), fault("t2"), rollout("t3", False), rollout("t2", False))
BETTER_ROLLOUTS = (
    rollout("t0", True, [call("double", 0, 0)]),
    rollout("t1", True, [call("double", 1, 2), call("double", 3, 6)]),
    rollout("t2", True, [call("double", 2, error="odd"), call("python", 1, 4)]),
    rollout("t3", False),
)
WORSE_ROLLOUTS = (
    rollout("t0", False, [call("half", 0, 0.0)]),
    rollout("t1", True, [call("double", 1, 2)]),
    fault("t2"),
    rollout("t3", True),
)


def story(run: RunFolder) -> list[Event]:
    """Baseline 1 of 4; `double` is kept at 3 of 4; `double` revised and `half` is rolled back; an empty step; the end.

    On the way: a fault that was run again, a refused proposal, an unknown price, a pause, and a killed trainer whose
    successor reports the step at hand again.
    """
    baseline, better, worse = share(BASELINE), share(BETTER_ROLLOUTS), share(WORSE_ROLLOUTS)
    second = proposed(2, 1, ReviseFunction(function=BETTER), AddFunction(function=HALF))
    return [
        began(run),
        *measured(0, None, NONE, BASELINE),
        decided(None, 0, "baseline", 0, 0, baseline),
        *proposed(1, 0, AddFunction(function=DOUBLE), refusals=(REFUSAL,)),
        TrialFinished(
            step=1,
            series="try-1",
            evaluation=1,
            by="Ada",
            before=Proportion(correct=0, n=1),
            after=Proportion(correct=1, n=1),
            fixed=("t1",),
        ),
        *measured(1, 1, WITH_DOUBLE, BETTER_ROLLOUTS),
        ReviewRequested(step=1, when="after", evaluation=1, findings=(FINDING,), rule="kept", rule_reason="better"),
        ReviewDecided(step=1, when="after", command_id="c0", by="Ada", choice="approve", reason="sound"),
        CommandDeclined(command_id="c9", command="decide", by="Bob", step=1, reason="Ada has already decided it."),
        decided(1, 1, "kept", 1, 0, better, better),
        CommandObeyed(command_id="c1", command="pause", by="dashboard"),
        CommandObeyed(command_id="c2", command="resume", by="dashboard"),
        second[0],
        ProposalRefused(step=2, refusal=REFUSAL.with_(name="lost")),
        began(run, resumed=True, pid=2),
        *second,
        OptimizerAsked(step=2, request=1, tokens=500, budget=24_000, causes=(SEEN,), packed=pack("Take an action.")),
        *measured(2, 2, WITH_BOTH, WORSE_ROLLOUTS[:2], finished=False),
        began(run, resumed=True, pid=3),
        *measured(2, 2, WITH_BOTH, WORSE_ROLLOUTS[2:], finished=False),
        EvaluationFinished(evaluation=2, functions_digest=WITH_BOTH.digest, split="train", result=worse, wall_s=3.0),
        decided(2, 2, "rolled_back", 1, 1, better, worse),
        *proposed(3, 1),
        request(cost=None, error="too long"),
        decided(3, None, "unchanged", 1, 2, better),
        FunctionsDropped(evaluation=0, reasons={"old": "never called"}, functions=NONE),
        CreditMeasured(
            evaluation=1,
            function="double",
            function_digest=DOUBLE.digest,
            used=2,
            control=True,
            with_function=Proportion(correct=2, n=2),
            without=Proportion(correct=0, n=2),
            helped=("t1", "t2"),
            interval=(-0.1, 1.0),
            p_value=0.5,
        ),
        SplitOpened(evaluation=3, subject="baseline", functions_digest=NONE.digest, n=6),
        SplitOpened(evaluation=4, subject="chosen", functions_digest=WITH_DOUBLE.digest, n=6),
        HeldOutMeasured(
            baseline=Proportion(correct=1, n=6),
            chosen=Proportion(correct=4, n=6),
            fixed=("u1", "u2", "u3", "u4"),
            broken=("u5",),
            p_value=0.375,
            candidates=2,
        ),
        RunFinished(
            stop="patience",
            reason="patience is spent",
            best_evaluation=1,
            functions=WITH_DOUBLE,
            baseline=baseline,
            best=better,
            usage=Usage(),
            wall_s=10.0,
        ),
    ]


def write(run: RunFolder, events: Iterable[Event]) -> None:
    with run.journal.open("ab") as file:
        for event in events:
            file.write(to_line(event))


def finished_run(home: Path, **config: object) -> RunFolder:
    run = new_run(home, **config)
    write(run, story(run))
    return run


def history(home: Path) -> HistoryStore:
    store = HistoryStore(home, in_memory=True)
    Ingestor(store).catch_up()
    return store


def contents(store: HistoryStore) -> dict[str, list[Row]]:
    """All tables whole, rows in an order that depends on their content alone."""
    return {table: sorted(store.rows(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
