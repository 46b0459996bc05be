"""Who opens the history, and how: the dashboard for as long as it runs, the command line for one question."""

from __future__ import annotations

import atexit
import time
from collections.abc import Iterable
from pathlib import Path

from agentopt_core.errors import HistoryLocked
from agentopt_core.history.ingest import Ingestor, IngestThread
from agentopt_core.history.store import HistoryStore

_PATIENCE_S = 2.0
_PAUSE_S = 0.1


class LiveHistory:
    """The history as its owner holds it: open, and kept within a fraction of a second of the journals."""

    def __init__(self, home: Path) -> None:
        """Open the history and begin to follow the journals.

        Raises: HistoryLocked when another process keeps the file for longer than a question of the command line
        takes; DiskFull.
        """
        self.store = _open_patiently(home)
        self._thread = IngestThread(self.store)
        self._thread.start()
        # A thread that is inside DuckDB while the interpreter ends makes the process abort.
        atexit.register(self.close)

    @property
    def last_error(self) -> str | None:
        """Why the last look at the journals failed, in a sentence; None when it went well."""
        return self._thread.last_error

    def catch_up(self, run_ids: Iterable[str] | None = None) -> None:
        """Read the journals (or those of some runs) now: for who cannot wait for the next look."""
        Ingestor(self.store).catch_up(run_ids)

    def forget(self, run_id: str) -> None:
        """Take a run whose folder is gone out of the tables now."""
        Ingestor(self.store).forget({run_id})

    def rebuild(self) -> int:
        """Delete everything and fill it again from the journals; returns the number of events."""
        self._thread.stop()
        try:
            self.store.clear()
            return Ingestor(self.store).catch_up()
        finally:
            self._thread = IngestThread(self.store)
            self._thread.start()

    def close(self) -> None:
        """Stop following and give the file back."""
        atexit.unregister(self.close)
        self._thread.stop()
        self.store.close()


def open_history(home: Path, run_ids: Iterable[str] | None = None) -> HistoryStore:
    """The history of a home, caught up with its journals (or with those of some runs).

    Where another process has the file, the answers come from a store in memory, filled from the same journals.
    Raises: DiskFull.
    """
    try:
        store = HistoryStore(home)
    except HistoryLocked:
        store = HistoryStore(home, in_memory=True)
    Ingestor(store).catch_up(run_ids)
    return store


def rebuild(home: Path) -> int:
    """Delete the history and fill it again from the journals, to the same tables; returns the number of events.

    Raises: HistoryLocked when somebody has it open, DiskFull.
    """
    store = HistoryStore(home)
    try:
        store.clear()
        return Ingestor(store).catch_up()
    finally:
        store.close()


def _open_patiently(home: Path) -> HistoryStore:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return HistoryStore(home)
        except HistoryLocked:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)
