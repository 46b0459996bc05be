"""Trains on a sample set with the demo model, through the real agent, optimizer, grader and trainer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agentopt_core.agents import FunctionCallingAgent
from agentopt_core.agents.files import TaskFiles
from agentopt_core.agents.questions import question_text
from agentopt_core.config import AgentConfig, Endpoint, OptimizerConfig, RunConfig, TrainingConfig
from agentopt_core.evaluation.evaluator import Evaluator
from agentopt_core.events import UpdateProposed, VerdictReached
from agentopt_core.execution import LocalExecutor
from agentopt_core.functions import FunctionSet
from agentopt_core.grading import StandardGrader
from agentopt_core.llm import open_models
from agentopt_core.optimizer import AgentOptimizer
from agentopt_core.tasks import Task
from agentopt_core.testing import InMemorySandbox, ListSink
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.state import TrainState
from agentopt_core.training.trainer import Trainer

SETS = ("number-and-algebra", "tables-and-business", "files-and-everyday")
FOLDER = Path(__file__).parents[2] / "sample_data"


@cache
def tasks_of(name: str) -> tuple[Task, ...]:
    lines = (FOLDER / name / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(Task.model_validate_json(line) for line in lines)


def text_of(task: Task) -> str:
    """The task as the agent's model reads it, its files included."""
    question = task.for_agent()
    if not question.attachments:
        return question_text(question)
    name = next(name for name in SETS if task in tasks_of(name))
    return question_text(question, asyncio.run(TaskFiles(FOLDER / name, Endpoint()).seen(question)))


@dataclass(frozen=True)
class Run:
    """A finished run."""

    state: TrainState
    verdicts: tuple[VerdictReached, ...]
    updates: tuple[UpdateProposed, ...]
    evaluations: int

    @property
    def initial(self) -> FunctionSet:
        """The set a run starts from."""
        return FunctionSet()

    @property
    def baseline(self) -> float:
        return self.verdicts[0].best.accuracy or 0.0

    @property
    def best(self) -> float:
        return self.state.best.accuracy

    @property
    def rolled_back(self) -> int:
        return sum(verdict.verdict == "rolled_back" for verdict in self.verdicts)

    @property
    def kept_revisions(self) -> int:
        kept = {verdict.step for verdict in self.verdicts if verdict.verdict == "kept"}
        return sum(action.op == "revise" for u in self.updates if u.step in kept for action in u.update.actions)


def train(name: str, seed: int, *, concurrency: int = 8, progressive: bool = True, **training: object) -> Run:
    """A whole run in this process."""
    return asyncio.run(_train(name, seed, concurrency, progressive, training))


async def _train(name: str, seed: int, concurrency: int, progressive: bool, training: dict[str, object]) -> Run:
    endpoint = Endpoint(demo_latency_ms=0)
    config = RunConfig(
        agent=AgentConfig(endpoint=endpoint),
        optimizer=OptimizerConfig(endpoint=endpoint, progressive=progressive),
        training=TrainingConfig.model_validate(training),
        concurrency=concurrency,
        seed=seed,
    )
    sink, sandbox = ListSink(), InMemorySandbox()
    models = open_models(config, sink, {})
    control = Control(lambda: [], sink)
    agent = FunctionCallingAgent(models.agent, sandbox, config.agent, config.prompts, files=FOLDER / name)
    trainer = Trainer(
        evaluator=Evaluator(LocalExecutor(agent, concurrency, control), StandardGrader(), sink),
        optimizer=AgentOptimizer(
            models.optimizer, sandbox, config.optimizer, config.prompts, sink, config.sandbox.packages
        ),
        tasks=tuple(task for task in tasks_of(name) if task.split == "train"),
        config=config.training,
        sink=sink,
        control=control,
        recorded=Recorded(),
    )
    state = (await trainer.train()).state
    await models.close()
    return Run(
        state=state,
        verdicts=tuple(event for event in sink.events if isinstance(event, VerdictReached)),
        updates=tuple(event for event in sink.events if isinstance(event, UpdateProposed)),
        evaluations=sum(event.kind == "evaluation_finished" for event in sink.events),
    )
