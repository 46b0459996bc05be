"""Where a step stands: list B, the actions taken, and how often the optimizer may still try. Pure transitions."""

from __future__ import annotations

from agentopt_core.actions import Refusal, StepEnd, Update, apply_action
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.digest import OneAction
from agentopt_core.optimizer.reading import ReplyReading
from agentopt_core.tokens import cut_middle
from agentopt_core.words import Word

_RATIONALE_TOKENS = 2000


class StepState(Word):
    """One step of Algorithm 1 between two requests."""

    functions: FunctionSet
    """List B."""
    room: int
    """Actions the step may have; one that was given up after its retries counts."""
    retries: int
    budget: int
    """Estimated tokens a request may have."""
    progressive: bool = True
    actions: tuple[OneAction, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    texts: tuple[str, ...] = ()
    given_up: int = 0
    attempts: int = 0
    """Tries of the next action that failed."""
    silent: bool = True
    """None of these tries held a call."""
    open_readings: tuple[ReplyReading, ...] = ()
    """Replies with a refusal since the last one without: the conversation that goes back."""
    ended: StepEnd | None = None

    @property
    def left(self) -> int:
        """Actions that can still be taken."""
        return self.room - len(self.actions) - self.given_up

    def after(self, reading: ReplyReading) -> StepState:
        """The state after a reply: actions applied in order, refusals kept, the step ended where a rule says so."""
        functions = self.functions
        for action in reading.actions:
            functions = apply_action(functions, action)
        refusals = tuple(refusal.with_(attempt=self.attempts + 1) for refusal in reading.refusals)
        state = self.with_(
            functions=functions,
            actions=(*self.actions, *reading.actions),
            refusals=(*self.refusals, *refusals),
            texts=(*self.texts, reading.text) if reading.text else self.texts,
        )
        if reading.terminate:
            return state._end("terminate")
        if state.left <= 0:
            return state._end("max_actions")
        if not refusals:
            whole_set = not self.progressive and len(reading.actions) > 1
            state = state.with_(attempts=0, silent=True, open_readings=())
            return state._end("max_actions") if whole_set else state
        state = state.with_(open_readings=(*self.open_readings, reading))
        return state._failed_try(fresh=bool(reading.actions), silent=not reading.calls)

    def after_refused_request(self, refusal: Refusal) -> StepState:
        """The state after the endpoint refused the request itself, most often as too long: the next has half of it."""
        refusals = (*self.refusals, refusal.with_(attempt=self.attempts + 1))
        return self.with_(refusals=refusals, budget=self.budget // 2)._failed_try(fresh=False, silent=True)

    def update(self) -> Update:
        """The step's result. A set written anew without a single valid function is no update at all."""
        return Update(
            actions=self.actions,
            refusals=self.refusals,
            from_scratch=not self.progressive and bool(self.actions),
            ended=self.ended or "terminate",
            rationale=cut_middle("\n\n".join(self.texts), _RATIONALE_TOKENS),
        )

    def _failed_try(self, *, fresh: bool, silent: bool) -> StepState:
        """One more failed try; `fresh`: the first of its action, since the reply held accepted actions too."""
        attempts = 1 if fresh else self.attempts + 1
        silent = silent if fresh else silent and self.silent
        if attempts <= self.retries:
            return self.with_(attempts=attempts, silent=silent)
        state = self.with_(attempts=0, silent=True, given_up=self.given_up + 1)
        if silent:
            # an optimizer that still calls nothing after having been told so has nothing more to propose
            return state._end("terminate" if state.actions else "no_valid_action")
        if state.left <= 0 or not self.progressive:
            return state._end("max_actions")
        return state

    def _end(self, ended: StepEnd) -> StepState:
        """Ended by the word TERMINATE, or else for want of room or of valid actions."""
        if not self.progressive and self.actions:
            ended = "complete_set"
        elif ended == "max_actions" and not self.actions:
            ended = "no_valid_action"
        return self.with_(ended=ended)
