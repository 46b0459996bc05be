"""How far training and unseen tasks have come apart: the sign of over-fitting, with its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from agentopt_core.rollouts import Proportion
from agentopt_core.views import CurvePoint, RunSummary

Measured = tuple[int, Proportion, Proportion | None]
"""An accepted evaluation, its result on the training tasks, and on unseen ones."""


class Gap(NamedTuple):
    """Accuracy on training tasks minus accuracy on unseen ones, -1 to 1."""

    first: float
    """At the baseline, where nothing is fitted yet: the splits may differ in difficulty."""
    last: float
    growth: float
    """`last` minus `first`, -2 to 2: what training has added to the gap."""
    interval: tuple[float, float]
    """95 % interval of the growth."""


def gap(first: Proportion, last: Proportion, unseen_first: Proportion, unseen_last: Proportion) -> Gap | None:
    """The gap before and after training, and how much it grew; None where a share was not measured.

    The interval joins the Wilson intervals of the four shares by squares (Zou and Donner, Statistics in Medicine 27
    (2008) 1693-1702). It takes them for independent though each split has the same tasks twice, so it is rather too
    wide than too narrow.
    """
    shares = (last, first, unseen_last, unseen_first)
    if any(share.accuracy is None for share in shares):
        return None
    after, before, unseen_after, unseen_before = (share.accuracy or 0.0 for share in shares)
    growth = (after - before) - (unseen_after - unseen_before)
    down, up = _reach(((last, 1), (first, -1), (unseen_last, -1), (unseen_first, 1)))
    return Gap(
        first=before - unseen_before,
        last=after - unseen_after,
        growth=growth,
        interval=(max(-2.0, growth - down), min(2.0, growth + up)),
    )


def unseen(run: RunSummary, curve: Sequence[CurvePoint]) -> list[tuple[str, list[Measured]]]:
    """The accepted sets that were measured on tasks which the optimizer never read, by split (validation, test)."""
    accepted = [point for point in curve if point.verdict in ("baseline", "kept")]
    seen: list[Measured] = [
        (point.evaluation, point.result, point.validation) for point in accepted if point.validation
    ]
    return [("validation", seen), ("test", _on_test(run, accepted))]


def gaps(run: RunSummary, curve: Sequence[CurvePoint]) -> dict[str, tuple[Gap, Proportion, Proportion]]:
    """Split of unseen tasks -> the gap from training to it, and the last results on training and on the split."""
    found = {}
    for split, measured in unseen(run, curve):
        if len(measured) < 2:
            continue
        (_, first, other_first), (_, last, other_last) = measured[0], measured[-1]
        if other_first and other_last and (apart := gap(first, last, other_first, other_last)):
            found[split] = (apart, last, other_last)
    return found


def gap_sentence(split: str, apart: Gap, last: Proportion, other: Proportion) -> str:
    """The gap in words, with n and interval."""
    low, high = apart.interval
    return (
        f"Training minus {split}: {100 * apart.first:+.1f} points at the baseline, {100 * apart.last:+.1f} now; "
        f"the gap changed by {100 * apart.growth:+.1f} points (95 %: {100 * low:+.1f} to {100 * high:+.1f}; "
        f"n = {last.n} training, {other.n} {split} tasks)"
    )


def _on_test(run: RunSummary, accepted: Sequence[CurvePoint]) -> list[Measured]:
    if run.held_out is None or len(accepted) < 2:
        return []
    first, last = accepted[0], accepted[-1]
    return [
        (first.evaluation, first.result, run.held_out.baseline),
        (last.evaluation, last.result, run.held_out.chosen),
    ]


def _reach(parts: Sequence[tuple[Proportion, int]]) -> tuple[float, float]:
    """How far a sum of signed shares may lie below and above its estimate."""
    below, above = 0.0, 0.0
    for share, sign in parts:
        middle, (low, high) = share.accuracy or 0.0, share.interval or (0.0, 1.0)
        to_low, to_high = (middle - low) ** 2, (high - middle) ** 2
        below += to_low if sign > 0 else to_high
        above += to_high if sign > 0 else to_low
    return math.sqrt(below), math.sqrt(above)
