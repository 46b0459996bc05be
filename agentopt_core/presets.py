"""Configurations to start from, in training terms."""

from __future__ import annotations

from agentopt_core.config import AgentConfig, Endpoint, OptimizerConfig, RunConfig, TrainingConfig
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
            "E = 10 accepted epochs, C = 10, 3 actions a step, strict improvement (Algorithm 2); the baseline is "
            "measured once more to show the noise.",
            TrainingConfig(null_edits=1),
        ),
        "quick": preset(
            "Quick look",
            "E = 3, C = 2, 3 actions a step: shows within a few evaluations whether functions help at all; the "
            "baseline is measured once more to show the noise.",
            TrainingConfig(epochs=3, patience=2, null_edits=1),
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
