"""What is shown of a search: the proposals of one step, and two versions merged."""

from __future__ import annotations

from agentopt_core.proposals import Screened
from agentopt_core.saying import measured
from agentopt_core.views.functions import ActionView
from agentopt_core.words import Word


class ScreenedView(Word):
    """One proposal of a step."""

    screened: Screened
    actions: tuple[ActionView, ...] = ()
    """What it changes in the accepted set, with the code before and after; empty where it was not screened."""


class ScreeningView(Word):
    """The proposals of one step and what became of them."""

    step: int
    accepted_evaluation: int
    """The evaluation they were compared with."""
    evaluation: int
    """The number under which the screening's rollouts stand: that of the winner's evaluation."""
    chosen: int | None
    proposals: tuple[ScreenedView, ...]

    @property
    def samples(self) -> tuple[int, ...]:
        """Tasks of each round; empty where nothing was screened."""
        return tuple(sorted({one.tasks for proposal in self.proposals for one in proposal.screened.rounds}))

    @property
    def written(self) -> int:
        """Proposals that the optimizer wrote."""
        return sum(not one.screened.merged_of for one in self.proposals)

    @property
    def summary(self) -> str:
        """How the winner was found and what that is worth, in sentences."""
        winner = next((one.screened for one in self.proposals if one.screened.number == self.chosen), None)
        if winner is None:
            return "No proposal changes the accepted set."
        name = winner.name.capitalize()
        if not winner.rounds:
            return f"{name} is the only one that makes a new set: nothing had to be compared."
        sizes = ", then ".join(map(str, self.samples))
        last = winner.rounds[-1]
        return (
            f"Compared on {sizes} training tasks, the worse half dropped each time and of equals the later one "
            f"({self.rollouts} rollouts). {name} went on: {measured(last.after)} against {measured(last.before)} of "
            f"the accepted set on the same tasks, {last.fixed} fixed, {last.broken} broken. A winner looks better here "
            "than it is, so it was evaluated afresh on all training tasks; only that counts."
        )

    @property
    def rollouts(self) -> int:
        """Rollouts that the screening took: a proposal keeps those of its earlier rounds."""
        return sum(max((one.tasks for one in each.screened.rounds), default=0) for each in self.proposals)
