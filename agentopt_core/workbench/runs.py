"""A run as it goes on and what it has learned: commands to its trainer, questions to the history, the export."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from agentopt_core import history
from agentopt_core.commands import Command, CommandKind
from agentopt_core.errors import ConfigError
from agentopt_core.functions import FunctionSet
from agentopt_core.reports.result import run_result
from agentopt_core.rollouts import Usage
from agentopt_core.views import CurvePoint, EventLine, FunctionVersion, Pace, Progress, Signs, UpdateView
from agentopt_core.views.reviews import DecisionView
from agentopt_core.words import JsonObject
from agentopt_core.workbench.setup import SetupBench


class RunBench(SetupBench):
    """Commands and questions about single runs."""

    def command(self, run_id: str, kind: CommandKind, by: str) -> str:
        """Tell the run's trainer something; returns the full run id.

        Raises: ConfigError when no trainer works on the run.
        """
        folder = self.folder(run_id)
        if not self.is_live(folder.run_id):
            raise ConfigError(f"No trainer works on {folder.run_id}.", "It has ended, or resume it first.")
        folder.commands.append(Command(kind=kind, by=by))
        return folder.run_id

    def resume(self, run_id: str, by: str) -> None:
        """Unpause a live run, or launch a trainer that goes on where the journal ends."""
        folder = self.folder(run_id)
        if self.is_live(folder.run_id):
            folder.commands.append(Command(kind="resume", by=by))
        else:
            self._launch(folder, by)

    def progress(self, run_id: str) -> Progress | None:
        """What a live run is doing now; None when it does nothing."""
        with self._history(run_id) as store:
            return history.progress(store, run_id)

    def curve(self, run_id: str) -> list[CurvePoint]:
        """Every evaluation with its verdict, in order."""
        with self._history(run_id) as store:
            return history.curve(store, run_id)

    def updates(self, run_id: str) -> list[UpdateView]:
        """Every optimizer step with what became of it, in order."""
        with self._history(run_id) as store:
            return history.updates(store, run_id)

    def function_versions(self, run_id: str) -> list[FunctionVersion]:
        """Every version of every function the run proposed."""
        with self._history(run_id) as store:
            return history.function_versions(store, run_id)

    def accepted_functions(self, run_id: str) -> FunctionSet:
        """What the run has learned so far."""
        with self._history(run_id) as store:
            return history.accepted_functions(store, run_id)

    def signs(self, run_id: str) -> Signs:
        """What the rollouts show besides the accuracy: noise, ceiling, functions without use, turn caps."""
        with self._history(run_id) as store:
            return history.signs(store, run_id)

    def pace(self, run_id: str) -> Pace:
        """How fast the run asks its models at the moment."""
        with self._history(run_id) as store:
            return history.pace(store, run_id, time.time())

    def usage_by_role(self, run_id: str) -> dict[str, Usage]:
        """What the run has cost so far, by role (agent, optimizer, ...)."""
        with self._history(run_id) as store:
            return history.usage_by_role(store, run_id)

    def decisions(self, run_id: str) -> dict[int, DecisionView]:
        """What people decided on the updates of a run, by step; where they were asked twice, the last answer."""
        with self._history(run_id) as store:
            return history.decisions(store, run_id)

    def events(
        self,
        run_id: str,
        limit: int = 200,
        before: int | None = None,
        *,
        severities: Sequence[str] | None = None,
        kinds: Sequence[str] | None = None,
        text: str = "",
    ) -> list[EventLine]:
        """The event log, newest first; `before` pages on to older ones. Only lines of these severities and kinds (None:
        all) that hold `text`, in whatever case.
        """
        with self._history(run_id) as store:
            return history.events(store, run_id, limit, before, severities, kinds, text)

    def result(self, run_id: str) -> JsonObject:
        """A run as one JSON object for programs (`train --json`, `show --json`)."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return run_result(history.run(store, folder.run_id), history.curve(store, folder.run_id))

    def export(self, run_id: str, to: Path | None = None) -> Path:
        """Write the accepted functions as plain Python; returns the folder."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return history.export_functions(store, folder.run_id, to or self.home / "exports" / folder.run_id)

    def export_zip(self, run_id: str) -> bytes:
        """The export as a zip."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return history.export_zip(store, folder.run_id)
