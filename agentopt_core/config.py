"""One run's settings, in training terms. Frozen, validated, one line and unit per field; stored with the run."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from agentopt_core.errors import ConfigError
from agentopt_core.prompts import PromptBook, default_prompts
from agentopt_core.reviews import Choice, ReviewTime
from agentopt_core.rollouts import SandboxLevel
from agentopt_core.words import JsonObject, Word

DEMO_MODEL = "demo"
"""Name of the offline demo model."""
USUAL_MODEL = "gpt-4o-mini"
"""What forms and checks fill in for the OpenAI API where nobody named a model."""
DEMO_LABEL = "Demo model (scripted, offline): shows how the app works; its numbers say nothing about a real model."

AnyWord = TypeVar("AnyWord", bound=Word)

Acceptance = Literal["strict", "accept_ties"]
GraderKind = Literal[
    "auto", "exact", "text", "numeric", "choice", "math", "gaia", "tabmwp", "regex", "python", "judge"
]  # fmt: skip


class Endpoint(Word):
    """Where a role's model answers. It names the variable that holds the key, never the key."""

    model_config = ConfigDict(allow_inf_nan=False)
    kind: Literal["demo", "openai"] = "demo"
    """`demo`: the offline demo model; `openai`: any OpenAI-compatible endpoint."""
    model: str = DEMO_MODEL
    base_url: str | None = None
    """None: the openai client's own default."""
    api_key_env: str = Field(default="OPENAI_API_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    """Environment variable that holds the key; endpoints without keys need none."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds one attempt of a request may take."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """None leaves it to the endpoint."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens per reply; None leaves it to the endpoint."""
    vision: bool = False
    """The model takes images. Without it, tasks that need one shown are skipped and counted."""
    demo_latency_ms: float = Field(default=20.0, ge=0)
    """Demo model only: time one reply takes, in milliseconds."""

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, base_url: str | None) -> str | None:
        # A configuration is stored with its run, so whatever could be a key is refused before it gets here.
        if base_url and ("@" in base_url.partition("://")[2].partition("/")[0] or "?" in base_url or "#" in base_url):
            raise ValueError(
                "an address without user name, password and query: they would be stored with the run; put the key "
                "into an environment variable and name that variable"
            )
        return base_url

    @property
    def is_demo(self) -> bool:
        """The offline demo model answers."""
        return self.kind == "demo"


class AgentConfig(Word):
    """The paper's GPT-4+ agent."""

    endpoint: Endpoint = Endpoint()
    turn_cap: int = Field(default=15, ge=1, le=200)
    """Model replies per rollout (the authors' code: MATH 15, GAIA 20, TabMWP 12)."""
    tool_output_tokens: int = Field(default=5000, ge=50)
    """Estimated tokens of one tool output that reach the model; the middle is cut."""
    failed_calls_limit: int = Field(default=3, ge=1)
    """After so many failed calls of one function the agent is told to go on without it."""
    calls_per_rollout: int = Field(default=200, ge=1, le=100_000)
    """Calls of functions and of `python` that one rollout may make; further ones are declined."""


class OptimizerConfig(Word):
    """The AgentOptimizer (Algorithm 1)."""

    endpoint: Endpoint = Endpoint()
    max_actions: int = Field(default=3, ge=1, le=20)
    """Actions per step, at most (the paper: 3)."""
    retries: int = Field(default=3, ge=0, le=10)
    """Tries after an invalid proposal, in the same conversation."""
    prompt_tokens: int = Field(default=24_000, ge=2_000)
    """Hard budget of the optimizer's prompt, in estimated tokens."""
    progressive: bool = True
    """Progressive update; without it each step returns a whole new set (the paper's ablation)."""


class TrainingConfig(Word):
    """Algorithm 2."""

    epochs: int = Field(default=10, ge=1, le=1000)
    """E: accepted epochs, at most."""
    patience: int = Field(default=10, ge=0, le=1000)
    """C: the run stops after more than C withdrawn candidates in a row."""
    acceptance: Acceptance = "strict"
    """`strict`: a tie is no improvement (Algorithm 2); `accept_ties`: the authors' code."""
    roll_back: bool = True
    """Withdraw a candidate that is not better; without it every candidate is kept (the paper's ablation)."""
    early_stop: bool = True
    """Stop by patience; without it the run goes on to E epochs or the limit on evaluations."""
    max_evaluations: int | None = Field(default=None, ge=1)
    """Evaluations of the training set, baseline included, at most; None: the worst case of Algorithm 2."""
    open_test: bool = True
    """When a rule has ended training, measure the baseline and the chosen set on the test split, once."""
    validation: Literal["off", "kept", "all"] = "kept"
    """Which candidates are also measured on the validation split: none, those that are kept, or all. It decides
    nothing: it shows whether what was learned holds on tasks that the optimizer has not seen."""
    null_edits: int = Field(default=0, ge=0, le=20)
    """Times the baseline is measured again without any change: what noise alone does to the accuracy."""
    stop_at_perfect: bool = True
    """End the run when every training task is solved: nothing is left to gain."""

    @property
    def evaluations_limit(self) -> int:
        """Evaluations after which the run ends in any case: the configured limit, or 1 + E x (C + 1).

        That is Algorithm 2's worst case, which it cannot pass; without early stop it is what bounds the run.
        """
        return self.max_evaluations or 1 + self.epochs * (self.patience + 1)


class ApprovalConfig(Word):
    """Which proposals wait for a person, and when."""

    model_config = ConfigDict(allow_inf_nan=False)

    mode: Literal["automatic", "risk", "always"] = "automatic"
    """`risk`: those with a finding, or kept on weak evidence; `always`: every proposal."""
    when: ReviewTime = "after"
    """`before` the candidate runs, or `after` its evaluation."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Seconds a proposal waits; None: as long as it takes."""
    on_timeout: Choice = "reject"
    """What is decided then."""
    long_code_lines: int = Field(default=60, ge=1)
    """Lines of one function's code beyond which it is looked at."""
    relied_on_share: float = Field(default=0.25, ge=0, le=1)
    """Changing a function that so great a share of the tasks used is a risk."""
    weak_p: float = Field(default=0.05, ge=0, le=1)
    """A gain whose exact p is this or more is weak evidence."""


class Budget(Word):
    """Limits over all roles together, with what is in flight; None is no limit."""

    model_config = ConfigDict(allow_inf_nan=False)

    usd: float | None = Field(default=None, gt=0)
    """US dollars; needs models with a known price."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens."""
    requests: int | None = Field(default=None, ge=1)
    """Requests that reached an endpoint."""


class SandboxLimits(Word):
    """What one call of a function may use; beyond it the call is ended, not the run."""

    model_config = ConfigDict(allow_inf_nan=False)

    wall_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds of wall clock."""
    cpu_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds of CPU."""
    memory_mb: int = Field(default=1024, ge=64)
    """MiB of address space beyond what the warm process already maps."""
    output_kb: int = Field(default=256, ge=1)
    """KiB of standard output that are kept."""
    result_kb: int = Field(default=1024, ge=1)
    """KiB of JSON a result may have."""
    file_mb: int = Field(default=16, ge=0, le=4096)
    """MiB one file may grow to, in the folder a call may write to."""
    scratch_mb: int = Field(default=64, ge=0, le=4096)
    """MiB of all files in that folder, which lies in memory and is gone after the call; 0: no such folder."""
    scratch_without_quota: bool = False
    """At level `landlock`, where nothing holds a call to `scratch_mb`: give it a folder all the same."""
    minimum: SandboxLevel = "landlock"
    """The weakest isolation the run may start with; below `landlock` it never starts as root."""
    workers: int | None = Field(default=None, ge=1)
    """Calls that run at the same time; None: one per core, at least 2."""
    packages: tuple[str, ...] = ("numpy", "pandas", "scipy", "sympy")
    """Installed distributions a function may import beside the standard library."""


class GraderConfig(Word):
    """Who judges answers."""

    kind: GraderKind = "auto"
    """`auto`: the grader that fits each task; `python`: code of the user's, run in the sandbox; `judge`: a language
    model; any other: that grader for all tasks."""
    code: str = Field(default="", max_length=100_000)
    """For `python`: source that defines `grade(answer, task)`."""
    judge: Endpoint | None = None
    """The model that judges: all tasks with `judge`, those that ask for it with `auto`."""

    @model_validator(mode="after")
    def _is_complete(self) -> GraderConfig:
        if self.kind == "python" and not self.code.strip():
            raise ValueError("the grader has no code; it defines grade(answer, task)")
        if self.kind == "judge" and self.judge is None:
            raise ValueError("no model is named as judge")
        if self.judge is not None and self.kind not in ("auto", "judge"):
            raise ValueError(f"a model is named as judge, but the grader '{self.kind}' asks none")
        if self.judge is not None and not self.judge.model.strip():
            raise ValueError("the judge has no model")
        return self


class RunConfig(Word):
    """Everything that decides a run, but for the tasks and the keys."""

    name: str = Field(default="", max_length=200)
    """What people call the run; the run id when empty."""
    agent: AgentConfig = AgentConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    training: TrainingConfig = TrainingConfig()
    approval: ApprovalConfig = ApprovalConfig()
    budget: Budget = Budget()
    sandbox: SandboxLimits = SandboxLimits()
    grader: GraderConfig = GraderConfig()
    concurrency: int = Field(default=8, ge=1, le=512)
    """Rollouts in flight, at most."""
    seed: int = 0
    """For whatever is drawn; the demo model answers by it too."""
    prompts: PromptBook = Field(default_factory=default_prompts)

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
