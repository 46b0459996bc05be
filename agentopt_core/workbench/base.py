"""What every part of the workbench stands on: one home folder and the history of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentopt_core import history
from agentopt_core.config import RunConfig
from agentopt_core.errors import NotFound
from agentopt_core.history.run_folder import RunFolder, find_run
from agentopt_core.history.store import HistoryStore
from agentopt_core.views import LIVE, RunSummary


class Desk:
    """One home folder. With `live` it owns history.duckdb and keeps it within a second of the journals; without, each
    question opens what is free and closes it again. Thread safe.
    """

    def __init__(self, home: Path, *, live: bool = True) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._live = history.LiveHistory(home) if live else None

    def close(self) -> None:
        """Give the history free. Trainers go on: they do not need the dashboard."""
        if self._live:
            self._live.close()

    @contextmanager
    def _history(self, *run_ids: str) -> Iterator[HistoryStore]:
        """The history as it is now, for all that is asked inside; without `live` perhaps only these runs of it."""
        store = self._live.store if self._live else history.open_history(self.home, run_ids or None)
        try:
            with store.snapshot():
                yield store
        finally:
            if not self._live:
                store.close()

    @property
    def history_problem(self) -> str | None:
        """Why the history does not follow the journals at the moment, in a sentence; None when it does."""
        return self._live.last_error if self._live else None

    def folder(self, run_id: str) -> RunFolder:
        """The run's folder. Raises: NotFound."""
        return find_run(self.home, run_id)

    def runs(self) -> list[RunSummary]:
        """All runs, newest first; damaged ones with their reason."""
        with self._history() as store:
            return history.runs(store)

    def run(self, run_id: str) -> RunSummary:
        """One run. Raises: NotFound."""
        found = self.folder(run_id).run_id
        try:
            with self._history(found) as store:
                return history.run(store, found)
        except NotFound:
            if not self._live:
                raise
        self._live.catch_up([found])  # made by the command line a moment ago, or before this dashboard's first look
        with self._history(found) as store:
            return history.run(store, found)

    def config(self, run_id: str) -> RunConfig:
        """The run's settings."""
        return self.folder(run_id).config()

    def is_live(self, run_id: str) -> bool:
        """A trainer works on the run, or was just launched. One that reported its end and only clears away does not."""
        status = self.run(run_id).status
        return status == "starting" or (status in LIVE and self.folder(run_id).holder() is not None)

    def rebuild_history(self) -> int:
        """Make history.duckdb anew from the journals; returns the number of events. Raises: HistoryLocked."""
        return self._live.rebuild() if self._live else history.rebuild(self.home)
