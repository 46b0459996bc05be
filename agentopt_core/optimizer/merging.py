"""Two function sets that come from one: merged function by function, with the common ancestor as the third party.

A function stands alone (it cannot call another), so each name can be decided by itself:

    unchanged   neither side changed it                       -> as it was
    one_side    one side added, revised or removed it         -> that side's
    both_same   both sides did the same                       -> that
    conflict    each side did something else                  -> the side that did better on the tasks that used it

What comes out is a proposal like any other: `contract_faults` is what it must pass before it may become a candidate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from agentopt_core.actions import Refusal
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.replies import ProposedCall
from agentopt_core.optimizer.trial import try_out
from agentopt_core.optimizer.validation import judge, refusal
from agentopt_core.seams import Sandbox
from agentopt_core.words import JsonObject, Word

Side = Literal["left", "right"]
Labels = tuple[str, str]
Case = Literal["unchanged", "one_side", "both_same", "conflict"]


class Preference(NamedTuple):
    """Which side a conflict goes to, and why in a sentence."""

    side: Side
    reason: str


class Record(NamedTuple):
    """What both sides solved of the same tasks."""

    left: int
    right: int
    n: int


class MergedFunction(Word):
    """One name of a merged set."""

    name: str
    case: Case
    before: Function | None
    """In the common ancestor; None where it had no such function."""
    left: Function | None
    right: Function | None
    taken: Function | None
    """In the merged set; None where it is left out."""
    side: Side | None = None
    """Whose it is, where the sides differ."""
    reason: str
    """Why, in a sentence."""


class Merge(Word):
    """A merged set and how each name was decided."""

    functions: FunctionSet
    parts: tuple[MergedFunction, ...]

    @property
    def conflicts(self) -> tuple[MergedFunction, ...]:
        """Names that each side changed in another way."""
        return tuple(part for part in self.parts if part.case == "conflict")


def merge(
    ancestor: FunctionSet,
    left: FunctionSet,
    right: FunctionSet,
    prefer: Callable[[str], Preference],
    labels: Labels = ("the left set", "the right set"),
) -> Merge:
    """Merge two sets that come from `ancestor`; `prefer` is asked for each name in conflict. Pure.

    Names come in the ancestor's order, then what the left side added, then what the right side did. `labels` are what
    the reasons call the two sides.
    """
    names = dict.fromkeys((*ancestor.names, *left.names, *right.names))
    parts = tuple(_decided(name, ancestor.get(name), left.get(name), right.get(name), prefer, labels) for name in names)
    functions = tuple(part.taken for part in parts if part.taken is not None)
    return Merge(functions=FunctionSet(functions=functions), parts=parts)


def _decided(
    name: str,
    before: Function | None,
    left: Function | None,
    right: Function | None,
    prefer: Callable[[str], Preference],
    labels: Labels,
) -> MergedFunction:
    case: Case
    side: Side | None = None
    if _same(left, right):
        case, taken = ("unchanged", before) if _same(before, left) else ("both_same", left)
        reason = "Neither changed it." if case == "unchanged" else f"Both {_did(before, left)} it alike."
    elif _same(before, left) or _same(before, right):
        case, side = "one_side", "right" if _same(before, left) else "left"
        taken = right if side == "right" else left
        reason = f"Only {labels[side == 'right']} {_did(before, taken)} it."
    else:
        case = "conflict"
        side, why = prefer(name)
        taken = left if side == "left" else right
        reason = f"Changed by both: {labels[0]} {_did(before, left)} it, {labels[1]} {_did(before, right)} it. {why}"
    return MergedFunction(
        name=name, case=case, before=before, left=left, right=right, taken=taken, side=side, reason=reason
    )


def _same(one: Function | None, other: Function | None) -> bool:
    return (one.digest if one else None) == (other.digest if other else None)


def _did(before: Function | None, after: Function | None) -> str:
    if after is None:
        return "removed"
    return "added" if before is None else "revised"


def better_side(used: Record, all_tasks: Record, labels: Labels = ("the left set", "the right set")) -> Preference:
    """The side that solved more of the tasks in which the function was called under either; else of all; else left.

    Both records are over tasks that were scored under both sides, so a fault favours neither.
    """
    for record, what in ((used, "tasks in which it was called"), (all_tasks, "common tasks")):
        if record.left != record.right:
            side: Side = "left" if record.left > record.right else "right"
            most, least = max(record.left, record.right), min(record.left, record.right)
            label = labels[side == "right"]
            return Preference(side, f"Taken from {label}: {most} of {record.n} {what} solved, against {least}.")
    return Preference(
        "left",
        f"Taken from {labels[0]}, though neither did better ({used.left} of {used.n} tasks in which it was called "
        f"solved, {all_tasks.left} of {all_tasks.n} in all).",
    )


def record_of(left: Mapping[str, int], right: Mapping[str, int], among: Callable[[str], bool]) -> Record:
    """What two 0/1 tables say on the tasks that are in both and `among` those asked about."""
    common = [task_id for task_id in left if task_id in right and among(task_id)]
    return Record(sum(left[one] for one in common), sum(right[one] for one in common), len(common))


async def contract_faults(
    merged: FunctionSet, ancestor: FunctionSet, packages: tuple[str, ...], sandbox: Sandbox
) -> tuple[Refusal, ...]:
    """What of a merged set does not hold: each function that the ancestor did not have as it is now is judged like a
    model's proposal (code, signature against schema), loaded in the sandbox and called with its examples.

    Raises: InfrastructureFault when the sandbox itself fails.
    """
    faults = []
    for function in merged.each():
        if _same(ancestor.get(function.name), function):
            continue
        call = _as_proposed(function)
        judged = judge(call, merged.without(function.name), packages)
        if isinstance(judged, Refusal):
            faults.append(judged)
            continue
        try:
            await try_out(function, sandbox)
        except InvalidProposal as fault:
            faults.append(refusal(call, fault.code, fault.reason))
    return tuple(faults)


def _as_proposed(function: Function) -> ProposedCall:
    fields: JsonObject = {
        "name": function.name,
        "description": function.description,
        "arguments": function.parameters,
        "packages": ", ".join(function.packages),
        "code": function.code,
    }
    return ProposedCall(tool="add_function", arguments=fields, written=json.dumps(fields, ensure_ascii=False))
