"""The DuckDB file of one home: who may open it, how threads share it, and what happens when the disk is full."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from agentopt_core.errors import AgentOptError, DiskFull, HistoryLocked, ProtocolError
from agentopt_core.history.answers import Answers
from agentopt_core.history.lines import write_error
from agentopt_core.history.schema import VERSION, create_statements

_open_here: Counter[Path] = Counter()
"""Stores of this process by file. DuckDB lets one process open a file several times; deleting it would then hurt."""

_DAMAGED = re.compile(
    r"not a valid DuckDB|read enough bytes|corrupt|checksum|deserializ|serialization error", re.IGNORECASE
)
_BROKEN = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)

Row = dict[str, Any]
"""Column name -> value, typed as schema.py says."""

_PID = re.compile(r"PID (\d+)")
_FULL = re.compile(
    r"No space left|quota exceeded|File too large|not enough (disk )?space|could not write", re.IGNORECASE
)


class HistoryStore:
    """The queryable history of all runs under one home.

    `path` is `<home>/history.duckdb`, or None for a store in memory that lives as long as this object. Threads may
    share a store: every call has a cursor of its own, and writers take turns.
    """

    def __init__(self, home: Path, in_memory: bool = False) -> None:
        """Open the history, or make an empty one (also in place of a file of another version, or of no history at all).

        Raises: HistoryLocked when another process has the file, DiskFull.
        """
        self.home = home
        self.path = None if in_memory else home / "history.duckdb"
        self._gate = threading.Condition()
        self._writing = threading.Lock()
        self._local = threading.local()
        self._cursors_out = 0
        self._closing = False
        self._closed = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.run_facts: dict[str, tuple[tuple[object, ...], Row]] = {}
        """What the list of runs last found of each run, with how far its journal had been read then. A journal tells
        the same whenever it is asked, so this is read again only when that changed."""
        self.answers = Answers()
        """See `answers.remembered`."""
        with self._gate:
            self._connect()
            if self.path is not None:
                _open_here[self.path] += 1

    def rows(self, sql: str, **values: object) -> list[Row]:
        """What a query answers; `$name` in it stands for a value. Not to be asked inside a transaction."""
        if (open_snapshot := getattr(self._local, "snapshot", None)) is not None:
            return _answer(open_snapshot, sql, values)
        for again in (True, False):
            try:
                return self._ask(sql, values)
            except duckdb.Error as error:
                if self._lost(error) and again:
                    continue
                if isinstance(error, _BROKEN):
                    raise _broken(self.path, error) from error
                raise
        raise AssertionError("unreachable")

    def journal_state(self, run_id: str) -> tuple[object, ...]:
        """How far the journal of a run has been read; empty for a run the history does not know."""
        read = self.rows("SELECT bytes, lines, last_at FROM journals WHERE run_id = $run_id", run_id=run_id)
        return tuple(read[0].values()) if read else ()

    def _ask(self, sql: str, values: dict[str, object]) -> list[Row]:
        with self._cursor() as cursor:
            return _answer(cursor, sql, values)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let this thread ask several questions about one state.

        All that it asks inside sees the tables as they were at its first question, so that the figures of one answer
        agree while the journals are being read.
        """
        try:
            with self._cursor() as cursor:
                cursor.begin()
                self._local.snapshot = cursor
                try:
                    yield
                finally:
                    self._local.snapshot = None
                    with suppress(duckdb.Error):  # nothing was written
                        cursor.rollback()
        except duckdb.Error as error:
            self._lost(error)
            if isinstance(error, _BROKEN):
                raise _broken(self.path, error) from error
            raise

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose changes land as a whole at the end, or not at all.

        Raises: DiskFull; the store can be used on, and has lost nothing that was there before.
        """
        with self._writing:
            try:
                with self._cursor() as cursor:
                    cursor.begin()
                    try:
                        yield cursor
                        cursor.commit()
                    except BaseException:
                        with suppress(duckdb.Error):  # a failed commit has ended the transaction already
                            cursor.rollback()
                        raise
            except duckdb.Error as error:
                self._lost(error)
                if _FULL.search(str(error)):
                    raise _disk_full(self.path) from error
                if isinstance(error, _BROKEN):
                    raise _broken(self.path, error) from error
                raise

    def close(self) -> None:
        """Give the file back."""
        with self._gate:
            self._disconnect()
            if self.path is not None and not self._closed:
                _open_here[self.path] -= 1
            self._closed = True

    def clear(self) -> None:
        """Delete everything; the journals still hold it all.

        Raises: HistoryLocked when this process has opened the file a second time.
        """
        with self._writing, self._gate:
            if self.path is not None and _open_here[self.path] > 1:
                raise _locked(self.path, f"PID {os.getpid()}")
            self._disconnect()
            self.run_facts.clear()
            self.answers.clear()
            if self.path is not None:
                _remove(self.path)
            self._connect()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # A cursor per call: threads that share one have been seen to get each other's rows.
        with self._gate:
            self._gate.wait_for(lambda: not self._closing)
            cursor = (self._connection or self._connect()).cursor()
            self._cursors_out += 1
        try:
            yield cursor
        finally:
            cursor.close()
            with self._gate:
                self._cursors_out -= 1
                self._gate.notify_all()

    def _lost(self, error: duckdb.Error) -> bool:
        """Whether the whole instance became unusable, as a disk that filled up makes it.

        It can be used again once every connection was closed: the next call opens the file anew.
        """
        fatal = isinstance(error, duckdb.FatalException) or "invalidated" in str(error)
        if not fatal or self.path is None:
            return False
        with self._gate:
            self._disconnect()
        return True

    def _disconnect(self) -> None:
        """Close the file when the last cursor is back; new calls wait meanwhile."""
        self._gate.wait_for(lambda: not self._closing)
        self._closing = True
        self._gate.wait_for(lambda: self._cursors_out == 0)
        self._closing = False
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._gate.notify_all()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        try:
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                connection = _open(self.path)
                current = _is_current(connection)
            except duckdb.Error as error:
                if self.path is None or not _DAMAGED.search(str(error)):
                    raise
                self.path.replace(self.path.with_suffix(".unreadable"))
                connection, current = _open(self.path), False
            if not current:
                connection = self._start_afresh(connection)
        except OSError as error:
            raise write_error(self.path or self.home, error) from error
        except duckdb.Error as error:
            raise self._cannot_open(error) from error
        self._connection = connection
        return connection

    def _cannot_open(self, error: duckdb.Error) -> AgentOptError:
        text = str(error)
        if "Could not set lock" in text:
            return _locked(self.path, text)
        return _disk_full(self.path) if _FULL.search(text) else _broken(self.path, error)

    def _start_afresh(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        if self.path is not None:
            connection.close()
            _remove(self.path)
            connection = _open(self.path)
        connection.begin()
        for statement in create_statements():
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (?)", [VERSION])
        connection.commit()
        return connection


def _answer(cursor: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]) -> list[Row]:
    cursor.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _open(path: Path | None) -> duckdb.DuckDBPyConnection:
    spill = path.with_suffix(".tmp") if path else Path(tempfile.gettempdir()) / f"agentopt-history-{os.getpid()}"
    return duckdb.connect(
        str(path or ":memory:"),
        config={
            "memory_limit": "1GB",
            "storage_compatibility_version": "v1.5.0",
            "temp_directory": str(spill),
            # Nothing is ever fetched: the wheel brings all that is used.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def _is_current(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        found = connection.execute("SELECT version FROM meta").fetchone()
    except duckdb.CatalogException:
        return False
    return found == (VERSION,)


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + ".wal")):
        name.unlink(missing_ok=True)


def _locked(path: Path | None, text: str) -> HistoryLocked:
    pid = _PID.search(text)
    who = f"process {pid[1]}" if pid else "another process"
    return HistoryLocked(
        f"{path} is held by {who}, most likely the dashboard.", "Ask there, or close it and try again."
    )


def _broken(path: Path | None, error: duckdb.Error) -> ProtocolError:
    return ProtocolError(
        f"The history {path or 'in memory'} cannot be used: {str(error).splitlines()[0][:200]}",
        "Delete that file, or run `python -m agentopt_core history rebuild`: the journals hold everything.",
    )


def _disk_full(path: Path | None) -> DiskFull:
    return DiskFull(
        f"The history {path or 'in memory'} cannot grow: the disk is full.",
        "Free some space; the journals hold everything, and the history catches up by itself.",
    )
