"""Names what goes wrong in a run, from its figures: the evidence in numbers, and what to try.

Pure: views in, sentences out. Each diagnosis is a reading of few measurements, not a proof; where a figure could be
chance the evidence says so. A run in which nothing is wrong gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from agentopt_core.evaluation.gap import gap_sentence, gaps, unseen
from agentopt_core.rollouts import Proportion
from agentopt_core.significance import mcnemar_p
from agentopt_core.views import CurvePoint, RunSummary, Signs
from agentopt_core.words import Word

IN_A_ROW = 4
"""Withdrawn candidates in a row from which the optimizer is said not to get on; fewer happen in good runs."""
MANY_FAULTS = 0.1
"""Share of the tasks that could not be scored."""
MANY_CAPPED = 0.5
"""Share of the rollouts that ended at the turn cap."""
FAILING = 0.5
"""Share of a function's calls that failed, from `FEW_CALLS` calls on."""
FEW_CALLS = 4
FALLEN = 2
"""Tasks fewer on unseen tasks from which training is said to over-fit: one task is nothing."""
CHURN = 0.1
"""Share of the tasks that changed sides though the mean stayed; at least `FEW_CHANGES` of them."""
FEW_CHANGES = 4
WEAK_P = 0.05

Kind = Literal[
    "over_fitting", "gap", "no_progress", "no_improvement", "ceiling", "faults", "turn_cap", "unused", "failing",
    "noise", "churn",
]  # fmt: skip


class Diagnosis(Word):
    """One thing that goes wrong, or that the figures hide."""

    kind: Kind
    name: str
    evidence: str
    """A sentence with the numbers, their n and split."""
    advice: str
    """What to try, in a sentence or two."""


def diagnose(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> tuple[Diagnosis, ...]:
    """What is wrong with a run as far as its figures show, the gravest first; empty when nothing is.

    `curve` is that of the run from its baseline on, `signs` belong to its accepted set.
    """
    if not curve:
        return ()
    return tuple(found for rule in _RULES for found in rule(run, curve, signs))


def _faults(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    last = curve[-1].result
    tasks = last.n + last.faults
    if tasks and last.faults / tasks >= MANY_FAULTS:
        yield Diagnosis(
            kind="faults",
            name="Many tasks could not be scored",
            evidence=f"{last.faults} of {tasks} training tasks of evaluation {curve[-1].evaluation} are faults, "
            "neither right nor wrong. The accuracy leaves them out: two evaluations may not stand for the same tasks.",
            advice="Read the reasons in the event log: mostly the endpoint (rate limits, time-outs, a wrong key). "
            "Lower the rollouts at once, or raise the time-out.",
        )


def _ceiling(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    first = curve[0].result
    if first.n and first.correct == first.n and not _in_batches(curve):
        yield Diagnosis(
            kind="ceiling",
            name="Everything is solved without functions",
            evidence=f"The baseline solves all {first.n} training tasks: no update can show a gain.",
            advice="Train on harder tasks, or with a weaker model as agent.",
        )


def _over_fitting(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    if _in_batches(curve):
        return  # the training accuracies of two batches are of different tasks
    for split, measured in unseen(run, curve):
        if len(measured) < 2:
            continue
        last_evaluation, last_train, last = measured[-1]
        evaluation, train, peak = max(measured[:-1], key=lambda one: _accuracy(one[2]))
        fewer = (_accuracy(peak) - _accuracy(last)) * (last.n if last else 0)
        if fewer >= FALLEN - 1e-9 and _accuracy(last_train) > _accuracy(train):
            since = "the baseline" if evaluation == 0 else f"evaluation {evaluation}"
            yield Diagnosis(
                kind="over_fitting",
                name="Over-fitting",
                evidence=f"From {since} to evaluation {last_evaluation} the training accuracy rose from "
                f"{_share(train)} to {_share(last_train)}, while on the {split} split it fell from {_share(peak)} to "
                f"{_share(last)}.",
                advice=f"Go back to the functions of {since}, and look in the diff for constants of single tasks. More "
                "training tasks, fewer epochs (E) and fewer actions a step make it less likely.",
            )
            return


def _gap(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    if any(_over_fitting(run, curve, signs)):
        return  # the graver word for the same thing
    for split, (apart, last, held) in gaps(run, curve).items():
        if apart.interval[0] > 0:
            yield Diagnosis(
                kind="gap",
                name="The gain does not carry over",
                evidence=f"{gap_sentence(split, apart, last, held)}. Chance alone hardly explains that.",
                advice="What was learned fits the training tasks more than others like them: look in the diff for "
                "constants of single tasks. More training tasks and fewer epochs (E) make it less likely.",
            )
            return


def _in_batches(curve: Sequence[CurvePoint]) -> bool:
    """The accepted set was measured again on other tasks."""
    return any(point.renewed for point in curve)


def _no_improvement(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    row = run.withdrawn_in_a_row
    if curve[0].result.n and curve[0].result.correct == curve[0].result.n:
        return
    if row < IN_A_ROW and not (run.stop_kind == "patience" and row):
        return
    accepted = [number for number, point in enumerate(curve) if point.verdict in ("baseline", "kept")]
    tried = [point.result for point in curve[max(accepted, default=0) + 1 :] if point.verdict != "pending"]
    best = max(tried, key=_accuracy, default=None)
    reached = f"; the best of the {len(tried)} that were measured reached {_share(best)}" if best else ""
    empty = row - len(tried)
    nothing = f"; {empty} step{'s' * (empty > 1)} brought no valid change" if empty > 0 else ""
    if run.epoch == 0:
        gained = (
            f"{signs.new_solved} task{'s' * (signs.new_solved != 1)} that the baseline failed "
            f"{'were' if signs.new_solved != 1 else 'was'} solved by some candidate"
            if signs.new_solved
            else "No candidate solved a single task that the baseline failed"
        )
        ended = "The run ended by patience right after the start" if run.stop_kind == "patience" else "No progress yet"
        yield Diagnosis(
            kind="no_progress",
            name="No progress on the training tasks",
            evidence=f"{ended}: {row} updates in a row were withdrawn, and none was kept{reached}{nothing}. {gained} "
            f"(baseline {_share(curve[0].result)}, training split).",
            advice="See in the traces why tasks fail: functions help where work recurs, not where knowledge is "
            "missing. Try a stronger optimizer model, easier tasks, or more training tasks.",
        )
        return
    yield Diagnosis(
        kind="no_improvement",
        name="The optimizer cannot improve",
        evidence=f"{row} updates in a row were withdrawn (C = {run.patience}){reached}, against {_share(run.best)} of "
        f"the accepted set on the training split{nothing}.",
        advice="What is left may need another model, not other functions: look at tasks that no version solved. Try a "
        "stronger optimizer, fewer actions a step (smaller changes), or end here.",
    )


def _turn_cap(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    if signs.rollouts and signs.at_turn_cap / signs.rollouts >= MANY_CAPPED:
        yield Diagnosis(
            kind="turn_cap",
            name="Most rollouts run out of turns",
            evidence=f"{signs.at_turn_cap} of {signs.rollouts} rollouts of evaluation {signs.evaluation} ended at the "
            "turn cap, without an answer of their own accord.",
            advice="Raise the turns a task, or see in the traces what the agent repeats: often it never calls "
            "final_answer, or a call fails again and again.",
        )


def _unused(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    idle = [use.name for use in signs.uses if not use.calls]
    if idle:
        yield Diagnosis(
            kind="unused",
            name="Functions are never called",
            evidence=f"{len(idle)} of {len(signs.uses)} accepted functions had no call in the {signs.rollouts} "
            f"rollouts of evaluation {signs.evaluation}: {_some(idle)}. What they seem to gain is chance.",
            advice="Make their descriptions say when to use them, or remove them: each costs tokens in every request.",
        )


def _failing(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    bad = [use for use in signs.uses if use.calls >= FEW_CALLS and use.failed / use.calls >= FAILING]
    if bad:
        named = [f"{use.name} ({use.failed} of {use.calls})" for use in bad]
        yield Diagnosis(
            kind="failing",
            name="Calls of functions fail",
            evidence=f"At least half of the calls failed in evaluation {signs.evaluation}: {_some(named)}.",
            advice="Open the function and its failing calls: mostly arguments in a form the code does not expect. Mend "
            "the code, or say in the description what it takes.",
        )


def _noise(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    if run.baseline is None or run.best is None or not run.best_evaluation:
        return
    gain = _accuracy(run.best) - _accuracy(run.baseline)
    p = mcnemar_p(signs.fixed, signs.broken)
    spread = noise_spread(run.baseline, signs.again)
    evidence = f"From {_share(run.baseline)} to {_share(run.best)}: {signs.fixed} tasks fixed, {signs.broken} broken, "
    if spread is not None and 0 < gain <= spread + 1e-9:
        evidence += (
            f"exact p = {p:.2g}. The baseline measured again without a change already differed by "
            f"{100 * spread:.1f} points."
        )
    elif p >= WEAK_P:
        evidence += (
            f"exact p = {p:.2g}; chance alone could do that, and the more so as the best of several candidates was "
            "taken."
        )
    else:
        return
    yield Diagnosis(
        kind="noise",
        name="The gain is within the noise",
        evidence=evidence,
        advice="More training tasks, or the held-out test, tell more. Measure the baseline again a few times (null "
        "edits) to see how far the accuracy moves by itself.",
    )


def _churn(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> Iterator[Diagnosis]:
    changed, n = signs.fixed + signs.broken, curve[0].result.n
    stayed = abs(signs.fixed - signs.broken) * 4 <= changed
    if run.best_evaluation and stayed and changed >= max(FEW_CHANGES, CHURN * n):
        yield Diagnosis(
            kind="churn",
            name="The mean stayed, the solved tasks changed",
            evidence=f"Against the baseline the accepted set fixed {signs.fixed} training tasks and broke "
            f"{signs.broken} of {n}: the same figure stands for other tasks.",
            advice="Look at the broken tasks before the fixed ones: functions that help one kind of task may get into "
            "the way of another.",
        )


_RULES: tuple[Callable[[RunSummary, Sequence[CurvePoint], Signs], Iterator[Diagnosis]], ...] = (
    _faults,
    _ceiling,
    _over_fitting,
    _gap,
    _no_improvement,
    _turn_cap,
    _failing,
    _unused,
    _churn,
    _noise,
)


def noise_spread(baseline: Proportion | None, again: Sequence[Proportion]) -> float | None:
    """How far the accuracy moved when nothing was changed, 0 to 1: the farthest that a repeated baseline came from the
    first. None where it was not measured again. Few repetitions show less than there is.
    """
    if baseline is None or baseline.accuracy is None:
        return None
    distances = [abs(one.accuracy - baseline.accuracy) for one in again if one.accuracy is not None]
    return max(distances, default=None)


def _accuracy(result: Proportion | None) -> float:
    return (result.accuracy if result else None) or 0.0


def _share(result: Proportion | None) -> str:
    if result is None or result.accuracy is None:
        return "nothing scored"
    return f"{100 * result.accuracy:.1f} % ({result.correct} of {result.n})"


def _some(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
