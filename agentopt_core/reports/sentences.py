"""What a comparison says, in sentences that page and report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentopt_core.saying import DASH, accuracy
from agentopt_core.views import ComparedRun, Comparison, Measurement, Subject

SUBJECTS: dict[Subject, str] = {
    "best": "Best on training tasks",
    "test": "Held-out test",
    "baseline": "Baseline",
}
"""What stands for a run, in words."""

SPLITS = {"train": "training tasks", "val": "validation tasks", "test": "test tasks"}

OFTEN = 0.05
"""Below this a difference is called unlikely to be chance; the p-value always stands beside the words."""


def letter(position: int) -> str:
    """A, B, C, ...: the short name of a run among those compared."""
    return chr(ord("A") + position)


def measurement_words(one: Measurement) -> str:
    """`Best, evaluation 3, training tasks: 82.5 % (n = 40)`."""
    place = one.place
    if place.split == "test":
        name = "Chosen functions" if one.is_best else "Untrained"
    elif place.evaluation == 0:
        name = "Baseline"
    else:
        name = "Best" if one.is_best else {"kept": "Kept", "rolled_back": "Rolled back"}.get(one.verdict, "Candidate")
    where = f"{name}, evaluation {place.evaluation}, {SPLITS[place.split]}"
    return f"{where}: {accuracy(one.result)} (n = {one.result.n})"


def p_words(p: float | None) -> str:
    """A p-value as people read it; never a bare zero."""
    if p is None:
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _relation(p: float | None) -> str:
    said = p_words(p)
    return said if said.startswith("<") else f"= {said}"


def difference_parts(pair: Comparison) -> tuple[str, str]:
    """The difference in percentage points, `+12.5`, and its 95 % interval, `−3.1 to +26.8`."""
    if pair.difference is None or pair.interval is None:
        return DASH, DASH
    low, high = pair.interval
    return _signed(pair.difference), f"{_signed(low)} to {_signed(high)}"


def difference_words(pair: Comparison) -> str:
    """`+12.5 points (95 % interval −3.1 to +26.8)`."""
    difference, interval = difference_parts(pair)
    return difference if pair.difference is None else f"{difference} points (95 % interval {interval})"


def _signed(share: float) -> str:
    points = f"{100 * share:+.1f}"
    return "0.0" if points in ("+0.0", "-0.0") else points.replace("-", "−")


def splits_words(pair: Comparison) -> str:
    """The split or splits of the common tasks."""
    first, second = (SPLITS[one.place.split] for one in (pair.before, pair.after))
    return f"common {first}" if first == second else f"tasks that are {first} of the first and {second} of the second"


def comparison_sentence(pair: Comparison, first: str, second: str) -> str:
    """Which of two measurements is better, by how much, and how often chance would do it."""
    if not pair.n:
        return (
            f"{first} and {second} cannot be paired: they have no task in common that both scored. "
            "Only their shares and intervals can be set side by side."
        )
    told = (
        f"On {pair.n} {splits_words(pair)} {first} solved {accuracy(pair.common_before)} and {second} "
        f"{accuracy(pair.common_after)}: {difference_words(pair)}; "
        f"{pair.fixed} fixed, {pair.broken} broken, exact p {_relation(pair.p_value)}"
    )
    p = pair.holm if pair.holm is not None else pair.p_value
    raised = f", {_relation(pair.holm)} with all comparisons counted" if pair.holm not in (None, pair.p_value) else ""
    judged = "unlikely to be chance" if p is not None and p < OFTEN else "this may be chance"
    return f"{told}{raised}: {judged}."


def left_out_sentence(pair: Comparison) -> str:
    """How many tasks of either side could not be paired and why; empty where all were."""
    if not pair.left_out:
        return ""
    reasons = "; ".join(f"{number} {reason}" for reason, number in pair.left_out.items())
    return f"Left out: {sum(pair.left_out.values())} tasks ({reasons})."


def count_sentence(pairs: Sequence[Comparison]) -> str:
    """How many comparisons were made together, and what that does to the p-values."""
    tested = sum(pair.p_value is not None for pair in pairs)
    if tested == 1:
        return "1 comparison was made."
    raised = ", so p-values are also given raised for their number (Holm)" if tested else ""
    return f"{tested} comparisons were made{raised}."


def cautions(runs: Sequence[ComparedRun], pairs: Sequence[Comparison], subject: Subject) -> list[str]:
    """What a reader must know before believing the figures."""
    told = []
    looked = {letter(position): one.looks for position, one in enumerate(runs) if one.looks > 2}
    if looked:
        told.append(
            f"The test tasks were looked at again and again, by these runs or others ({_each(looked)} looks). The more "
            "often, the less they are unseen, and choosing among runs by them is training on them."
        )
    lacking = {
        letter(position): one.run.hold_out_label for position, one in enumerate(runs) if one.measured(subject) is None
    }
    if lacking:
        told.append(f"{SUBJECTS[subject]} was not measured: {_each(lacking)}.")
    if subject == "best" and runs:
        told.append(
            "The best of a run was chosen by its accuracy on these same training tasks, so it is too high rather than "
            "too low, the more so the more candidates were tried; the held-out test has no such lean."
        )
    if any(not pair.n for pair in pairs):
        told.append("Runs on different tasks cannot be paired; their accuracies measure different things.")
    return told


def _each(found: Mapping[str, object]) -> str:
    """`A and B: 6, C: 4`."""
    together: dict[object, list[str]] = {}
    for name, value in found.items():
        together.setdefault(value, []).append(name)
    return "; ".join(f"{', '.join(names)}: {value}" for value, names in together.items())
