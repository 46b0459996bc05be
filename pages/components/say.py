"""Numbers and names as people read them. A dash is a measurement that does not exist, never a zero.

Names, questions, reasons and messages come from uploads and models: whatever goes into a Markdown place passes
through `plain` first, so that it stays text.
"""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import datetime

from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import HOLD_OUT_LABELS, Progress, RunSummary

DASH = "—"

_JOINED = re.compile(r"([:@]|www)(?=\S)", re.IGNORECASE)
"""Where a word joiner keeps icons, emoji and addresses from being made: a backslash does not."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&^=:@/\"'])")


def plain(text: str, limit: int = 200) -> str:
    """Text for a Markdown place: one line, at most `limit` characters, nothing in it is markup."""
    return _MARKUP.sub(r"\\\1", _JOINED.sub("\\1\u2060", shorten(text, limit)))


def shorten(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters, with characters that cannot be seen made visible."""
    line = visible(" ".join(text[: limit * 4].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def visible(text: str) -> str:
    """Direction overrides and other invisible characters as `⟨U+202E⟩`: they could make text read as another."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _is_hidden(c) else c for c in text)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} and character not in "\t\n"


def percent(share: float | None) -> str:
    """A share of 0 to 1 as per cent with one decimal."""
    return DASH if share is None else f"{100 * share:.1f} %"


def accuracy(result: Proportion | None) -> str:
    """The share alone."""
    return percent(result.accuracy if result else None)


def interval(result: Proportion | None) -> str:
    """The 95 % interval alone, e.g. `73.9–94.5 %`."""
    if result is None or result.interval is None:
        return DASH
    low, high = result.interval
    return f"{100 * low:.1f}–{100 * high:.1f} %"


def measured(result: Proportion | None) -> str:
    """A share with all it needs to be believed: interval and n, faults where there were any."""
    if result is None or result.accuracy is None:
        return DASH
    faults = f", {result.faults} not scored" if result.faults else ""
    return f"{accuracy(result)} (95 % interval {interval(result)}, n = {result.n}{faults})"


def points(before: Proportion | None, after: Proportion | None) -> str | None:
    """The difference in percentage points with its sign; None when one of them does not exist."""
    if before is None or after is None or before.accuracy is None or after.accuracy is None:
        return None
    return f"{100 * (after.accuracy - before.accuracy):+.1f} points"


def cost(usage: Usage) -> str:
    """US dollars; a dash when a price is unknown."""
    return DASH if usage.cost_usd is None else f"${usage.cost_usd:.3f}"


def count(number: int | None) -> str:
    """A whole number with thin groups."""
    return DASH if number is None else f"{number:,}".replace(",", "\u202f")


def compact(number: int) -> str:
    """A large number in three digits: 950, 12.3k, 4.56M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


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


def title(run: RunSummary) -> str:
    """What people call the run."""
    return shorten(run.task_set if run.name in ("", run.run_id) else run.name, 80)


def remaining(progress: Progress, now: float) -> str:
    """Time left of this evaluation, from its own pace; empty while there is no pace to go by."""
    if not progress.done or progress.done >= progress.total:
        return ""
    pace = max(0.0, now - progress.started_at) / progress.done
    return f"about {duration(pace * (progress.total - progress.done))} left"


def outcome(run: RunSummary) -> str:
    """The result of a run in a sentence, with n and intervals."""
    if run.baseline is None or run.best is None:
        return "Nothing was measured yet."
    change = points(run.baseline, run.best)
    if run.best_evaluation in (None, 0):
        return f"No update beat the baseline: {measured(run.baseline)}."
    return (
        f"Accuracy on the training tasks went from {measured(run.baseline)} to {measured(run.best)}, "
        f"{change}, with {run.functions} learned function{'s' if run.functions != 1 else ''}."
    )


FIT = HOLD_OUT_LABELS["none"]
"""The label of figures that were measured on the tasks that were trained on, and on no others."""


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
    return f"{what}: {progress.done} of {progress.total} tasks"


def held_out(run: RunSummary) -> str:
    """What the functions do on tasks that training never saw, in a sentence; or that nothing shows it."""
    found = run.held_out
    if found is None:
        if not run.test_tasks:
            return f"Measured on the training tasks themselves: {FIT}."
        if run.hold_out == "opened":
            return "The test split was opened, but not measured to the end: what stands here is fit only."
        return "Measured on the training tasks themselves; the test split is sealed, so this is fit only."
    tried = f"{found.candidates} {'set was' if found.candidates == 1 else 'sets were'} tried in training"
    return (
        f"On test tasks that training never saw: {measured(found.baseline)} untrained, {measured(found.chosen)} with "
        f"the functions; {len(found.fixed)} fixed, {len(found.broken)} broken, exact p = {found.p_value:.2g} ({tried})."
    )


STOPS = {
    "epochs": "All accepted epochs were reached (E).",
    "patience": "Stopped early: too many updates in a row were rolled back (C).",
    "perfect": "Every training task is solved; nothing is left to gain.",
    "max_evaluations": "The limit on evaluations was reached.",
    "budget": "The budget was used up.",
    "stopped": "Stopped by a person.",
    "interrupted": "Interrupted; it can be resumed.",
}


def stop_reason(run: RunSummary) -> str:
    """Why the run ended, in words."""
    return STOPS.get(run.stop_reason, run.stop_reason) or run.status_reason


def size(number: int) -> str:
    """Bytes as people say them."""
    for unit, width in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= width:
            return f"{number / width:.1f} {unit}"
    return f"{number} B"
