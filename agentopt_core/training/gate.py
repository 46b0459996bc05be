"""What becomes of an update: it is measured, the rule judges it, and a person where the run asks for one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.config import TrainingConfig
from agentopt_core.events import ReviewDecided
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.training.acceptance import decide
from agentopt_core.training.approval import Approval
from agentopt_core.training.removal import removal_verdict
from agentopt_core.training.state import Judged, TrainState, Verdict

Measure = Callable[[int, int | None, FunctionSet], Awaitable[Evaluation]]
"""(evaluation, step, functions) -> the evaluation on the whole training split."""


class Rule(Protocol):
    """An acceptance rule that measures on its own (`agentopt_core.training.evidence.EvidenceRule`)."""

    async def judge(self, state: TrainState, step: int, candidate: Evaluation) -> Verdict:
        """Kept or rolled back. Raises: as `Evaluator.measure`."""
        ...


class Gate:
    """Algorithm 2's acceptance, with the person before or after the candidate runs."""

    def __init__(
        self, *, measure: Measure, config: TrainingConfig, approval: Approval | None = None, rule: Rule | None = None
    ) -> None:
        self._measure = measure
        self._config = config
        self._approval = approval
        self._rule = rule

    async def judge(self, state: TrainState, update: Update) -> Judged:
        """Measure the update on the accepted set and say whether it is kept. Raises: as `Evaluator.measure`."""
        judged = await self._judged(state, update)
        return replace(judged, verdict=replace(judged.verdict, upkeep=True)) if update.prunes else judged

    async def _judged(self, state: TrainState, update: Update) -> Judged:
        step = state.step + 1
        functions = update.apply(state.best.functions)
        if functions.digest == state.best.functions.digest:
            return Judged(update, Verdict("unchanged", _why_unchanged(update)))
        if update.by:
            candidate = await self._measure(state.evaluations, step, functions)
            return Judged(update, Verdict("kept", _by_hand(update), improved=True, by_hand=True), candidate, made=1)
        rejected: tuple[Withdrawn, ...] = ()
        if self._approval is None:
            asked = None
        else:
            asked = await self._approval.before(step, state.best, update, state.evaluations)
        if asked is not None:
            entry = _entry(functions, None, asked)
            if asked.choice == "reject":
                return Judged(update, Verdict("rejected", f"{_who(asked)} before it ran."), rejected=(entry,))
            rejected = (entry,) if asked.only is not None else ()
            update = asked.update or update
            functions = update.apply(state.best.functions)
            if functions.digest == state.best.functions.digest:
                return Judged(update, Verdict("rejected", f"{_who(asked)}: nothing is left of it."), rejected=(entry,))
        candidate = await self._measure(state.evaluations, step, functions)
        if update.prunes:
            ruled = removal_verdict(state.best, candidate, self._config)
        else:
            ruled = await self._ruled(state, step, candidate)
        verdict = _noted(ruled, asked)
        if self._approval is None:
            return Judged(update, verdict, candidate, made=1)
        later = await self._approval.after(step, state.best, update, candidate, verdict)
        if later is None:
            return Judged(update, verdict, candidate, made=1, rejected=rejected)
        return await self._as_decided(state, update, candidate, verdict, later)

    async def _as_decided(
        self, state: TrainState, update: Update, candidate: Evaluation, verdict: Verdict, decided: ReviewDecided
    ) -> Judged:
        """The end of a step that a person decided in the light of its evaluation."""
        if decided.choice == "reject":
            reason = f"{_who(decided)}. {verdict.reason}"
            return Judged(update, Verdict("rejected", reason, evidence=verdict.evidence), candidate, made=1)
        if decided.update is None:
            if verdict.kind == "kept":
                return Judged(update, _noted(verdict, decided), candidate, made=1)
            against = f"{_who(decided)} against the run’s rule. {verdict.reason}"
            return Judged(update, Verdict("kept", against, evidence=verdict.evidence), candidate, made=1)
        # What was approved is another set than the one that was measured, so its evidence has to be made anew.
        entries = (_entry(candidate.functions, candidate, decided),) if decided.only is not None else ()
        functions = decided.update.apply(state.best.functions)
        if functions.digest == state.best.functions.digest:
            return Judged(update, Verdict("rejected", f"{_who(decided)}: nothing is left of it."), candidate, made=1)
        again = await self._measure(state.evaluations + 1, state.step + 1, functions)
        verdict = await self._ruled(state, state.step + 1, again)
        return Judged(decided.update, _noted(verdict, decided), again, made=2, rejected=entries)

    async def _ruled(self, state: TrainState, step: int, candidate: Evaluation) -> Verdict:
        if self._rule is not None:
            return await self._rule.judge(state, step, candidate)
        return decide(state.best, candidate, self._config)


def _entry(functions: FunctionSet, measured: Evaluation | None, decided: ReviewDecided) -> Withdrawn:
    """What the optimizer reads of a decision: the proposal as it was, and the reason."""
    return Withdrawn(
        functions=functions,
        accuracy=measured.accuracy if measured else None,
        n=measured.result.n if measured else 0,
        reason=f"{_who(decided)}.",
    )


def _who(decided: ReviewDecided) -> str:
    reason = f" ({decided.reason.strip().rstrip('.')})" if decided.reason.strip() else ""
    if decided.choice == "reject":
        return f"Rejected by {decided.by}{reason}"
    if decided.only is not None:
        return f"Only {', '.join(decided.only) or 'nothing'} approved by {decided.by}, the rest rejected{reason}"
    edited = f" with {', '.join(decided.edited)} edited" if decided.edited else ""
    return f"Approved by {decided.by}{edited}{reason}"


def _noted(verdict: Verdict, decided: ReviewDecided | None) -> Verdict:
    if decided is None:
        return verdict
    return replace(verdict, reason=f"{verdict.reason} {_who(decided)}.")


def _by_hand(update: Update) -> str:
    reason = f": {update.rationale}" if update.rationale else "."
    return f"Set by hand by {update.by}{reason}"


def _why_unchanged(update: Update) -> str:
    if update.actions:
        return "The actions of the step cancel out: the set is as before."
    if update.refusals:
        last = update.refusals[-1]
        return f"No proposal of the step was valid; the last one ({last.name or last.op}): {last.reason}"
    return "The optimizer proposed nothing: it takes the set for the best it can do."
