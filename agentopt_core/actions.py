"""What one optimizer step may do to the functions: the parts of a gradient step (arXiv 2402.11359, section 3)."""

from __future__ import annotations

from typing import Annotated, Literal, assert_never

from pydantic import Field

from agentopt_core.functions import Function, FunctionSet
from agentopt_core.words import Word


class AddFunction(Word):
    """Add a function under a new name."""

    op: Literal["add"] = "add"
    function: Function

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name


class ReviseFunction(Word):
    """Replace the function of that name."""

    op: Literal["revise"] = "revise"
    function: Function

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name


class RemoveFunction(Word):
    """Take the function of that name away."""

    op: Literal["remove"] = "remove"
    name: str


Action = Annotated[AddFunction | ReviseFunction | RemoveFunction, Field(discriminator="op")]


class Refusal(Word):
    """A proposal that validation refused: kept and shown, never silently dropped."""

    op: str
    """The tool the optimizer called, as it wrote it."""
    name: str
    """The function's name as far as it could be read."""
    code: str
    """Reason code, e.g. `syntax_error`; see optimizer/validation."""
    reason: str
    """A sentence the optimizer can act on."""
    attempt: int
    """1 for the first try of this action, 2 for its first retry, ..."""
    proposal: str = ""
    """What was proposed, cut to a few kB, for the reader."""


StepEnd = Literal["max_actions", "terminate", "no_valid_action", "complete_set"]


class Update(Word):
    """The actions of one step, in order, and what was refused on the way.

    With `from_scratch` the actions build a whole new set (training without progressive update); otherwise they
    change the accepted one.
    """

    actions: tuple[Action, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    from_scratch: bool = False
    ended: StepEnd = "terminate"
    rationale: str = ""
    """What the optimizer wrote beside its calls, in order; for a change by hand: the person's reason."""
    by: str = ""
    """Who made it by hand; empty for the optimizer."""
    prunes: tuple[str, ...] = ()
    """For a removal that the functions' health asks for: the digests of the functions it removes."""

    def apply(self, functions: FunctionSet) -> FunctionSet:
        """The candidate: this update applied to the accepted set."""
        candidate = FunctionSet() if self.from_scratch else functions
        for action in self.actions:
            candidate = apply_action(candidate, action)
        return candidate


def apply_action(functions: FunctionSet, action: AddFunction | ReviseFunction | RemoveFunction) -> FunctionSet:
    """One action applied to list B."""
    match action:
        case AddFunction(function=function) | ReviseFunction(function=function):
            return functions.including(function)
        case RemoveFunction(name=name):
            return functions.without(name)
        case _:
            assert_never(action)


class Withdrawn(Word):
    """An entry of the failure record: a candidate that was withdrawn, shown to the optimizer ascending by score."""

    functions: FunctionSet
    accuracy: float | None
    """None: a person rejected it before it was measured."""
    n: int
    reason: str
    """Why it was withdrawn."""

    @property
    def rank(self) -> float:
        """Where it stands among the others: by score, what was never measured first."""
        return -1.0 if self.accuracy is None else self.accuracy
