"""Updates of several parts made into one: by function name, conflicts resolved by what is behind them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentopt_core.actions import AddFunction, Refusal, RemoveFunction, ReviseFunction, StepEnd, Update
from agentopt_core.functions import FunctionSet
from agentopt_core.tokens import cut_middle

_RATIONALE_TOKENS = 2_000
_SHOWN_PROPOSAL = 1_000
"""Estimated tokens of a proposal that was left out, for the reader."""


Change = AddFunction | ReviseFunction | RemoveFunction


class Proposed(NamedTuple):
    """What was proposed from one part of the failures."""

    part: int
    failures: int
    """Failed tasks the part holds: what stands behind its proposals."""
    update: Update


def merge(proposed: Sequence[Proposed], accepted: FunctionSet) -> Update:
    """One update of all parts' changes to the accepted set.

    What each part did to a function in the end is compared by name. The same change from several parts is one change.
    Where changes differ, code goes before a removal (somebody still needs the function), then the part with more
    failures behind it, then the earlier part. What is left out stays visible among the refusals (`merge_conflict`).
    """
    ranked = sorted(proposed, key=lambda one: (-one.failures, one.part))
    changes: dict[str, tuple[Proposed, Change]] = {}
    refusals = [refusal for one in proposed for refusal in one.update.refusals]
    for one in ranked:
        for name, change in _changes(one.update, accepted).items():
            known = changes.get(name)
            if known is None:
                changes[name] = (one, change)
                continue
            winner, loser = known, (one, change)
            if isinstance(known[1], RemoveFunction) and not isinstance(change, RemoveFunction):
                winner, loser = loser, known
            changes[name] = winner
            if not _same(winner[1], loser[1]):
                refusals.append(_left_out(loser[1], loser[0], winner[0]))
    return Update(
        actions=tuple(change for _, change in changes.values()),
        refusals=tuple(refusals),
        ended=_ended([one.update for one in proposed], bool(changes)),
        rationale=cut_middle("\n\n".join(filter(None, map(_rationale, proposed))), _RATIONALE_TOKENS),
    )


def _changes(update: Update, accepted: FunctionSet) -> dict[str, Change]:
    """What the update comes to, by function name: a function added and removed again is no change."""
    after = update.apply(accepted)
    changes: dict[str, Change] = {}
    for action in update.actions:
        before, now = accepted.get(action.name), after.get(action.name)
        if before == now:
            changes.pop(action.name, None)
        elif now is None:
            changes[action.name] = RemoveFunction(name=action.name)
        else:
            changes[action.name] = AddFunction(function=now) if before is None else ReviseFunction(function=now)
    return changes


def _same(one: Change, other: Change) -> bool:
    if isinstance(one, RemoveFunction) or isinstance(other, RemoveFunction):
        return isinstance(one, RemoveFunction) and isinstance(other, RemoveFunction)
    return one.function.digest == other.function.digest


def _left_out(change: Change, loser: Proposed, winner: Proposed) -> Refusal:
    return Refusal(
        op=f"{change.op}_function",
        name=change.name,
        code="merge_conflict",
        reason=f"Part {winner.part} ({winner.failures} failures) also changes {change.name}, otherwise; its change was "
        f"taken and that of part {loser.part} ({loser.failures} failures) left out.",
        attempt=1,
        proposal="" if isinstance(change, RemoveFunction) else cut_middle(change.function.code, _SHOWN_PROPOSAL),
    )


def _ended(updates: Sequence[Update], changes: bool) -> StepEnd:
    if not changes and any(update.ended == "no_valid_action" for update in updates):
        return "no_valid_action"
    return "terminate" if all(update.ended == "terminate" for update in updates) else "max_actions"


def _rationale(one: Proposed) -> str:
    return f"Part {one.part} ({one.failures} failures): {one.update.rationale}" if one.update.rationale else ""
