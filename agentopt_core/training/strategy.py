"""What a step works from: the parts of training that `optimizer.strategy` decides."""

from __future__ import annotations

from agentopt_core.config import RunConfig
from agentopt_core.optimizer import AgentOptimizer
from agentopt_core.optimizer.choosing import SolvedElsewhere
from agentopt_core.optimizer.divided import DividedOptimizer
from agentopt_core.seams import ChatModel, EventSink, Sandbox
from agentopt_core.tasks import Task
from agentopt_core.training.batches import Batches
from agentopt_core.training.trainer import Optimizer


def batches_of(config: RunConfig, tasks: tuple[Task, ...]) -> Batches:
    """The training tasks of each step: all, or by `batch` a part."""
    size = config.optimizer.batch_size if config.optimizer.strategy == "batch" else None
    return Batches(tasks, size, config.seed)


def open_optimizer(
    config: RunConfig, model: ChatModel, sandbox: Sandbox, sink: EventSink, elsewhere: SolvedElsewhere, spare: int = 0
) -> Optimizer:
    """The optimizer: one that reads all histories of a step, or by `divide_and_merge` one that reads them in parts.

    `spare`: tokens of the prompt's budget that are left free.
    Raises: ConfigError when the prompt texts alone do not fit the budget.
    """
    optimizer = AgentOptimizer(
        model,
        sandbox,
        config.optimizer.with_(prompt_tokens=config.optimizer.prompt_tokens - spare),
        config.prompts,
        sink,
        config.sandbox.packages,
        max_functions=config.health.max_functions,
        elsewhere=elsewhere,
    )
    if config.optimizer.strategy == "divide_and_merge":
        return DividedOptimizer(optimizer, config.optimizer.batch_size, sink)
    return optimizer
