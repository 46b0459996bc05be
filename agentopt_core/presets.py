"""Configurations to start from, and what a configuration will take: in training terms, before a run starts."""

from __future__ import annotations

from agentopt_core.config import AgentConfig, Endpoint, OptimizerConfig, RunConfig, TrainingConfig
from agentopt_core.grading.judge import TRIES
from agentopt_core.views import Forecast
from agentopt_core.words import Word


class Preset(Word):
    """A named configuration and why one would take it."""

    name: str
    explanation: str
    config: RunConfig


def presets(endpoint: Endpoint) -> dict[str, Preset]:
    """The presets by key, each for the given endpoint in both roles."""

    def preset(name: str, explanation: str, training: TrainingConfig) -> Preset:
        config = RunConfig(
            agent=AgentConfig(endpoint=endpoint), optimizer=OptimizerConfig(endpoint=endpoint), training=training
        )
        return Preset(name=name, explanation=explanation, config=config)

    return {
        "paper": preset(
            "As in the paper",
            "E = 10 accepted epochs, C = 10, 3 actions a step, strict improvement (Algorithm 2).",
            TrainingConfig(),
        ),
        "quick": preset(
            "Quick look",
            "E = 3, C = 2: shows within a few evaluations whether the functions help at all.",
            TrainingConfig(epochs=3, patience=2),
        ),
        "authors": preset(
            "As the authors' code",
            "Like the paper, but a tie counts as progress. The curve moves more; part of it is chance.",
            TrainingConfig(acceptance="accept_ties"),
        ),
        "ablation": preset(
            "Ablation: neither roll-back nor early stop",
            "Every candidate is kept, better or not, for E = 10 epochs.",
            TrainingConfig(roll_back=False, early_stop=False),
        ),
    }


def forecast(
    config: RunConfig, train_tasks: int, judged: int = 0, test_tasks: int = 0, judged_test: int = 0
) -> Forecast:
    """Bounds of what a run takes.

    At least the baseline with one reply per task; at most the worst case of Algorithm 2, 1 + E x (C + 1)
    evaluations, with every rollout at its turn cap, every optimizer step with all its retries, and all answers to the
    `judged` training and `judged_test` test tasks judged at the second try. The test split is run once or twice:
    untrained, and with what was chosen.
    """
    evaluations = config.training.evaluations_limit
    rollouts = evaluations * train_tasks + 2 * test_tasks
    turns = config.agent.turn_cap
    step_requests = config.optimizer.max_actions * (1 + config.optimizer.retries)
    requests_max = (
        rollouts * turns + (evaluations - 1) * step_requests + (evaluations * judged + 2 * judged_test) * TRIES
    )
    requests_max = min(requests_max, config.budget.requests or requests_max)
    return Forecast(
        train_tasks=train_tasks,
        evaluations_max=evaluations,
        rollouts_max=rollouts,
        requests_per_rollout=f"between 1 and {turns} (the turn cap)",
        test_tasks=test_tasks,
        requests_min=min(train_tasks + test_tasks, requests_max),
        requests_max=requests_max,
    )
