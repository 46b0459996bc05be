"""Where a study stands, from its journal alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from agentopt_core.errors import ProtocolError
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import CellResult, Line, StudyEnded, StudyMade

StudyStatus = Literal["starting", "running", "paused", "done", "stopped", "interrupted", "waiting", "failed"]

LAUNCH_GRACE_S = 20.0
"""Seconds that a process may take from its launch to its first line."""


@dataclass(frozen=True)
class StudyState:
    """The cells that were started and what came of them."""

    made: StudyMade
    run_ids: Mapping[str, str] = field(default_factory=dict)
    """Cell -> its run."""
    results: Mapping[str, CellResult] = field(default_factory=dict)
    """Cell -> its result, of runs that are over; that of a run that was resumed is replaced."""
    paused: bool = False
    ended: StudyEnded | None = None
    """How the last process ended; None while one is at work, or when it was killed."""
    began: bool = False
    parallel: int = 1
    earlier_s: float = 0.0
    """Seconds that earlier processes worked on it."""
    since: float = 0.0
    """When the last process began, in seconds since 1970."""
    last: float = 0.0
    """When the last line was written."""

    def after(self, line: Line) -> StudyState:
        """The state after one more line."""
        state = replace(self, last=line.at)
        match line.kind:
            case "study_began":
                return replace(
                    state,
                    began=True,
                    ended=None,
                    paused=False,
                    parallel=line.parallel,
                    earlier_s=self.work(None),
                    since=line.at,
                )
            case "cell_started":
                return replace(state, run_ids={**self.run_ids, line.cell: line.run_id})
            case "cell_ended":
                return replace(state, results={**self.results, line.cell: line.result})
            case "paused":
                return replace(state, paused=line.paused)
            case "study_ended":
                return replace(state, ended=line)
            case "study_made":
                return state

    def work(self, now: float | None) -> float:
        """Seconds that the study has taken so far, pauses included; `now` while a process works on it."""
        return self.earlier_s + max(0.0, (self.last if now is None else now) - self.since if self.since else 0.0)

    def status(self, holder: int | None, launched_at: float = 0.0, now: float = 0.0) -> tuple[StudyStatus, str]:
        """What state the study is in, and why it is thought so.

        `holder`: the process that works on it, if any; `launched_at`: when somebody last launched one, like `now` in
        seconds since 1970.
        """
        if holder is not None:
            who = f"process {holder}" if holder else "a process"
            return ("paused", f"{who} waits for 'resume'") if self.paused else ("running", f"{who} works on it")
        if launched_at > self.last and now - launched_at <= LAUNCH_GRACE_S:
            return "starting", "a process was launched for it"
        if not self.began:
            return "waiting", "no process has begun it yet"
        if self.ended is None:
            return "interrupted", "its process is gone; run it again to go on where it stopped"
        match self.ended.end:
            case "done":
                return "done", self.ended.reason
            case "stopped":
                return "stopped", self.ended.reason
            case _:
                return "failed", self.ended.reason


def state_of(folder: StudyFolder) -> StudyState:
    """The state that the journal tells. Raises: ProtocolError when it is damaged."""
    first, *rest = folder.lines()
    if first.kind != "study_made":
        raise ProtocolError(f"{folder.journal} does not begin as a study does.", "Restore it, or start anew.")
    state = StudyState(made=first)
    for line in rest:
        state = state.after(line)
    return state
