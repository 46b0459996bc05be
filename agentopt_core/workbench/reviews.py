"""The person in the loop: what waits, decisions, trials, and changes by hand."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core import history
from agentopt_core.actions import Refusal, Update
from agentopt_core.commands import Command
from agentopt_core.errors import ConfigError
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.optimizer.by_hand import read_change, revised
from agentopt_core.reviews import Decision, FunctionText, HandChange, TrialRequest
from agentopt_core.views.reviews import ReviewCard
from agentopt_core.workbench.runs import RunBench


class ReviewBench(RunBench):
    """Answers to proposals. Each answer is written beside the run and followed by its trainer, which is launched when
    none works on the run.
    """

    def review_queue(self) -> list[ReviewCard]:
        """Every proposal that waits for a decision, in whatever run, the oldest first."""
        with self._history() as store:
            return [history.review(store, run_id, step) for run_id, step in history.waiting(store)]

    def reviews(self, run_id: str) -> list[ReviewCard]:
        """Every proposal of a run that people were asked about, in the order of its steps."""
        with self._history(run_id) as store:
            return history.reviews(store, run_id)

    def review(self, run_id: str, step: int) -> ReviewCard:
        """One of them. Raises: NotFound when nobody was asked about that step."""
        with self._history(run_id) as store:
            return history.review(store, run_id, step)

    def decide(self, run_id: str, decision: Decision, by: str) -> str:
        """Answer a waiting proposal; returns the command's id. What the trainer makes of it is on the card.

        Raises: NotFound; ConfigError when it is decided already, when a rejection has no reason, or when an edit is
        not valid.
        """
        folder = self._waiting(run_id, decision.step)
        if decision.choice == "reject" and not decision.reason.strip():
            raise ConfigError("A rejection needs a reason.", "The optimizer reads it and does better with it.")
        if decision.only is not None and not decision.only:
            raise ConfigError("Nothing is approved.", "Choose at least one change, or reject the update.")
        self._require_valid(self.check_edits(run_id, decision.step, decision.edits, decision.only))
        return self._tell(folder, Command(kind="decide", by=by, decision=decision))

    def try_proposal(self, run_id: str, trial: TrialRequest, by: str) -> str:
        """Run a waiting proposal on a few tasks; returns the command's id. Raises: as `decide`."""
        folder = self._waiting(run_id, trial.step)
        self._require_valid(self.check_edits(run_id, trial.step, trial.edits))
        return self._tell(folder, Command(kind="try", by=by, trial=trial))

    def check_edits(
        self, run_id: str, step: int, edits: Sequence[FunctionText], only: Sequence[str] | None = None
    ) -> list[Refusal]:
        """What of the edits of a proposal would be refused, told without running anything. Raises: NotFound."""
        if not edits:
            return []
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            update, accepted = history.proposal(store, folder.run_id, step)
        _, refusals = revised(update, accepted, self._packages(folder), only=only, edits=edits)
        return list(refusals)

    def change(self, run_id: str, change: HandChange, by: str) -> str:
        """Change the accepted set of a run that goes on or can; it becomes the run's next step, measured like any.

        Returns the command's id. Raises: NotFound; ConfigError when the run has ended by a rule, or when what was
        written is not valid.
        """
        folder = self.folder(run_id)
        run = self.run(folder.run_id)
        if run.status in ("finished", "damaged"):
            raise ConfigError(
                f"Run {folder.run_id} has ended: {run.status_reason}.",
                "What it did stays as it is. Start a new run from these functions instead.",
            )
        with self._history(folder.run_id) as store:
            accepted = history.accepted_functions(store, folder.run_id)
            sets = history.sets(store, folder.run_id)
        base = accepted if change.evaluation is None else sets.get(change.evaluation)
        if base is None:
            raise ConfigError(f"The run has no evaluation {change.evaluation} to go back to.", "Choose another one.")
        actions, refusals = read_change(change.functions, change.remove, base, self._packages(folder))
        self._require_valid(refusals)
        if Update(actions=actions).apply(base).digest == accepted.digest:
            raise ConfigError("The functions are as they were.", "Change something first.")
        return self._tell(folder, Command(kind="change", by=by, change=change))

    def _waiting(self, run_id: str, step: int) -> RunFolder:
        folder = self.folder(run_id)
        card = self.review(folder.run_id, step)
        if card.decision is not None:
            raise ConfigError(
                f"Update {step} is already decided: {card.decision.by} said {card.decision.choice}.",
                "Look at what came of it, or at the next one that waits.",
            )
        if card.state != "waiting":
            raise ConfigError(f"Update {step} does not wait any more.", "The run has gone on or ended.")
        return folder

    def _tell(self, folder: RunFolder, command: Command) -> str:
        folder.commands.append(command)
        if not self.is_live(folder.run_id):
            self._launch(folder, command.by)
        return command.id

    @staticmethod
    def _packages(folder: RunFolder) -> tuple[str, ...]:
        return folder.config().sandbox.packages

    @staticmethod
    def _require_valid(refusals: Sequence[Refusal]) -> None:
        if refusals:
            said = " ".join(f"{refusal.name}: {refusal.reason}" for refusal in refusals)
            raise ConfigError(f"What was written cannot be used. {said}", "Correct it and try again.")
