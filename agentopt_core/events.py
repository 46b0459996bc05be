"""One frozen type per fact a run can report: the lines of events.ndjson. JSON in and out, versioned.

A reader ignores kinds it does not know and fields it does not know, so that an older program reads a newer journal.
"""

from __future__ import annotations

import json
import time
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from agentopt_core.actions import Refusal, Update
from agentopt_core.chat import Purpose
from agentopt_core.evidence import Evidence
from agentopt_core.functions import FunctionSet
from agentopt_core.proposals import Screened
from agentopt_core.reviews import Choice, Finding, ReviewTime
from agentopt_core.rollouts import Proportion, Rollout, SandboxLevel, Usage
from agentopt_core.seen import CauseCount
from agentopt_core.tasks import Split
from agentopt_core.words import JsonObject, Word

VERSION = 1
"""Version of the event format."""

VerdictKind = Literal["baseline", "kept", "rolled_back", "rejected", "unchanged"]
"""`unchanged`: the step ended with no valid action, so nothing was evaluated; it counts like a withdrawn candidate.
`rejected`: a person withdrew it, before or after it was evaluated."""

StopKind = Literal["epochs", "patience", "perfect", "max_evaluations", "budget", "stopped", "interrupted"]


class Fact(Word):
    """Common to all events."""

    model_config = ConfigDict(extra="ignore")
    v: int = VERSION
    at: float = Field(default_factory=time.time)
    """Seconds since 1970, UTC."""


class RunStarted(Fact):
    """A trainer process began (or went on with) the run."""

    kind: Literal["run_started"] = "run_started"
    run_id: str
    resumed: bool
    pid: int
    train_tasks: int
    """Training tasks that are run: with an answer, and such that the agent's model can take them."""
    test_tasks: int = 0
    """Tasks of the test split on which the run ends; 0 without a test split, or where it stays sealed."""
    val_tasks: int = 0
    """Tasks of the validation split that the run measures; only with the evidence gate they decide anything."""
    sealed_tasks: int = 0
    """Tasks of a test split that this run leaves sealed."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Tasks with an answer that are not run, by the reason in words."""
    level: SandboxLevel
    isolation: str = ""
    """What that level protects, and what the stronger ones lack on this machine."""
    environment: JsonObject
    """Versions of Python, this package and the main libraries; platform."""


class RequestFinished(Fact):
    """A model answered or gave up: what it cost, counted once per request."""

    kind: Literal["request_finished"] = "request_finished"
    purpose: Purpose
    model: str
    usage: Usage
    ms: float
    attempts: int
    error: str = ""


class EvaluationStarted(Fact):
    """A function set is about to be measured on a split."""

    kind: Literal["evaluation_started"] = "evaluation_started"
    evaluation: int
    step: int | None
    """The step that proposed the set; None for the baseline."""
    functions: FunctionSet
    split: Split
    n: int
    series: str = ""
    """Empty for the measurement that counts; the others: `series.series_words`."""


class RolloutFinished(Fact):
    """One rollout ended and was graded (or is a fault)."""

    kind: Literal["rollout_finished"] = "rollout_finished"
    evaluation: int
    functions_digest: str
    split: Split = "train"
    series: str = ""
    rollout: Rollout


class EvaluationFinished(Fact):
    """All tasks of an evaluation were run."""

    kind: Literal["evaluation_finished"] = "evaluation_finished"
    evaluation: int
    functions_digest: str
    split: Split
    series: str = ""
    result: Proportion
    wall_s: float


class StepStarted(Fact):
    """The optimizer was asked for an update, or a person made one."""

    kind: Literal["step_started"] = "step_started"
    step: int
    """Counts all steps of the run from 1."""
    accepted_evaluation: int
    """The evaluation whose set and histories it works from."""
    prompt_tokens: int = 0
    """Estimated tokens of its prompt."""
    by: str = ""
    """Who changes the set by hand in this step; empty for the optimizer."""


class OptimizerAsked(Fact):
    """What the optimizer is about to read: one request, exactly as it is sent."""

    kind: Literal["optimizer_asked"] = "optimizer_asked"
    step: int
    part: int = 0
    """Which part of the failures it is about, from 1; 0: all of them."""
    request: int
    """Counts the requests of the step (of its part) from 1."""
    tokens: int
    """Estimated, of the whole request."""
    budget: int
    """Estimated tokens it may have."""
    causes: tuple[CauseCount, ...] = ()
    """Failures by cause, and solved tasks: how many of their histories are shown, and of how many."""
    packed: str = ""
    """The text (see seen.py)."""


class ProposalRefused(Fact):
    """Validation refused a proposal; the reason went back to the optimizer."""

    kind: Literal["proposal_refused"] = "proposal_refused"
    step: int
    refusal: Refusal


class UpdateProposed(Fact):
    """A step ended."""

    kind: Literal["update_proposed"] = "update_proposed"
    step: int
    update: Update
    seconds: float


class ProposalMade(Fact):
    """One of several proposals of a step is written; which of them goes on is not known yet."""

    kind: Literal["proposal_made"] = "proposal_made"
    step: int
    number: int
    """From 1."""
    update: Update
    seconds: float


class ProposalsScreened(Fact):
    """The proposals of a step were compared on samples of the training tasks, and one of them goes on.

    The screening decides nothing else: the winner is evaluated afresh on the whole training set, as any candidate.
    """

    kind: Literal["proposals_screened"] = "proposals_screened"
    step: int
    accepted_evaluation: int
    """The evaluation they were compared with."""
    evaluation: int
    """The winner's number to be; the screening's rollouts stand under it, each proposal's in a series of its own."""
    proposals: tuple[Screened, ...]
    chosen: int | None = None
    """The winner's number; None when no proposal changes anything."""

    @property
    def dropped(self) -> int:
        """Sets that were run on training tasks and not chosen."""
        return sum(bool(one.rounds) and one.fate == "dropped" for one in self.proposals)


class ReviewRequested(Fact):
    """A proposal waits for a person; the run goes on when somebody decides, or when the time limit does."""

    kind: Literal["review_requested"] = "review_requested"
    step: int
    when: ReviewTime
    evaluation: int | None = None
    """The candidate's; None before it was run."""
    findings: tuple[Finding, ...] = ()
    rule: VerdictKind | None = None
    """What the run's acceptance rule makes of the candidate; None before it was run."""
    rule_reason: str = ""
    deadline: float | None = None
    """Seconds since 1970 at which `on_timeout` is decided; None: it waits for ever."""
    on_timeout: Choice = "reject"
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one."""


class TrialFinished(Fact):
    """A proposal was tried on some tasks before a decision."""

    kind: Literal["trial_finished"] = "trial_finished"
    step: int
    command_id: str = ""
    series: str
    evaluation: int
    by: str
    before: Proportion
    """The accepted set on these tasks."""
    after: Proportion
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    """Functions that the person had edited for it."""


class ReviewDecided(Fact):
    """Somebody decided on a proposal: who, what and why."""

    kind: Literal["review_decided"] = "review_decided"
    step: int
    when: ReviewTime
    command_id: str = ""
    """Empty when the time limit decided."""
    by: str
    choice: Choice
    reason: str = ""
    only: tuple[str, ...] | None = None
    """Changes that were approved, where that was a part."""
    edited: tuple[str, ...] = ()
    """Functions that the person had edited."""
    update: Update | None = None
    """What goes on, where that is not the proposal as it was."""


class CommandDeclined(Fact):
    """A command could not be followed, and why: decided already, or what it holds is not valid."""

    kind: Literal["command_declined"] = "command_declined"
    command_id: str
    command: str
    by: str
    step: int | None = None
    reason: str


class VerdictReached(Fact):
    """The candidate was kept or withdrawn (or was the baseline)."""

    kind: Literal["verdict_reached"] = "verdict_reached"
    step: int | None
    evaluation: int | None
    """None when nothing was evaluated."""
    verdict: VerdictKind
    reason: str
    epoch: int
    """Accepted epochs after it: i of Algorithm 2."""
    withdrawn_in_a_row: int
    """r of Algorithm 2, after it."""
    best: Proportion
    candidate: Proportion | None
    evidence: Evidence | None = None
    """What the evidence gate found; None in runs without it, and where it had nothing to judge."""


class SplitOpened(Fact):
    """The test split, sealed in training, is about to be run with one function set: the record of who saw it when."""

    kind: Literal["split_opened"] = "split_opened"
    evaluation: int
    subject: Literal["baseline", "chosen"]
    """The agent untrained, or the set that training chose. Nothing else is ever measured on the test split."""
    functions_digest: str
    n: int


class HeldOutMeasured(Fact):
    """What training brought on tasks that neither agent nor optimizer had seen."""

    kind: Literal["held_out_measured"] = "held_out_measured"
    baseline: Proportion
    chosen: Proportion
    fixed: tuple[str, ...] = ()
    """Ids of test tasks failed untrained and solved by the chosen set."""
    broken: tuple[str, ...] = ()
    p_value: float
    """Two-sided exact McNemar test."""
    candidates: int
    """Function sets that were tried on the training split before this one was chosen."""


class CreditMeasured(Fact):
    """What one function of an accepted set is worth: the tasks that used it, run with it and without it."""

    kind: Literal["credit_measured"] = "credit_measured"
    evaluation: int
    """The accepted set's."""
    function: str
    function_digest: str
    used: int
    """Training tasks whose rollouts in that evaluation called it: all of these were run again."""
    control: bool
    """`with_function` is the same set once more (series `control`), not the evaluation by which it was kept."""
    with_function: Proportion
    """On the tasks that were scored both ways."""
    without: Proportion
    helped: tuple[str, ...] = ()
    """Ids of tasks solved with it and failed without."""
    hurt: tuple[str, ...] = ()
    """Ids of tasks failed with it and solved without."""
    interval: tuple[float, float] | None = None
    """95 % interval of the accuracy with it minus without, -1 to 1; None where no task was scored both ways."""
    p_value: float = 1.0
    """Two-sided exact McNemar test."""


class FunctionsDropped(Fact):
    """Functions of the accepted set that are left out of the set the run ends with (`health.drop_unsuccessful`)."""

    kind: Literal["functions_dropped"] = "functions_dropped"
    evaluation: int
    """The accepted set's."""
    reasons: dict[str, str]
    """Function -> why, with numbers."""
    functions: FunctionSet
    """What is left: the set that is run on the test split and exported."""


class CommandObeyed(Fact):
    """A command from commands.ndjson took effect."""

    kind: Literal["command_obeyed"] = "command_obeyed"
    command_id: str
    command: str
    by: str


class Warned(Fact):
    """Something a person should know, though the run goes on."""

    kind: Literal["warned"] = "warned"
    message: str
    hint: str = ""


class RunFinished(Fact):
    """The run ended by a rule, a limit or a person; the accepted set is intact."""

    kind: Literal["run_finished"] = "run_finished"
    stop: StopKind
    reason: str
    best_evaluation: int
    functions: FunctionSet
    """The accepted set."""
    dropped: tuple[str, ...] = ()
    """Those of them that the set it ends with leaves out (see `FunctionsDropped`)."""
    baseline: Proportion
    best: Proportion
    usage: Usage
    wall_s: float
    """Seconds of work, all trainer processes of the run together."""


class RunFailed(Fact):
    """The run cannot go on until a person mends something; what was accepted before is intact."""

    kind: Literal["run_failed"] = "run_failed"
    message: str
    hint: str


Event = Annotated[
    RunStarted
    | RequestFinished
    | EvaluationStarted
    | RolloutFinished
    | EvaluationFinished
    | StepStarted
    | OptimizerAsked
    | ProposalRefused
    | ProposalMade
    | ProposalsScreened
    | UpdateProposed
    | ReviewRequested
    | TrialFinished
    | ReviewDecided
    | CommandDeclined
    | VerdictReached
    | SplitOpened
    | HeldOutMeasured
    | CreditMeasured
    | FunctionsDropped
    | CommandObeyed
    | Warned
    | RunFinished
    | RunFailed,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
KINDS = frozenset(
    kind.model_fields["kind"].default
    for kind in (
        RunStarted,
        RequestFinished,
        EvaluationStarted,
        RolloutFinished,
        EvaluationFinished,
        StepStarted,
        OptimizerAsked,
        ProposalRefused,
        ProposalMade,
        ProposalsScreened,
        UpdateProposed,
        ReviewRequested,
        TrialFinished,
        ReviewDecided,
        CommandDeclined,
        VerdictReached,
        SplitOpened,
        HeldOutMeasured,
        CreditMeasured,
        FunctionsDropped,
        CommandObeyed,
        Warned,
        RunFinished,
        RunFailed,
    )
)


def to_line(event: Event) -> bytes:
    """The event as one line of UTF-8 JSON, newline included. Half characters (lone surrogates) become `?`."""
    try:
        return event.model_dump_json().encode() + b"\n"
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(event.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def from_line(line: bytes) -> Event | None:
    """The event of a line, or None for a kind this version does not know.

    Raises: ValueError when the line is not an event.
    """
    data = json.loads(line)
    if not isinstance(data, dict) or "kind" not in data:
        raise ValueError("not an event: no 'kind'")
    return _ADAPTER.validate_python(data) if data["kind"] in KINDS else None
