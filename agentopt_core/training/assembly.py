"""How the parts of a trainer process fit together: what a run's settings ask for, each part made once."""

from __future__ import annotations

from typing import NamedTuple

from agentopt_core.agents import make_agent
from agentopt_core.config import RunConfig
from agentopt_core.evaluation.evaluator import Evaluator
from agentopt_core.execution import LocalExecutor
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.llm import Models
from agentopt_core.seams import ChatModel, EventSink, Grader, Sandbox
from agentopt_core.tasks import Task
from agentopt_core.training.approval import Approval
from agentopt_core.training.beside import Beside
from agentopt_core.training.control import Control, follow
from agentopt_core.training.credit import Credits
from agentopt_core.training.evidence import evidence_rule
from agentopt_core.training.held_out import HeldOut
from agentopt_core.training.pruning import Pruner
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.review_desk import ReviewDesk
from agentopt_core.training.search import Search
from agentopt_core.training.shelf import SolvedBefore
from agentopt_core.training.strategy import batches_of, open_optimizer
from agentopt_core.training.trainer import Optimizer, Trainer


class Splits(NamedTuple):
    """The tasks that are run, by split."""

    train: tuple[Task, ...]
    validation: tuple[Task, ...]
    test: tuple[Task, ...]


class Parts(NamedTuple):
    """What a trainer process runs: training, what comes after it, and whoever listens to people meanwhile."""

    trainer: Trainer
    held_out: HeldOut
    credits: Credits
    control: Control


def assemble(
    *,
    config: RunConfig,
    folder: RunFolder,
    splits: Splits,
    models: Models,
    sandbox: Sandbox,
    grader: Grader,
    sink: EventSink,
    recorded: Recorded,
    solved: SolvedBefore,
) -> Parts:
    """The parts of a run. Raises: ConfigError or TaskSetError where its settings ask for what cannot be."""
    desk = ReviewDesk(sink, recorded.decided)
    control = Control(follow(folder.commands, recorded.answered), sink, desk)
    agent = make_agent(models.agent, sandbox, config.agent, config.prompts, folder.files)
    evaluator = Evaluator(LocalExecutor(agent, config.concurrency, control), grader, sink)
    packages = config.sandbox.packages
    approval = Approval(
        config=config.approval,
        desk=desk,
        sink=sink,
        recorded=recorded,
        sandbox=sandbox,
        packages=packages,
        tasks=splits.train,
        try_on=evaluator.try_on,
    )
    credits = Credits(
        evaluator=evaluator,
        tasks=splits.train,
        config=config.health,
        sink=sink,
        recorded=recorded,
        desk=desk,
    )
    rule = evidence_rule(config, evaluator, splits.train, splits.validation, recorded)
    batches = batches_of(config, splits.train)
    beside = Beside(
        evaluator=evaluator,
        tasks=batches.of(1),
        validation=() if rule else splits.validation,
        config=config.training,
        recorded=recorded,
        credits=credits,
    )

    def proposer(model: ChatModel, to: EventSink, spare: int) -> Optimizer:
        return open_optimizer(config, model, sandbox, to, solved.find, spare)

    search = Search(
        open_optimizer=proposer,
        model=models.optimizer,
        evaluator=evaluator,
        tasks=splits.train,
        config=config,
        sandbox=sandbox,
        sink=sink,
        recorded=recorded,
        next_evaluation=lambda: trainer.state.evaluations if trainer.state else 1,
    )
    trainer = Trainer(
        evaluator=evaluator,
        optimizer=Pruner(search, credits=credits, config=config.health, sink=sink, proposed=recorded.pruned),
        tasks=batches,
        config=config.training,
        sink=sink,
        control=control,
        recorded=recorded,
        approval=approval,
        beside=beside,
        rule=rule,
        packages=packages,
        initial=begun_with.functions if (begun_with := folder.initial()) else None,
    )
    held_out = HeldOut(
        evaluator=evaluator,
        tasks=splits.test,
        sink=sink,
        recorded=recorded,
        drop_unsuccessful=config.health.drop_unsuccessful,
        screened=lambda: search.dropped,
    )
    return Parts(trainer, held_out, credits, control)
