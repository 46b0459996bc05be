"""Numbers and names as people read them. A dash is a measurement that does not exist, never a zero.

Names, questions, reasons and messages come from uploads and models: whatever goes into a Markdown place passes
through `plain` first, so that it stays text.
"""

from __future__ import annotations

import re
import time
from datetime import datetime

from agentopt_core.saying import DASH as DASH
from agentopt_core.saying import FIT as FIT
from agentopt_core.saying import accuracy as accuracy
from agentopt_core.saying import cost as cost
from agentopt_core.saying import count as count
from agentopt_core.saying import dropped as dropped
from agentopt_core.saying import duration as duration
from agentopt_core.saying import held_out as held_out
from agentopt_core.saying import interval as interval
from agentopt_core.saying import measured as measured
from agentopt_core.saying import outcome as outcome
from agentopt_core.saying import percent as percent
from agentopt_core.saying import points as points
from agentopt_core.saying import shorten as shorten
from agentopt_core.saying import size as size
from agentopt_core.saying import stop_reason as stop_reason
from agentopt_core.saying import title as title
from agentopt_core.saying import visible as visible
from agentopt_core.series import series_words
from agentopt_core.views import Progress, RunSummary

_JOINED = re.compile(r"([:@]|www)(?=\S)", re.IGNORECASE)
"""Where a word joiner keeps icons, emoji and addresses from being made: a backslash does not."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&^=:@/\"'])")


def plain(text: str, limit: int = 200) -> str:
    """Text for a Markdown place: one line, at most `limit` characters, nothing in it is markup."""
    return _MARKUP.sub(r"\\\1", _JOINED.sub("\\1\u2060", shorten(text, limit)))


def compact(number: int) -> str:
    """A large number in three digits: 950, 12.3k, 4.56M."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{letter}"
    return str(number)


def ago(at: float, now: float | None = None) -> str:
    """How long ago a moment was."""
    passed = (time.time() if now is None else now) - at
    if passed < 5:
        return "just now"
    if passed < 3600:
        return f"{duration(passed).split(' min')[0]} min ago" if passed >= 60 else f"{passed:.0f} s ago"
    if passed < 86_400:
        return f"{passed / 3600:.0f} h ago"
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def clock(at: float) -> str:
    """The time of day of a moment, in the server's zone."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def moment(at: float) -> str:
    """Day and time of a moment, in the server's zone."""
    return datetime.fromtimestamp(at).strftime("%d %b, %H:%M")


def remaining(progress: Progress, now: float) -> str:
    """Time left of this evaluation, from its own pace; empty while there is no pace to go by."""
    if not progress.done or progress.done >= progress.total:
        return ""
    pace = max(0.0, now - progress.started_at) / progress.done
    return f"about {duration(pace * (progress.total - progress.done))} left"


def split_words(run: RunSummary) -> str:
    """The tasks of a run in words, and what became of its test split."""
    if not run.test_tasks:
        return f"{run.train_tasks} training tasks ({FIT})"
    states = {
        "measured": "opened once",
        "opened": "opened, not measured to the end",
        "sealed": "sealed" if run.sealed else "sealed until a rule has ended training",
    }
    state = states[run.hold_out]
    return f"{run.train_tasks} training tasks, {run.test_tasks} test tasks ({state})"


def under_way(progress: Progress) -> str:
    """What is being measured and how far it is."""
    if progress.split == "test":
        what = "Held-out test"
    else:
        what = "Baseline" if progress.evaluation == 0 else f"Evaluation {progress.evaluation}"
        what += " on validation" if progress.split == "val" else ""
        what += f", {series_words(progress.series)}" if progress.series else ""
    return f"{what}: {progress.done} of {progress.total} tasks"
