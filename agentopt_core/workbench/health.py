"""What functions are worth, and asking for it; the tasks that nothing solves; looks at the test split."""

from __future__ import annotations

from itertools import groupby

from agentopt_core.commands import Command
from agentopt_core.errors import ConfigError
from agentopt_core.evaluation.intervals import holm
from agentopt_core.history import health_queries
from agentopt_core.history.compare_queries import is_private
from agentopt_core.history.store import HistoryStore
from agentopt_core.history.tables import encoded
from agentopt_core.tasks import Split
from agentopt_core.training.held_out import RULES
from agentopt_core.views import LIVE, Opening, RunSummary
from agentopt_core.views.health import CreditView, CreditWait, Unsolved
from agentopt_core.workbench.reviews import ReviewBench

IN_FILE = 100_000
"""Tasks of a file at most."""


class HealthBench(ReviewBench):
    """Questions about the functions' health, and the question to a trainer."""

    def credits(self, run_id: str) -> list[CreditView]:
        """What the functions of accepted sets were found to be worth, those in use first."""
        with self._history(run_id) as store:
            return credits_of(store, run_id)

    def never_solved(self, run_id: str, split: Split = "train", offset: int = 0, limit: int = 200) -> Unsolved:
        """The tasks that were scored under some version of the run and solved by none, a page of them."""
        with self._history(run_id) as store:
            return health_queries.never_solved(store, run_id, split, offset, limit)

    def never_solved_csv(self, run_id: str, split: Split = "train") -> bytes:
        """All of them (100,000 at most) as CSV; of tasks that must not be published neither id nor answer."""
        with self._history(run_id) as store:
            found = health_queries.never_solved(store, run_id, split, 0, IN_FILE)
            private = is_private(store, run_id)
        rows = [
            {
                "run_id": run_id,
                "split": found.split,
                "task_id": str(number) if private else one.task_id,
                "versions_scored": one.scored,
                "last_evaluation": one.evaluation,
                "last_answer": None if private else one.extracted,
                "calls": one.calls,
            }
            for number, one in enumerate(found.tasks, 1)
        ]
        return encoded(rows, "csv")

    def credit_csv(self, run_id: str) -> bytes:
        """Every measurement of credit as CSV, those of the accepted set first."""
        rows = [
            {
                "run_id": run_id,
                "function": one.function,
                "evaluation": one.evaluation,
                "in_accepted_set": one.in_use,
                "split": "train",
                "used_by": one.used,
                "control": one.control,
                "n": one.without.n,
                "solved_with": one.with_function.correct,
                "solved_without": one.without.correct,
                "difference": one.difference,
                "low_95": one.interval[0] if one.interval else None,
                "high_95": one.interval[1] if one.interval else None,
                "helped": len(one.helped),
                "hurt": len(one.hurt),
                "p": one.p_value,
                "p_holm": one.p_together,
            }
            for one in self.credits(run_id)
        ]
        return encoded(rows, "csv")

    def looks_at_test(self, run_id: str) -> list[Opening]:
        """Each look of this run at its test split, the first one first."""
        with self._history(run_id) as store:
            return health_queries.looks_at_test(store, run_id)

    def measure_credit(self, run_id: str, by: str) -> str:
        """Ask for the credit of the accepted functions; returns the command's id.

        A live run measures it before its next step. A run that has ended by a rule is resumed for it: nothing else is
        left to do there, and what is finished is not paid for again. Raises: NotFound; ConfigError where resuming would
        mean to train on, or where there is no function.
        """
        folder = self.folder(run_id)
        self._require_measurable(self.run(folder.run_id))
        return self._tell(folder, Command(kind="credit", by=by))

    def credit_wait(self, run_id: str) -> CreditWait | None:
        """The question for credit that no trainer has answered yet, the oldest; None where none is open."""
        folder = self.folder(run_id)
        asked = [command for _, command in folder.commands.read_from() if command.kind == "credit"]
        if not asked:
            return None
        with self._history(folder.run_id) as store:
            answered = health_queries.answered(store, folder.run_id)
        waiting = [command for command in asked if command.id not in answered]
        return CreditWait(by=waiting[0].by, at=waiting[0].at) if waiting else None

    def credit_hindrance(self, run: RunSummary) -> ConfigError | None:
        """Why the credit of a run's functions cannot be measured now, with the next move; None when it can."""
        if not run.functions:
            return ConfigError("The accepted set holds no function, so there is no credit to measure.", "Train on.")
        if run.status in LIVE or (run.status == "finished" and run.stop_kind in RULES):
            return None
        if run.status == "finished":
            return ConfigError(
                f"The run ended before its rules did ({run.stop_reason or run.stop_kind}), so resuming it for the "
                "credit would mean to train on.",
                "Begin a new run with its functions, and with credit at the end.",
            )
        return ConfigError(
            f"No trainer works on the run: {run.status_reason}.",
            "Resume it, which trains on; then ask again, and credit is measured before its next update.",
        )

    def _require_measurable(self, run: RunSummary) -> None:
        if (hindrance := self.credit_hindrance(run)) is not None:
            raise hindrance


def credits_of(store: HistoryStore, run_id: str) -> list[CreditView]:
    """What functions of accepted sets are worth, each p raised for the functions that were measured in its set."""
    together: list[CreditView] = []
    for _, of_set in groupby(health_queries.credits(store, run_id), key=lambda one: one.evaluation):
        same = list(of_set)
        raised = holm([one.p_value for one in same])
        together += [one.with_(p_together=p) for one, p in zip(same, raised, strict=True)]
    return together
