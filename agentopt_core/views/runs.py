"""What is shown of a run: its summary, its curve, what it is doing now, its log."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.events import VerdictKind
from agentopt_core.evidence import Evidence, outcome_word
from agentopt_core.rollouts import Proportion, SandboxLevel, Usage
from agentopt_core.tasks import Split
from agentopt_core.words import Word

RunStatus = Literal[
    "starting", "running", "waiting", "paused", "finished", "stopped", "failed", "interrupted", "damaged"
]  # fmt: skip
"""`waiting`: an update waits for a person's decision. `interrupted`: no trainer holds the run though it has not ended;
it can be resumed."""

LIVE: frozenset[RunStatus] = frozenset({"starting", "running", "waiting", "paused"})
"""A trainer works on the run, or is about to."""

RESUMABLE: frozenset[RunStatus] = frozenset({"interrupted", "stopped", "failed"})
"""Training can go on where the journal ends."""


class HeldOut(Word):
    """What the functions do on the test split, which training never saw."""

    baseline: Proportion
    """The agent untrained."""
    chosen: Proportion
    """With the functions that training chose."""
    fixed: tuple[str, ...] = ()
    """Ids of test tasks failed untrained and solved with the functions."""
    broken: tuple[str, ...] = ()
    p_value: float = 1.0
    """Two-sided exact McNemar test of fixed against broken."""
    candidates: int = 0
    """Sets that were tried on the training split before one was chosen."""


HoldOut = Literal["none", "sealed", "opened", "measured"]
"""Whether a run has a hold-out. `none`: no test task is run; `sealed`: nobody has seen one through this run;
`opened`: some were run, but the measurement is not complete."""

HOLD_OUT_LABELS: dict[HoldOut, str] = {
    "none": "fit, no hold-out",
    "sealed": "test split sealed",
    "opened": "test split opened, not measured to the end",
    "measured": "held-out test",
}


class Opening(Word):
    """One look at a test split."""

    run_id: str
    run_name: str
    at: float
    subject: Literal["baseline", "chosen"]
    n: int


class RunSummary(Word):
    """A row of the runs table."""

    run_id: str
    name: str
    status: RunStatus
    status_reason: str
    """Why this status, e.g. "no trainer holds the run; last event 12 min ago"."""
    task_set: str
    train_tasks: int
    """Training tasks that are run."""
    test_tasks: int = 0
    """Tasks of the test split with an answer, opened or not."""
    sealed: bool = False
    """The run is set to leave the test split sealed."""
    held_out: HeldOut | None = None
    """None before the test split was measured, and for runs that never do."""
    openings: int = 0
    """Function sets for which the run has opened its test split."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Tasks that were not run, by the reason in words."""
    agent_model: str
    optimizer_model: str
    is_demo: bool
    level: SandboxLevel | None
    """What functions are isolated by; None before a trainer said so."""
    isolation: str
    """What that level protects, and what stronger ones lacked where the run was trained."""
    origin: str = ""
    """Where the functions came from that it began with, in a sentence; empty for the empty set."""
    created_at: float
    updated_at: float
    baseline: Proportion | None
    best: Proportion | None
    best_evaluation: int | None
    evaluations: int
    """Finished evaluations, baseline included."""
    epoch: int
    """Accepted epochs so far."""
    max_epochs: int
    withdrawn_in_a_row: int
    patience: int
    usage: Usage
    functions: int
    """Size of the accepted set."""
    dropped: dict[str, str] = Field(default_factory=dict)
    """Accepted functions that the set the run ended with leaves out, each with why: that set is tested and exported."""
    wall_s: float | None = None
    """Seconds of work, all trainer processes of the run together; None until the run ended."""
    stop_kind: str = ""
    """The rule that ended it (`epochs`, `patience`, `perfect`, ...); empty while it goes on."""
    stop_reason: str = ""
    """Why it ended, in a sentence."""
    hint: str = ""
    """For failed runs: the next move."""
    tags: tuple[str, ...] = ()
    note: str = ""
    """How the note on the run begins."""
    archived: bool = False
    """Put away by a person: lists leave it out unless asked."""
    sample: bool = False
    """Loaded from the bundle that ships with the project, not trained here."""

    provisional: bool = False
    """The functions it stands on were kept on weak evidence: the gate did not accept them."""

    @property
    def in_batches(self) -> bool:
        """Its accepted set was measured on other tasks than the baseline: their accuracies do not compare."""
        return self.baseline is None and self.best is not None

    @property
    def hold_out(self) -> HoldOut:
        """What stands beside the figures of the training split."""
        if not self.test_tasks:
            return "none"
        return "measured" if self.held_out else "opened" if self.openings else "sealed"

    @property
    def hold_out_label(self) -> str:
        """The same in the words that every figure of the run is labelled with."""
        return HOLD_OUT_LABELS[self.hold_out]

    @property
    def can_resume(self) -> bool:
        """No trainer works on it, and one would find something left to do: also where only test tasks are left."""
        cut_off = self.status == "finished" and self.hold_out == "opened"
        return cut_off or self.status in RESUMABLE


class Progress(Word):
    """What a live run is doing now."""

    evaluation: int
    split: Split
    series: str = ""
    """Empty for the measurement that counts; `again-1`, `try-1`: see events.EvaluationStarted."""
    done: int
    total: int
    correct: int
    faults: int
    started_at: float
    """Of this evaluation."""
    phase: Literal["evaluating", "optimizing", "idle"]


class CurvePoint(Word):
    """One evaluation on the accuracy curve."""

    evaluation: int
    epoch: int
    step: int | None
    split: Split
    result: Proportion
    verdict: VerdictKind | Literal["pending"]
    reason: str
    best: Proportion
    """The accepted result after the verdict."""
    validation: Proportion | None = None
    """The same set on the validation split, where it was measured."""
    functions: tuple[str, ...]
    """Names in the evaluated set."""
    by: str = ""
    """Who wrote or edited its update by hand; empty where it is the optimizer's as it was."""
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one."""
    usage: Usage
    """Of the run up to this point."""
    at: float

    @property
    def renewed(self) -> bool:
        """No candidate: in batches, the accepted set measured on the tasks of the next step."""
        return self.verdict == "baseline" and self.evaluation > 0

    @property
    def outcome(self) -> str:
        """What became of it, in a word or two."""
        return "next batch" if self.renewed else outcome_word(self.verdict, self.evidence)


class Pace(Word):
    """How fast a run asks its models at the moment."""

    requests_per_min: float = 0.0
    tokens_per_min: float = 0.0
    seconds: float = 0.0
    """What it was reckoned over: the last minute, or less where the run is younger."""


class FunctionUse(Word):
    """Calls of one accepted function in the evaluation of its set."""

    name: str
    calls: int = 0
    failed: int = 0


class Signs(Word):
    """What the rollouts on the training tasks show besides the accuracy: the evidence of a diagnosis.

    Of the accepted set, unless said otherwise.
    """

    evaluation: int = 0
    rollouts: int = 0
    at_turn_cap: int = 0
    """Rollouts that ended because their turns were used up."""
    uses: tuple[FunctionUse, ...] = ()
    fixed: int = 0
    """Tasks that the baseline failed and the accepted set solves; both scored."""
    broken: int = 0
    ever_solved: Proportion | None = None
    """Tasks that some version of the run solved, of all that were scored at least once: no choice among the versions
    can do better."""
    new_solved: int = 0
    """Tasks that the baseline failed and any version solved."""
    again: tuple[Proportion, ...] = ()
    """The baseline measured again without a change."""


class EventLine(Word):
    """A line of the event log."""

    offset: int
    """Byte offset in the journal; unique within the run."""
    at: float
    kind: str
    text: str
    """A sentence."""
    severity: Literal["info", "good", "warning", "error"] = "info"
