"""A study is a folder: its file, its journal, its commands and its log. Its runs lie among all others.

<home>/studies/<study_id>/  study.toml  study.ndjson  commands.ndjson  study.log  study.lock
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from agentopt_core.errors import ConfigError, NotFound, ProtocolError, RunBusy
from agentopt_core.history.command_log import CommandLog
from agentopt_core.history.hold import Hold
from agentopt_core.history.lines import write_error
from agentopt_core.studies.journal import Line, StudyMade, read_study_journal, write_line
from agentopt_core.studies.plan import StudyFile, parse_study, to_toml


class StudyFolder:
    """One study on disk. Its name is the study id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study_id = path.name
        self.journal = path / "study.ndjson"
        self.commands = CommandLog(path / "commands.ndjson")
        self.log_path = path / "study.log"
        self._hold = Hold(path / "study.lock", self._busy)

    def __repr__(self) -> str:
        return f"StudyFolder({str(self.path)!r})"

    @classmethod
    def create(cls, home: Path, file: StudyFile, made: StudyMade) -> StudyFolder:
        """A new study under `home`, complete or not there at all. Raises: DiskFull or ConfigError."""
        name = f"{datetime.fromtimestamp(made.at, UTC):%Y%m%d-%H%M%S}-{file.kind}-{secrets.token_hex(3)}"
        path = home / "studies" / name
        half_made = path.with_name(f".new-{name}")
        try:
            half_made.mkdir(parents=True)
            (half_made / "study.toml").write_text(to_toml(file), encoding="utf-8")
            write_line(half_made / "study.ndjson", made)
            half_made.rename(path)
        except OSError as error:
            shutil.rmtree(half_made, ignore_errors=True)
            raise write_error(half_made, error) from error
        return cls(path)

    def file(self) -> StudyFile:
        """What is asked. Raises: ProtocolError when the file is damaged."""
        path = self.path / "study.toml"
        try:
            return parse_study(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            raise ProtocolError(f"{path} cannot be read: {error}", "Restore it from a copy, or start anew.") from error

    def lines(self) -> list[Line]:
        """The journal. Raises: ProtocolError when it is damaged or empty."""
        lines = list(read_study_journal(self.journal))
        if not lines or lines[0].kind != "study_made":
            raise ProtocolError(f"{self.journal} does not begin as a study does.", "Restore it, or start anew.")
        return lines

    def write(self, line: Line) -> None:
        """Append to the journal; only the process that holds the study may. Raises: DiskFull."""
        write_line(self.journal, line)

    def hold(self) -> AbstractContextManager[None]:
        """Be the study's only process. Raises: RunBusy naming the process that has it."""
        return self._hold.take()

    def holder(self) -> int | None:
        """The process id that works on the study (0 when it did not say), or None when nobody does."""
        return self._hold.holder()

    def _busy(self, pid: int | None) -> RunBusy:
        return RunBusy(
            f"Process {pid or '(unknown)'} works on study {self.study_id} already.",
            f"Watch it with `study show {self.study_id}` or in the dashboard, or stop it first.",
        )


def studies_in(home: Path) -> list[StudyFolder]:
    """All studies under `home`, newest first, damaged ones included."""
    try:
        entries = [e.path for e in os.scandir(home / "studies") if e.is_dir() and not e.name.startswith(".")]
    except FileNotFoundError:
        return []
    return [StudyFolder(Path(path)) for path in sorted(entries, reverse=True)]


def find_study(home: Path, study_id: str) -> StudyFolder:
    """The study of that id, or of the only id that begins like it. Raises: NotFound naming the latest."""
    studies = studies_in(home)
    matching = [one for one in studies if study_id and one.study_id.startswith(study_id)]
    exact = [one for one in matching if one.study_id == study_id]
    if exact or len(matching) == 1:
        return (exact or matching)[0]
    latest = ", ".join(one.study_id for one in (matching or studies)[:5])
    hint = f"The latest are: {latest}." if latest else "Start one with `study run docs/studies/ablation.toml`."
    if matching:
        raise NotFound(f"Several studies begin with '{study_id[:100]}'.", hint)
    raise NotFound(f"There is no study '{study_id[:100]}' in {home}.", hint)
