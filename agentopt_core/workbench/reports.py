"""What leaves the workbench as files: tables and one-file reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentopt_core.history.tables import TableFormat, TableName, table_bytes, write_tables
from agentopt_core.workbench.compare import CompareBench


class ReportBench(CompareBench):
    """Exports of runs."""

    def table(self, run_ids: str | Sequence[str], name: TableName, format: TableFormat) -> bytes:
        """One table of a run, or of several under one another, for a download. Raises: NotFound."""
        found = self._ids(run_ids)
        with self._history(*found) as store:
            return table_bytes(store, found, name, format)

    def write_table(self, run_ids: str | Sequence[str], name: TableName, format: TableFormat, to: Path) -> Path:
        """The same, streamed into a file. Raises: NotFound; DiskFull."""
        found = self._ids(run_ids)
        with self._history(*found) as store:
            return write_tables(store, found, name, format, to)

    def _ids(self, run_ids: str | Sequence[str]) -> list[str]:
        given = [run_ids] if isinstance(run_ids, str) else run_ids
        return list(dict.fromkeys(self.folder(one).run_id for one in given))
