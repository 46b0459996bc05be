"""One run's settings, in training terms. Frozen, validated, one line and unit per field; stored with the run."""

from __future__ import annotations

from typing import Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from agentopt_core.config.agent import AgentConfig
from agentopt_core.config.approval import ApprovalConfig
from agentopt_core.config.evidence import EvidenceConfig
from agentopt_core.config.grading import GraderConfig
from agentopt_core.config.health import HealthConfig
from agentopt_core.config.limits import Budget, SandboxLimits
from agentopt_core.config.optimizer import OptimizerConfig
from agentopt_core.config.search import SearchConfig
from agentopt_core.config.training import TrainingConfig
from agentopt_core.errors import ConfigError
from agentopt_core.prompts import PromptBook, default_prompts
from agentopt_core.words import JsonObject, Word

LEAST_FOR_PROPOSALS = 2_500
"""Estimated tokens of a prompt that also tells several proposals of one step apart."""

AnyWord = TypeVar("AnyWord", bound=Word)


class RunConfig(Word):
    """Everything that decides a run, but for the tasks and the keys."""

    name: str = Field(default="", max_length=200)
    """What people call the run; the run id when empty."""
    agent: AgentConfig = AgentConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    training: TrainingConfig = TrainingConfig()
    search: SearchConfig = SearchConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    approval: ApprovalConfig = ApprovalConfig()
    budget: Budget = Budget()
    sandbox: SandboxLimits = SandboxLimits()
    grader: GraderConfig = GraderConfig()
    health: HealthConfig = HealthConfig()
    concurrency: int = Field(default=8, ge=1, le=512)
    """Rollouts in flight, at most."""
    seed: int = 0
    """For whatever is drawn; the demo model answers by it too."""
    prompts: PromptBook = Field(default_factory=default_prompts)

    @model_validator(mode="after")
    def _search_fits(self) -> Self:
        if self.search.proposals == 1:
            return self
        if self.optimizer.prompt_tokens < LEAST_FOR_PROPOSALS:
            raise ValueError(f"optimizer.prompt_tokens must be {LEAST_FOR_PROPOSALS:,} or more for several proposals")
        if self.approval.mode != "automatic" and self.approval.when == "before":
            raise ValueError(
                "approval.when is 'before', but the screening of several proposals runs each of them before anybody "
                "could see it: ask after the evaluation, or make one proposal a step"
            )
        return self

    @model_validator(mode="after")
    def _evidence_needs_the_validation_split(self) -> Self:
        if self.training.acceptance == "evidence":
            if self.training.validation == "off":
                raise ValueError("acceptance 'evidence' judges on the validation split: do not switch validation off")
            if not self.training.roll_back:
                raise ValueError("acceptance 'evidence' decides nothing without roll-back: switch roll-back on")
            if self.optimizer.strategy == "batch":
                raise ValueError(
                    "acceptance 'evidence' compares every candidate with one reference on the same training tasks, "
                    "which random batches do not have: choose the strategy 'full' or 'divide_and_merge'"
                )
        return self

    @property
    def is_demo(self) -> bool:
        """Any role is played by the demo model, so the numbers say nothing about a real model."""
        judge = self.grader.judge
        return self.agent.endpoint.is_demo or self.optimizer.endpoint.is_demo or (judge is not None and judge.is_demo)


def parse_config(data: JsonObject) -> RunConfig:
    """A configuration from JSON.

    Raises: ConfigError naming each field that is wrong and why.
    """
    return parse_word(RunConfig, data)


def parse_word(kind: type[AnyWord], data: JsonObject) -> AnyWord:
    """A configuration, or a part of one, from JSON.

    Raises: ConfigError naming each field that is wrong and why.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise ConfigError(f"The configuration cannot be used: {faults}.", "Correct these fields.") from error
