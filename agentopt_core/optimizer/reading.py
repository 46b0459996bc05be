"""A whole reply judged: its calls in order, each against the functions as changed by the calls before it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentopt_core.actions import AddFunction, Refusal, RemoveFunction, ReviseFunction, apply_action
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.replies import EDIT_TOOLS, ProposedCall, Reply, read_message
from agentopt_core.optimizer.trial import try_out
from agentopt_core.optimizer.validation import Judgement, judge, printable, refusal
from agentopt_core.seams import Sandbox
from agentopt_core.words import JsonObject, Word

Verdict = Literal["accept", "reject", "partial", "terminate"]

_PROBLEMS = {
    "no_action": "The reply holds no tool call. Call one of the tools, or answer with the single word TERMINATE.",
    "refused": "The reply is a refusal. The task is to edit Python functions; call a tool, or answer TERMINATE.",
    "empty_reply": "The reply is empty. Call one of the tools, or answer with the single word TERMINATE.",
    "content_filter": "The reply was stopped by a content filter. Word it differently.",
    "truncated": "The reply was cut off at the token limit before a call. Think less and call a tool at once.",
}


class JudgedCall(Word):
    """One call of a reply and what became of it."""

    call: ProposedCall
    action: Annotated[AddFunction | ReviseFunction | RemoveFunction, Field(discriminator="op")] | None = None
    refusal: Refusal | None = None


class ReplyReading(Word):
    """What a reply means for the functions it was made for."""

    calls: tuple[JudgedCall, ...] = ()
    problem: Refusal | None = None
    """For a reply without any call and without TERMINATE."""
    terminate: bool = False
    text: str = ""
    """What the optimizer wrote beside its calls."""

    @property
    def actions(self) -> tuple[AddFunction | ReviseFunction | RemoveFunction, ...]:
        """The usable actions, in order."""
        return tuple(judged.action for judged in self.calls if judged.action is not None)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What was refused, in order."""
        refused = tuple(judged.refusal for judged in self.calls if judged.refusal is not None)
        return refused if self.problem is None else (*refused, self.problem)

    @property
    def verdict(self) -> Verdict:
        """`partial`: some calls are usable and some are not."""
        if self.terminate:
            return "terminate"
        if not self.refusals:
            return "accept"
        return "partial" if self.actions else "reject"

    @property
    def reason_code(self) -> str | None:
        """Why a reply is refused as a whole: the code of its first refusal."""
        return self.refusals[0].code if self.verdict == "reject" else None


class _Reader:
    """Judges the calls of one reply, one after the other."""

    def __init__(
        self,
        message: JsonObject,
        finish_reason: str,
        functions: FunctionSet,
        packages: tuple[str, ...],
        room: int | None,
        tools: tuple[str, ...],
        max_functions: int | None,
    ) -> None:
        self.reply: Reply = read_message(message, finish_reason)
        self._functions = functions
        self._packages = packages
        self._room = room
        self._tools = tools
        self._max_functions = max_functions
        self._added: frozenset[str] = frozenset()
        self._judged: list[JudgedCall] = []

    def judge(self, call: ProposedCall) -> Judgement:
        if self._room is not None and sum(judged.action is not None for judged in self._judged) >= self._room:
            return refusal(call, "too_many_actions", "The step has no action left for this call.")
        cut_off = self.reply.cut_off and call is self.reply.calls[-1]
        return judge(
            call,
            self._functions,
            self._packages,
            added=self._added,
            cut_off=cut_off,
            tools=self._tools,
            max_functions=self._max_functions,
        )

    def note(self, call: ProposedCall, outcome: Judgement) -> None:
        if isinstance(outcome, Refusal):
            self._judged.append(JudgedCall(call=call, refusal=outcome))
            return
        self._judged.append(JudgedCall(call=call, action=outcome))
        self._functions = apply_action(self._functions, outcome)
        if isinstance(outcome, AddFunction):
            self._added |= {outcome.name}

    def reading(self) -> ReplyReading:
        problem = None
        if self.reply.problem is not None:
            nothing = ProposedCall(tool="", arguments={}, written=self.reply.text)
            problem = refusal(nothing, self.reply.problem, _PROBLEMS[self.reply.problem])
        return ReplyReading(
            calls=tuple(self._judged),
            problem=problem,
            terminate=self.reply.terminate,
            text=printable(self.reply.text),
        )


def read_reply(
    message: JsonObject,
    finish_reason: str,
    functions: FunctionSet,
    packages: tuple[str, ...],
    *,
    room: int | None = None,
    tools: tuple[str, ...] = EDIT_TOOLS,
    max_functions: int | None = None,
) -> ReplyReading:
    """Judge an assistant message by what can be told without running anything. Pure; never raises for its content.

    `packages` are the distributions functions may import, `room` the actions that are left and
    `max_functions` what the set may hold (None: no limit).
    """
    reader = _Reader(message, finish_reason, functions, packages, room, tools, max_functions)
    for call in reader.reply.calls:
        reader.note(call, reader.judge(call))
    return reader.reading()


async def read_reply_in_sandbox(
    message: JsonObject,
    finish_reason: str,
    functions: FunctionSet,
    packages: tuple[str, ...],
    sandbox: Sandbox,
    *,
    room: int | None = None,
    tools: tuple[str, ...] = EDIT_TOOLS,
    max_functions: int | None = None,
) -> ReplyReading:
    """As `read_reply`, and each function that passes is tried out in the sandbox before it counts.

    Raises: InfrastructureFault when the sandbox fails for a reason that is not the function's.
    """
    reader = _Reader(message, finish_reason, functions, packages, room, tools, max_functions)
    for call in reader.reply.calls:
        outcome = reader.judge(call)
        if isinstance(outcome, AddFunction | ReviseFunction):
            try:
                await try_out(outcome.function, sandbox)
            except InvalidProposal as fault:
                outcome = refusal(call, fault.code, fault.reason)
        reader.note(call, outcome)
    return reader.reading()
