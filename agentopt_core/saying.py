"""Numbers and results in words, the same on every page, in every report and export.

A dash is a measurement that does not exist, never a zero. Nothing here is markup: who draws it escapes it.
"""

from __future__ import annotations

import unicodedata

from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import HOLD_OUT_LABELS, RunSummary

DASH = "—"
FIT = HOLD_OUT_LABELS["none"]
"""The label of figures that were measured on the tasks that were trained on, and on no others."""

STOPS = {
    "epochs": "All accepted epochs were reached (E).",
    "patience": "Stopped early: too many updates in a row were rolled back (C).",
    "perfect": "Every training task is solved; nothing is left to gain.",
    "max_evaluations": "The limit on evaluations was reached.",
    "budget": "The budget was used up.",
    "stopped": "Stopped by a person.",
    "interrupted": "Interrupted; it can be resumed.",
}


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


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(number: int) -> str:
    """Bytes as people say them."""
    for unit, width in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= width:
            return f"{number / width:.1f} {unit}"
    return f"{number} B"


def shorten(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters, with characters that cannot be seen made visible."""
    line = visible(" ".join(text[: limit * 4].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def visible(text: str) -> str:
    """Direction overrides and other invisible characters as `⟨U+202E⟩`: they could make text read as another."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _is_hidden(c) else c for c in text)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} and character not in "\t\n"


def title(run: RunSummary) -> str:
    """What people call the run."""
    return shorten(run.task_set if run.name in ("", run.run_id) else run.name, 80)


PROVISIONAL = " The last of them are provisional: likely better, but not accepted by the evidence gate."


def outcome(run: RunSummary) -> str:
    """The result of a run in a sentence, with n and intervals."""
    if run.in_batches:
        return (
            f"Trained in batches of different tasks, so no gain on the training tasks can be told; the accepted "
            f"functions ({run.functions}) reach {measured(run.best)} on the last batch."
        )
    if run.baseline is None or run.best is None:
        return "Nothing was measured yet."
    change = points(run.baseline, run.best)
    if run.best_evaluation in (None, 0):
        return f"No update beat the baseline: {measured(run.baseline)}."
    return (
        f"Accuracy on the training tasks went from {measured(run.baseline)} to {measured(run.best)}, "
        f"{change}, with {run.functions} learned function{'s' if run.functions != 1 else ''}."
        f"{PROVISIONAL if run.provisional else ''}"
    )


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
        f"On test tasks that training never saw: {measured(found.baseline)} at the start, {measured(found.chosen)} "
        f"with the functions; {len(found.fixed)} fixed, {len(found.broken)} broken, exact p = {found.p_value:.2g} "
        f"({tried})."
    )


def dropped(run: RunSummary) -> str:
    """Which accepted functions were left out at the end, and why, in a sentence; empty where none was."""
    if not run.dropped:
        return ""
    told = "; ".join(f"{name} ({reason})" for name, reason in run.dropped.items())
    return f"Left out of the set that is tested and exported, since no call succeeded: {told}."


def stop_reason(run: RunSummary) -> str:
    """Why the run ended, in words."""
    return STOPS.get(run.stop_reason, run.stop_reason) or run.status_reason
