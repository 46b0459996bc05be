"""What is asked and answered about rollouts: filtered lists of them, and one whole conversation step by step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, get_args

from agentopt_core.events import VerdictKind
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Message, Rollout, ToolCall, ToolUse, Usage
from agentopt_core.tasks import Split, Task
from agentopt_core.views.rollouts import RolloutRow
from agentopt_core.words import Word

TraceOutcome = Literal["solved", "failed", "not_scored", "fixed", "broken"]
"""`fixed` and `broken`: against the set that was accepted when this one was measured, on the same task and split."""
TRACE_OUTCOMES: tuple[TraceOutcome, ...] = get_args(TraceOutcome)
TraceSort = Literal["newest", "oldest", "task", "slowest", "dearest", "calls"]
TRACE_SORTS: tuple[TraceSort, ...] = get_args(TraceSort)

TRACES_SEARCHED = 2_000
"""Rollouts whose text is searched at most: the newest of those that the other filters leave."""
TRACES_DOWNLOADED = 5_000
"""Rows of a download at most."""


class TraceFilter(Word):
    """Which rollouts of a run are meant; None and "" mean any."""

    evaluation: int | None = None
    split: Split | None = None
    series: str | None = None
    """"" is the measurement that counts."""
    outcome: TraceOutcome | None = None
    function: str = ""
    """It was called at least once: a learned function, or `python`."""
    error: str = ""
    """How the rollout ended, `grader:` with a grader's method, or the type of error that a call failed with."""
    text: str = ""
    """Somewhere in what was said, called, printed or answered; capitals do not matter."""
    sort: TraceSort = "newest"


class TraceRow(RolloutRow):
    """A rollout in a filtered list."""

    series: str = ""
    base: bool | None = None
    """Whether the set that was accepted at that moment solved the task; None where that is not known."""

    @property
    def change(self) -> Literal["fixed", "broken", ""]:
        """What the set changed about the task."""
        if self.base is None or self.correct is None or self.base == self.correct:
            return ""
        return "fixed" if self.correct else "broken"


class TracePage(Word):
    """Some rows of a filtered list."""

    rows: tuple[TraceRow, ...]
    hits: int
    """Rollouts that the filter leaves."""
    solved: int
    """Of the hits; with `scored` the share that is right."""
    scored: int
    searched: int | None = None
    """Rollouts whose text was searched; None where no text was asked for."""
    left_out: int = 0
    """Older rollouts whose text was not searched, because there were more than `TRACES_SEARCHED`."""


class TraceEvaluation(Word):
    """One evaluation that a list can be narrowed to."""

    evaluation: int
    split: Split
    series: str
    step: int | None
    epoch: int | None
    verdict: VerdictKind | Literal["pending", ""]
    """Empty for what is not decided upon: the test split, repetitions, trials."""
    rollouts: int


class TraceFacets(Word):
    """What there is to filter by in a run."""

    evaluations: tuple[TraceEvaluation, ...] = ()
    functions: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """As `TraceFilter.error` takes them."""


class ModelRequest(Word):
    """One request of the agent to its model."""

    usage: Usage
    ms: float
    attempts: int
    error: str = ""


class CallStep(Word):
    """One call of a turn: as the model wrote it, as it was executed, and what the model was told."""

    call: ToolCall | None
    """None where the code stood in the message's text."""
    use: ToolUse | None
    """None where nothing was executed: the final answer, an unknown tool, a call beyond a limit."""
    told: str = ""

    @property
    def name(self) -> str:
        """The tool that was called."""
        return self.use.tool if self.use else self.call.name if self.call else ""


class Turn(Word):
    """One reply of the model with its calls, and what it was told before the next reply."""

    message: Message
    calls: tuple[CallStep, ...] = ()
    told: tuple[Message, ...] = ()
    request: ModelRequest | None = None
    """None where the requests of the rollout cannot be matched with its replies."""


class Trace(Word):
    """One rollout with all that is known around it."""

    evaluation: int
    split: Split
    series: str
    rollout: Rollout
    task: Task | None
    """The task as the run was given it; None where it cannot be read any more."""
    functions: FunctionSet | None
    """The set that the agent carried; None where its evaluation's start was not reported."""
    step: int | None
    """The update that made the set; None for the baseline."""
    requests: tuple[ModelRequest, ...] = ()
    """The agent's requests of this rollout in order, those that failed included."""

    @property
    def opening(self) -> tuple[Message, ...]:
        """The messages before the first reply: what the agent was told and asked."""
        messages = self.rollout.messages
        first = next((at for at, one in enumerate(messages) if one.role == "assistant"), len(messages))
        return messages[:first]

    @property
    def unmatched(self) -> str:
        """Why requests and replies cannot be matched, in a sentence; empty where they are."""
        replies = sum(message.role == "assistant" for message in self.rollout.messages)
        answered = sum(not request.error for request in self.requests)
        if replies == answered:
            return ""
        if not self.requests:
            return "No requests of this rollout were recorded: time and cost of single replies are not known."
        return (
            f"{answered} answered requests were recorded for {replies} replies: they cannot be matched, so time and "
            "cost stand for the whole rollout only."
        )

    def turns(self) -> tuple[Turn, ...]:
        """The replies in order, each with its calls and its request."""
        answered = () if self.unmatched else tuple(request for request in self.requests if not request.error)
        unused = list(self.rollout.calls)
        turns = []
        for number, (message, told) in enumerate(_replies(self.rollout.messages)):
            calls = tuple(_steps(message, told, unused))
            rest = tuple(one for one in told if one.role != "tool")
            request = answered[number] if number < len(answered) else None
            turns.append(Turn(message=message, calls=calls, told=rest, request=request))
        if unused and turns:  # executed, but not to be found in any message
            last = turns[-1]
            found = tuple(CallStep(call=None, use=use) for use in unused)
            turns[-1] = last.with_(calls=(*last.calls, *found))
        return tuple(turns)


def _replies(messages: tuple[Message, ...]) -> Iterator[tuple[Message, tuple[Message, ...]]]:
    """Each reply with the messages up to the next one."""
    starts = [at for at, message in enumerate(messages) if message.role == "assistant"]
    for start, end in pairwise([*starts, len(messages)]):
        yield messages[start], messages[start + 1 : end]


def _steps(message: Message, told: tuple[Message, ...], unused: list[ToolUse]) -> Iterator[CallStep]:
    """The calls of one reply; what was executed for them is taken out of `unused`."""
    answers = {one.tool_call_id: one.content for one in told if one.role == "tool"}
    for call in message.tool_calls:
        use = next((one for one in unused if one.call_id == call.id), None)
        if use is not None:
            unused.remove(use)
        yield CallStep(call=call, use=use, told=answers.get(call.id, ""))
    while not message.tool_calls and unused and _written_in(message, unused[0]):
        yield CallStep(call=None, use=unused.pop(0))


def _written_in(message: Message, use: ToolUse) -> bool:
    code = use.arguments.get("code")
    return isinstance(code, str) and bool(code.strip()) and code.strip() in message.content
