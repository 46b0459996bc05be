"""A world in which functions are used, help and harm, for the tests of their health."""

from __future__ import annotations

from agentopt_core.config import HealthConfig
from agentopt_core.errors import InfrastructureFault
from agentopt_core.events import EvaluationFinished, EvaluationStarted, RolloutFinished
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, ExecutionResult, Rollout, ToolUse
from agentopt_core.testing import ListSink
from agentopt_core.training.credit import Credits
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.review_desk import ReviewDesk
from tests.builders import rollout, tasks

TASKS = tasks(6)
USERS = {"helper": ("t1", "t2", "t3"), "harmful": ("t4", "t5", "t6"), "failing": ("t6",), "idle": ()}
"""Function -> the tasks in which the agent calls it where it has it."""


def use(name: str, ok: bool = True) -> ToolUse:
    return ToolUse(call_id="1", tool=name, arguments={"x": 1}, result=ExecutionResult(ok=ok))


def played(task_id: str, functions: FunctionSet) -> Rollout:
    """Solved with `helper`, failed with `harmful`; what no function touches is solved from t4 on."""
    called = [name for name in functions.names if task_id in USERS.get(name, ())]
    solved = "harmful" not in called and ("helper" in called or task_id > "t3")
    calls = tuple(use(name, ok=name != "failing") for name in called)
    return rollout(task_id, solved).with_(calls=calls)


def evaluated(functions: FunctionSet, index: int = 1) -> Evaluation:
    rollouts = tuple(played(task.id, functions) for task in TASKS)
    return Evaluation(index=index, functions=functions, split="train", rollouts=rollouts)


class World:
    """Measures sets by `played`; `broken` names the series that the infrastructure spoils."""

    def __init__(self, sink: ListSink, broken: tuple[str, ...] = ()) -> None:
        self._sink = sink
        self._broken = broken
        self.measured: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        """Series, names of the set and ids of the tasks of each measurement."""

    async def measure(self, index, step, functions, tasks, split, recorded, series=""):
        if series in self._broken:
            raise InfrastructureFault("the endpoint is down")
        self.measured.append((series, functions.names, tuple(task.id for task in tasks)))
        place = {"evaluation": index, "split": split, "series": series}
        self._sink.emit(EvaluationStarted(**place, step=step, functions=functions, n=len(tasks)))
        rollouts = tuple(played(task.id, functions) for task in tasks)
        for each in rollouts:
            self._sink.emit(RolloutFinished(**place, functions_digest=functions.digest, rollout=each))
        result = Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)
        self._sink.emit(
            EvaluationFinished(**place, functions_digest=functions.digest, result=result.result, wall_s=0.0)
        )
        return result


class Clinic:
    """Credits with their parts at hand."""

    def __init__(self, recorded: Recorded | None = None, broken: tuple[str, ...] = (), **config: object) -> None:
        self.sink = ListSink()
        self.world = World(self.sink, broken)
        self.desk = ReviewDesk(self.sink)
        self.config = HealthConfig(**config)
        self.credits = Credits(
            evaluator=self.world,
            tasks=TASKS,
            config=self.config,
            sink=self.sink,
            recorded=recorded or Recorded(),
            desk=self.desk,
        )

    @property
    def found(self):
        return {event.function: event for event in self.sink.events if event.kind == "credit_measured"}
