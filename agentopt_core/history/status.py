"""What state a run is in, decided from evidence and said with its reason."""

from __future__ import annotations

from typing import NamedTuple

from agentopt_core.views import RunStatus

LAUNCH_GRACE_S = 20.0
"""Seconds a trainer may take from its launch to holding the run."""

_RESUME = "Resume it to go on from its journal."


class Evidence(NamedTuple):
    """All that is known about a run when somebody asks. Times in seconds since 1970."""

    now: float
    damage: str = ""
    """What cannot be read of the run's files."""
    holder: int | None = None
    """Process that holds the run (0: unknown), or None."""
    launched_at: float | None = None
    """When somebody last launched a trainer."""
    trainer_began: bool = False
    """A trainer reported itself after the last end, if there was one."""
    last_event_at: float | None = None
    paused: bool = False
    asks_about: int | None = None
    """The step whose update waits for a person's decision."""
    ended: bool = False
    """The run reported its end, and no trainer has begun since."""
    failed: bool = False
    stop: str | None = None
    end_reason: str = ""
    end_hint: str = ""
    unread: bool = False
    """The journal grew a moment ago by events that are not in the evidence, perhaps by the run's end."""
    log_tail: str = ""
    """The end of the trainer's log, where no trainer holds a run that has not ended."""


class Finding(NamedTuple):
    """The state, why it is thought so, and the next move where one is needed."""

    status: RunStatus
    reason: str
    hint: str = ""


def finding(seen: Evidence) -> Finding:
    """The state that the evidence shows. What cannot be read comes first, then what the run said, then who is there."""
    if seen.damage:
        return Finding("damaged", seen.damage, "Restore the run's folder from a copy, or delete it.")
    if seen.ended and not _launching(seen):
        return _end(seen)
    if seen.holder is not None:
        who = f"process {seen.holder}" if seen.holder else "a process"
        if not seen.trainer_began:
            return Finding("starting", f"{who} is getting ready")
        if seen.paused:
            return Finding("paused", f"{who} holds the run and waits for 'resume'")
        if seen.asks_about is not None:
            return Finding("waiting", f"update {seen.asks_about} waits for a decision", "Decide on the Review page.")
        return Finding("running", f"{who} trains; {_last_event(seen)}")
    if seen.unread:
        return Finding("running", "its latest events are being read")
    if _launching(seen):
        return Finding("starting", f"a trainer was launched {_ago(seen.now - (seen.launched_at or seen.now))}")
    said = f"; its log ends: {seen.log_tail}" if seen.log_tail else ""
    if seen.trainer_began:
        return Finding("interrupted", f"no trainer holds the run; {_last_event(seen)}{said}", _RESUME)
    if seen.launched_at is None:
        return Finding("interrupted", "no trainer was launched yet", _RESUME)
    return Finding("failed", f"the trainer ended before it began to train{said}", "Mend what the log says and resume.")


def _end(seen: Evidence) -> Finding:
    if seen.failed:
        return Finding("failed", seen.end_reason, seen.end_hint)
    if seen.stop == "interrupted":
        return Finding("interrupted", seen.end_reason, _RESUME)
    return Finding("stopped" if seen.stop == "stopped" else "finished", seen.end_reason)


def _launching(seen: Evidence) -> bool:
    """A launch is too fresh to expect anything of it yet; whatever came after it is newer evidence."""
    if seen.launched_at is None or seen.now - seen.launched_at > LAUNCH_GRACE_S:
        return False
    return seen.last_event_at is None or seen.launched_at > seen.last_event_at


def _last_event(seen: Evidence) -> str:
    return "no event yet" if seen.last_event_at is None else f"last event {_ago(seen.now - seen.last_event_at)}"


def _ago(seconds: float) -> str:
    if seconds < 1:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
