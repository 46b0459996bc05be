"""What happened: messages, calls, answers, scores; a rollout is one agent run on one task (the forward pass)."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from agentopt_core.functions import FunctionSet
from agentopt_core.significance import wilson
from agentopt_core.tasks import Split
from agentopt_core.words import JsonObject, Word

SandboxLevel = Literal["namespaces", "landlock", "seccomp", "limits"]
LEVELS: tuple[SandboxLevel, ...] = ("namespaces", "landlock", "seccomp", "limits")
"""Strongest first."""
PROTECTION: dict[SandboxLevel, str] = {
    "namespaces": "files, network, other processes and resources are protected; the kernel is shared.",
    "landlock": "files, network, other processes and resources are protected; file names and sizes are visible.",
    "seccomp": "network, processes, resources and writes are protected; your files can be read.",
    "limits": "time, memory and output are limited; your files and the network are NOT protected.",
}
"""What each level of isolation protects, and what it does not."""


class Isolation(Word):
    """What functions are isolated by on a machine."""

    level: SandboxLevel | None
    """The strongest level that holds; None where functions cannot be run at all."""
    lacking: dict[SandboxLevel, str] = Field(default_factory=dict)
    """For each stronger level, why it does not hold, in a sentence."""

    @property
    def sentence(self) -> str:
        """The level, what it protects, and what a stronger one lacks."""
        if self.level is None:
            return "Functions cannot be run on this machine."
        better = " ".join(f"'{level}' is not available: {why}" for level, why in self.lacking.items())
        return f"Level '{self.level}': {PROTECTION[self.level]} {better}".strip()


class Usage(Word):
    """What requests cost. `cost_usd` is None when any price is unknown: unknown is never zero."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
        )


class ToolCall(Word):
    """A call as the model wrote it: `arguments` is its text, valid JSON or not."""

    id: str
    name: str
    arguments: str


class Message(Word):
    """One message of a conversation, in the roles of the chat completions API. Newer versions' fields are ignored."""

    model_config = ConfigDict(extra="ignore")
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """For `tool` messages: the call they answer."""
    reasoning: str = ""
    """For `assistant` messages: what the model thought beside its reply, for the reader; never executed or graded."""
    images: tuple[str, ...] = Field(default=(), exclude_if=lambda images: not images)
    """Paths of the attachments that were shown with it, in order; their content is never recorded."""

    def as_request(self) -> JsonObject:
        """The message as the chat completions API takes it, without images: whoever holds them adds them."""
        message: JsonObject = {"role": self.role, "content": self.content}
        if self.tool_calls:
            message["content"] = self.content or None
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.role == "tool":
            message["tool_call_id"] = self.tool_call_id
        return message


class ExecutionError(Word):
    """Why a call failed, so that the optimizer can mend the code from it."""

    type: str
    """Exception type, or `Timeout`, `MemoryLimit`, `Killed`, `BadResult`, `BadArguments`."""
    message: str
    line: int | None = None
    """Line of the function's own source, counted from 1."""
    lines: tuple[int, ...] = ()
    """Lines of its own source on the way there, outermost first: the last one is `line`."""


class ExecutionResult(Word):
    """What one call in the sandbox gave; failing is data, never an exception."""

    ok: bool
    value: JsonValue = None
    """The returned value as JSON. For the `python` tool: the value of a last expression, else None."""
    stdout: str = ""
    error: ExecutionError | None = None
    ms: float = 0.0
    """Wall clock of the call as its caller saw it, in milliseconds."""
    level: SandboxLevel = "limits"


class ToolUse(Word):
    """One execution inside a rollout: a learned function or `python`."""

    call_id: str
    tool: str
    arguments: JsonObject
    """For `python`: {"code": ...}."""
    result: ExecutionResult


class Answer(Word):
    """What the agent ended with, before anything is extracted from it."""

    text: str = ""
    source: Literal["tool", "message", "none"] = "none"
    """`tool`: it called final_answer, or wrote its FINAL ANSWER line where calls are text; `message`: its last message;
    `none`: it never ended."""


class Score(Word):
    """A grader's verdict on one answer, with all that is needed to check it by eye."""

    correct: bool
    method: str
    """Which grader judged."""
    extracted: str
    """The answer that was compared, as extracted."""
    rule: str
    """How it was extracted: tool, boxed, marker, whole, last_number, none."""
    reason: str
    """One sentence: why it is right or wrong."""
    ms: float = 0.0


RolloutEnd = Literal["answered", "turn_cap", "refused", "fault"]


class Rollout(Word):
    """One agent run on one task. With `fault` it is neither right nor wrong and is counted apart."""

    task_id: str
    messages: tuple[Message, ...] = ()
    calls: tuple[ToolUse, ...] = ()
    answer: Answer = Answer()
    ended: RolloutEnd = "answered"
    note: str = ""
    """For `refused` and `fault`: the cause in a sentence."""
    usage: Usage = Usage()
    seconds: float = 0.0
    score: Score | None = None

    @property
    def correct(self) -> bool:
        """Scored and right."""
        return self.score is not None and self.score.correct

    @property
    def is_fault(self) -> bool:
        """The infrastructure failed, not the agent."""
        return self.ended == "fault"


class Proportion(Word):
    """`correct` of `n` scored tasks; `faults` could not be scored and are not in `n`."""

    correct: int
    n: int
    faults: int = 0

    @property
    def accuracy(self) -> float | None:
        """Share correct, 0 to 1; None when nothing was scored (a measurement that does not exist)."""
        return self.correct / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the share (Wilson 1927); None when nothing was scored."""
        return wilson(self.correct, self.n) if self.n else None


class Evaluation(Word):
    """A function set measured on one split: the histories H and the per-task table, in task order."""

    index: int
    """0 is the baseline; counts every evaluation of the run, kept or not."""
    functions: FunctionSet
    split: Split
    rollouts: tuple[Rollout, ...]

    @cached_property
    def result(self) -> Proportion:
        """Correct, n and faults."""
        faults = sum(rollout.is_fault for rollout in self.rollouts)
        correct = sum(rollout.correct for rollout in self.rollouts)
        return Proportion(correct=correct, n=len(self.rollouts) - faults, faults=faults)

    @property
    def accuracy(self) -> float:
        """Share of scored tasks that are right (1 - loss); 0 when nothing could be scored."""
        return self.result.accuracy or 0.0

    def table(self) -> dict[str, int]:
        """Task id -> 1 solved, 0 failed; faults are left out."""
        return {r.task_id: int(r.correct) for r in self.rollouts if not r.is_fault}

    def without_traces(self) -> Evaluation:
        """The same results without conversations and calls: what is left of an evaluation that nobody reads again."""
        slim = tuple(
            Rollout(task_id=rollout.task_id, ended=rollout.ended, score=rollout.score) for rollout in self.rollouts
        )
        return self.with_(rollouts=slim)
