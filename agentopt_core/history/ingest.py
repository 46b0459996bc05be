"""Journals into tables: each event lands exactly once, whatever is killed in between."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import duckdb

from agentopt_core.errors import AgentOptError, ProtocolError
from agentopt_core.history.journal import Entry, read_entries
from agentopt_core.history.notes import ABOUT, read_about
from agentopt_core.history.rows import Values, rows_of
from agentopt_core.history.run_folder import RunFolder, runs_in
from agentopt_core.history.schema import TABLES
from agentopt_core.history.store import HistoryStore
from agentopt_core.views.keeping import About

BATCH_EVENTS = 4000
BATCH_BYTES = 8 << 20


class Ingestor:
    """Brings the tables up to date with the journals under the store's home.

    Rows and the offset they reach in the journal are one transaction, and the offset is read in it: killed at any
    moment, or run twice at the same time, no event is missing and none is there twice.
    """

    def __init__(self, store: HistoryStore, batch_events: int = BATCH_EVENTS) -> None:
        self._store = store
        self._batch_events = batch_events
        self._sizes: dict[str, tuple[int, ...]] = {}
        """What a run's files looked like when nothing was left to read; unchanged files are not opened."""

    def catch_up(self, only: Iterable[str] | None = None) -> int:
        """Read what the journals (or those of `only` some runs) have gained, and forget runs whose folder is gone.

        Returns: how many events were new. Raises: DiskFull.
        """
        folders = runs_in(self._store.home)
        if only is None:
            self._forget_all_but({folder.run_id for folder in folders})
        else:
            wanted = set(only)
            folders = [folder for folder in folders if folder.run_id in wanted]
        return sum(self._catch_up_run(folder) for folder in folders)

    def _catch_up_run(self, folder: RunFolder) -> int:
        looks = _looks(folder)
        if self._sizes.get(folder.run_id) == looks:
            return 0
        self._describe(folder)
        new = 0
        while batch := self._next_batch(folder):
            new += self._store_batch(folder.run_id, batch)
        self._sizes[folder.run_id] = looks
        return new

    def _next_batch(self, folder: RunFolder) -> list[Entry]:
        known = self._store.rows("SELECT bytes FROM journals WHERE run_id = $run_id", run_id=folder.run_id)
        if not known:  # deleted a moment ago
            return []
        offset = known[0]["bytes"]
        if not _is_boundary(folder.journal, offset):  # not the journal that was read: somebody changed it
            self.forget({folder.run_id})
            self._describe(folder)
            offset = 0
        return list(_cut(islice(read_entries(folder.journal, offset), self._batch_events), offset))

    def _store_batch(self, run_id: str, batch: list[Entry]) -> int:
        try:
            return self._insert(run_id, batch)
        except (duckdb.DataError, duckdb.ProgrammingError, ValueError, OverflowError) as error:
            if len(batch) > 1:  # one event does not fit the tables: find it, and keep the others
                return sum(self._store_batch(run_id, [entry]) for entry in batch)
            reason = str(error).splitlines()[0][:200]
            damage = f"The event at byte {batch[0].offset} of the journal cannot be stored: {reason}"
            return self._insert(run_id, [batch[0]._replace(event=None, damage=damage)])

    def _insert(self, run_id: str, batch: list[Entry]) -> int:
        """Insert a batch if the journal was read exactly up to it; returns the number of events.

        Two that would insert the same batch both change its row of `journals`: one of the transactions fails.
        """
        tables: dict[str, list[Values]] = {}
        for entry in batch:
            if entry.damage:
                row: Values = {"run_id": run_id, "journal_offset": entry.offset, "reason": entry.damage}
                tables.setdefault("damages", []).append(row)
            elif entry.event is not None:
                for table, values in rows_of(run_id, entry.offset, entry.event):
                    tables.setdefault(table, []).append(values)
        events = [entry.event for entry in batch if entry.event is not None]
        with self._store.transaction() as cursor:
            cursor.execute("SELECT bytes FROM journals WHERE run_id = $run_id", {"run_id": run_id})
            if cursor.fetchone() != (batch[0].offset,):
                return 0
            cursor.execute(
                """
                UPDATE journals SET bytes = $bytes, lines = lines + $lines,
                    last_at = coalesce($at, last_at), last_kind = coalesce($kind, last_kind)
                WHERE run_id = $run_id
                """,
                {
                    "run_id": run_id,
                    "bytes": batch[-1].end,
                    "lines": len(batch),
                    "at": events[-1].at if events else None,
                    "kind": events[-1].kind if events else None,
                },
            )
            if functions := tables.pop("functions", None):
                tables["functions"] = _unknown(cursor, run_id, functions)
            for table, rows in tables.items():
                _append(cursor, table, rows)
        return len(events)

    def _describe(self, folder: RunFolder) -> None:
        """Write down what a run is: once, and again when people wrote about it; damaged files are looked at again."""
        about = _about(folder)
        known = "SELECT damage, changed_at FROM runs WHERE run_id = $run_id"
        if self._store.rows(f"{known} AND damage = '' AND changed_at = $at", run_id=folder.run_id, at=about.changed_at):
            return
        values = describe(folder)
        with self._store.transaction() as cursor:
            cursor.execute(known, {"run_id": folder.run_id})
            found = cursor.fetchone()
            if found == (values["damage"], values["changed_at"]):
                return
            if found is None:
                _append(cursor, "journals", [{"run_id": folder.run_id, "bytes": 0, "lines": 0}])
            cursor.execute("DELETE FROM runs WHERE run_id = $run_id", {"run_id": folder.run_id})
            _append(cursor, "runs", [values])

    def _forget_all_but(self, run_ids: set[str]) -> None:
        known = {row["run_id"] for row in self._store.rows("SELECT run_id FROM journals")}
        if gone := known - run_ids:
            self.forget(gone)

    def forget(self, run_ids: set[str]) -> None:
        """Take every row of these runs out of the tables."""
        with self._store.transaction() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT unnest($ids))", {"ids": list(run_ids)})  # noqa: S608
        for run_id in run_ids:
            self._sizes.pop(run_id, None)
            self._store.run_facts.pop(run_id, None)
        self._store.answers.clear()


def describe(folder: RunFolder) -> Values:
    """The row of table `runs` for a folder; what cannot be read is said in `damage`."""
    row: Values = {"run_id": folder.run_id, "name": folder.run_id, "train_tasks": 0, "test_tasks": 0}
    row |= {"is_demo": False, "private": False}
    row |= {name: "" for name in ("task_set", "task_set_id", "test_digest", "agent_model", "optimizer_model", "config")}
    row |= {"origin": ""}
    row |= {"max_epochs": 0, "patience": 0, "created_at": 0.0}
    about = _about(folder)
    row |= {"tags": list(about.tags), "note": about.note, "archived": about.archived, "sample": bool(about.sample)}
    row["changed_at"] = about.changed_at
    damages = []
    try:
        manifest = folder.manifest()
        row |= {"task_set": manifest.name, "task_set_id": manifest.id, "created_at": manifest.taken_at}
        row |= {name: getattr(manifest, name) for name in ("train_tasks", "test_tasks", "test_digest", "private")}
    except AgentOptError as error:
        damages.append(str(error))
    try:
        config = folder.config()
        row |= {
            "name": config.name or folder.run_id,
            "agent_model": config.agent.endpoint.model,
            "optimizer_model": config.optimizer.endpoint.model,
            "is_demo": config.is_demo,
            "max_epochs": config.training.epochs,
            "patience": config.training.patience,
            "config": config.model_dump_json(),
        }
    except AgentOptError as error:
        damages.append(str(error))
    try:
        initial = folder.initial()
        row["origin"] = initial.origin.sentence if initial else ""
    except AgentOptError as error:
        damages.append(str(error))
    if about.name:
        row["name"] = about.name
    return {**row, "damage": " ".join(damages)}


def _about(folder: RunFolder) -> About:
    """What people wrote about the run. A damaged file damages no run: whoever opens its notes is told."""
    try:
        return read_about(folder.path)
    except ProtocolError:
        return About()


def _append(cursor: duckdb.DuckDBPyConnection, table: str, rows: list[Values]) -> None:
    columns = TABLES[table]
    appender = cursor.appender(table)
    appender.append_rows([tuple(map(row.get, columns)) for row in rows])
    appender.flush()


def _unknown(cursor: duckdb.DuckDBPyConnection, run_id: str, functions: list[Values]) -> list[Values]:
    """Those that the run's table of functions does not hold yet, each once."""
    cursor.execute("SELECT digest FROM functions WHERE run_id = $run_id", {"run_id": run_id})
    known = {digest for (digest,) in cursor.fetchall()}
    return list({function["digest"]: function for function in functions if function["digest"] not in known}.values())


def _cut(entries: Iterable[Entry], offset: int) -> Iterator[Entry]:
    """The first of the entries, until a transaction would get too large; at least one."""
    for entry in entries:
        yield entry
        if entry.end - offset > BATCH_BYTES:
            return


def _is_boundary(path: Path, offset: int) -> bool:
    """Whether a line of the journal ends at the offset, as it did when it was read so far."""
    if offset == 0:
        return True
    try:
        with path.open("rb") as file:
            file.seek(offset - 1)
            return file.read(1) == b"\n"
    except FileNotFoundError:
        return False


def _looks(folder: RunFolder) -> tuple[int, ...]:
    found = []
    for name in ("events.ndjson", "config.json", "taskset.json", "initial.json", ABOUT):
        try:
            stat = (folder.path / name).stat()
            found += [stat.st_size, stat.st_mtime_ns]
        except OSError:
            found += [-1, -1]
    return tuple(found)


class IngestThread:
    """Keeps the tables within a fraction of a second of the journals, in the background of one process."""

    def __init__(self, store: HistoryStore, every_s: float = 0.15) -> None:
        self._ingestor = Ingestor(store)
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="history-ingest", daemon=True)
        self.last_error: str | None = None
        """Why the last look at the journals failed, as a sentence; None when it went well."""

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """End after the transaction at hand; the store stays open."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """The thread is at work."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                self._ingestor.catch_up()
                self.last_error = None
            except Exception as error:  # it must outlive whatever one look at the disk meets
                self.last_error = str(error) if isinstance(error, AgentOptError) else f"The history stopped: {error}"
            self._ended.wait(self._every_s)
