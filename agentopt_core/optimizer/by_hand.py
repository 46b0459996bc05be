"""What people write: functions typed by hand, edits of a proposal, approval of a part. Held to the same checks as a
model's proposal; pure and static (`trial.try_out` is what runs them).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agentopt_core.actions import AddFunction, Refusal, RemoveFunction, ReviseFunction, Update, apply_action
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.replies import ProposedCall
from agentopt_core.optimizer.schema import check_signature
from agentopt_core.optimizer.source import find_function, parse, readable_code, signature_of
from agentopt_core.optimizer.validation import judge, refusal
from agentopt_core.reviews import FunctionText
from agentopt_core.words import JsonObject

Written = AddFunction | ReviseFunction
Change = AddFunction | ReviseFunction | RemoveFunction


def read_text(text: FunctionText, functions: FunctionSet, packages: tuple[str, ...]) -> Written | Refusal:
    """The action that puts a typed function into a set: it revises the function of its name, or adds one."""
    tool = "revise_function" if text.name.strip() in functions else "add_function"
    fields: JsonObject = {
        "name": text.name,
        "description": text.description,
        "arguments": text.arguments.strip() or _parameters(text, functions),
        "packages": text.packages,
        "code": text.code,
    }
    outcome = judge(
        ProposedCall(tool=tool, arguments=fields, written=json.dumps(fields, ensure_ascii=False)), functions, packages
    )
    assert not isinstance(outcome, RemoveFunction)
    return outcome


def _parameters(text: FunctionText, functions: FunctionSet) -> JsonObject | None:
    """The schema of a function typed without one: of the function it replaces if that fits, else from its signature."""
    name = text.name.strip()
    try:
        signature = signature_of(find_function(parse(readable_code(text.code)), name))
        if (before := functions.get(name)) is not None:
            check_signature(before.parameters, signature, name)
            return before.parameters
    except InvalidProposal as fault:
        if fault.code != "schema_signature_mismatch":
            return None  # `judge` says what is wrong with the code
    return {"type": "object", "properties": {parameter: {} for parameter in signature.passable}}


def read_change(
    texts: Sequence[FunctionText], remove: Sequence[str], functions: FunctionSet, packages: tuple[str, ...]
) -> tuple[tuple[Change, ...], tuple[Refusal, ...]]:
    """The actions of a change by hand on a set, and what of it is not valid."""
    actions: list[Change] = []
    refusals: list[Refusal] = []
    for name in remove:
        call = ProposedCall(tool="remove_function", arguments={"name": name}, written=name)
        outcome = judge(call, functions, packages)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        else:
            actions.append(outcome)
            functions = apply_action(functions, outcome)
    for text in texts:
        written = read_text(text, functions, packages)
        if isinstance(written, Refusal):
            refusals.append(written)
        else:
            actions.append(written)
            functions = apply_action(functions, written)
    return tuple(actions), tuple(refusals)


def revised(
    update: Update,
    accepted: FunctionSet,
    packages: tuple[str, ...],
    *,
    only: Sequence[str] | None = None,
    edits: Sequence[FunctionText] = (),
) -> tuple[Update, tuple[Refusal, ...]]:
    """The update that goes on when a person approves some of its changes, or approves them edited.

    An edit replaces what the proposal does to the function of its name, and is judged as the optimizer's own would be.
    Returns the update and what of the edits is not valid; with refusals the update is not to be used.
    """
    chosen = [action for action in update.actions if only is None or action.name in only]
    refusals: list[Refusal] = []
    for text in edits:
        name = text.name.strip()
        if not any(action.name == name and action.op != "remove" for action in chosen):
            wrong = ProposedCall(tool="revise_function", arguments={"name": name}, written=text.code)
            reason = f"The approved changes write no function {name!r}; an edit keeps the name."
            refusals.append(refusal(wrong, "name_unknown", reason))
            continue
        others = update.with_(actions=tuple(action for action in chosen if action.name != name)).apply(accepted)
        before = None if update.from_scratch else accepted.get(name)
        written = read_text(text, others.including(before) if before else others.without(name), packages)
        if isinstance(written, Refusal):
            refusals.append(written)
            continue
        place = next(i for i, action in enumerate(chosen) if action.name == name)
        chosen = [action for action in chosen if action.name != name]
        chosen.insert(place, written)
    return update.with_(actions=tuple(chosen)), tuple(refusals)
