"""What a comparison says, in sentences that page and report share."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.saying import DASH, accuracy, interval
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


def difference_words(pair: Comparison) -> str:
    """`+12.5 points (95 % interval −3.1 to +26.8)`."""
    if pair.difference is None or pair.interval is None:
        return DASH
    low, high = pair.interval
    return f"{_signed(pair.difference)} points (95 % interval {_signed(low)} to {_signed(high)})"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


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
    shares = f"{accuracy(pair.common_after)} against {accuracy(pair.common_before)}"
    told = (
        f"On {pair.n} {splits_words(pair)}, {second} solved {shares} of {first}: {difference_words(pair)}; "
        f"{pair.fixed} fixed, {pair.broken} broken, exact p = {p_words(pair.p_value)}"
    )
    p = pair.holm if pair.holm is not None else pair.p_value
    raised = f", {p_words(pair.holm)} with all comparisons counted" if pair.holm not in (None, pair.p_value) else ""
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
    for position, one in enumerate(runs):
        if one.looks > 2:
            told.append(
                f"{letter(position)}: the test tasks of this run were looked at {one.looks} times, by it or others. "
                "The more often, the less they are unseen, and choosing among runs by them is training on them."
            )
        if one.measured(subject) is None:
            told.append(f"{letter(position)}: {SUBJECTS[subject]} was not measured ({one.run.hold_out_label}).")
    if subject == "best" and runs:
        told.append(
            "The best of a run was chosen by its accuracy on these same training tasks, so it is too high rather than "
            "too low, the more so the more candidates were tried; the held-out test has no such lean."
        )
    if any(not pair.n for pair in pairs):
        told.append("Runs on different tasks cannot be paired; their accuracies measure different things.")
    return told


def interval_words(one: Measurement | None) -> str:
    """The interval of a measurement, with n."""
    return f"{interval(one.result)} (n = {one.result.n})" if one else DASH
