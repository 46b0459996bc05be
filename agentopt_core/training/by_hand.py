"""Changes that people make to the accepted set of a run that goes on: each becomes a step, measured like any other."""

from __future__ import annotations

from agentopt_core.actions import Action, AddFunction, RemoveFunction, ReviseFunction, Update
from agentopt_core.commands import Command
from agentopt_core.events import CommandObeyed, StepStarted, UpdateProposed
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.by_hand import read_change
from agentopt_core.reviews import HandChange
from agentopt_core.seams import EventSink
from agentopt_core.training.review_desk import ReviewDesk
from agentopt_core.training.state import TrainState


class ByHand:
    """Takes changes from the desk and makes updates of them."""

    def __init__(self, desk: ReviewDesk, sink: EventSink, packages: tuple[str, ...]) -> None:
        self._desk = desk
        self._sink = sink
        self._packages = packages
        self._sets: dict[int, FunctionSet] = {}

    def note(self, evaluation: int, functions: FunctionSet) -> None:
        """Remember the set of an evaluation: a person may go back to it."""
        self._sets[evaluation] = functions

    @property
    def waits(self) -> bool:
        """A change lies on the desk."""
        return bool(self._desk.changes)

    def take(self, step: int, state: TrainState) -> Update | None:
        """The next change as the update of this step, already reported; None when there is none that can be made.

        What is not valid is declined with the reason.
        """
        while self._desk.changes:
            command = self._desk.changes.popleft()
            if (update := self._read(command, state.best.functions)) is not None:
                self._sink.emit(StepStarted(step=step, accepted_evaluation=state.best.index, by=command.by))
                self._sink.emit(UpdateProposed(step=step, update=update, seconds=0.0))
                self._sink.emit(CommandObeyed(command_id=command.id, command=command.kind, by=command.by))
                return update
        return None

    def _read(self, command: Command, accepted: FunctionSet) -> Update | None:
        change = command.change or HandChange()
        base = accepted
        if change.evaluation is not None:
            if change.evaluation not in self._sets:
                self._desk.decline(command, f"This run has no evaluation {change.evaluation} to go back to.")
                return None
            base = self._sets[change.evaluation]
        actions, refusals = read_change(change.functions, change.remove, base, self._packages)
        if refusals:
            self._desk.decline(command, " ".join(f"{refusal.name}: {refusal.reason}" for refusal in refusals))
            return None
        update = Update(actions=(*way_to(accepted, base), *actions), rationale=change.reason, by=command.by)
        if update.apply(accepted).digest == accepted.digest:
            self._desk.decline(command, "The functions are as they were.")
            return None
        return update


def way_to(accepted: FunctionSet, wanted: FunctionSet) -> tuple[Action, ...]:
    """The actions that make one set into another: what differs, and nothing else."""
    actions: list[Action] = [RemoveFunction(name=name) for name in accepted.names if name not in wanted]
    for function in wanted.each():
        before = accepted.get(function.name)
        if before is None:
            actions.append(AddFunction(function=function))
        elif before.digest != function.digest:
            actions.append(ReviseFunction(function=function))
    return tuple(actions)
