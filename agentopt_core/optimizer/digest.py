"""The optimizer's prompt: what Algorithm 1 shows it, within a hard budget of estimated tokens. Pure, deterministic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentopt_core.actions import AddFunction, RemoveFunction, ReviseFunction, Withdrawn
from agentopt_core.functions import FunctionSet
from agentopt_core.lenient_json import well_formed
from agentopt_core.optimizer.choosing import SolvedElsewhere
from agentopt_core.optimizer.histories import all_histories, chosen_histories
from agentopt_core.optimizer.sections import failures_section, functions_section, results_section, success_rate
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Evaluation, Rollout
from agentopt_core.seen import CauseCount
from agentopt_core.tokens import estimate_tokens, fits
from agentopt_core.words import Word

_WEIGHTS = {"histories": 0.45, "list_a": 0.2, "list_b": 0.15, "failure_record": 0.15, "results": 0.05}
"""Share of the budget each part may take when not all parts fit whole."""
_TOOL_OF = {"add": "add_function", "revise": "revise_function", "remove": "remove_function"}
MAX_REGENERATED = 20
"""Functions of a set that is written anew, at most."""

OneAction = AddFunction | ReviseFunction | RemoveFunction


class Situation(Word):
    """What one request of a step is about."""

    accepted: Evaluation
    """List A is its set; its histories and table are the prompt's."""
    functions: FunctionSet
    """List B."""
    actions: tuple[OneAction, ...] = ()
    """Taken in this step so far."""
    left: int
    """Actions that can still be taken."""
    failure_record: tuple[Withdrawn, ...] = ()
    max_functions: int | None = None
    """Functions list B may have; None: no cap."""
    read: tuple[Rollout, ...] | None = None
    """The histories to read, where that is a part of the accepted set's."""
    elsewhere: SolvedElsewhere | None = None
    """Finds a rollout that solved a task in another evaluation."""


class UserMessage(Word):
    """The prompt filled in."""

    text: str
    causes: tuple[CauseCount, ...]
    """What stands in its histories, and of how much."""


def user_message(situation: Situation, prompts: PromptBook, name: str, tokens: int) -> UserMessage:
    """The prompt `name` (`optimizer_step` or `optimizer_regenerate`) filled in, in at most `tokens`.

    The parts share what the fixed text leaves; those that need less give to those that need more. When the budget is
    smaller than the fixed text, the parts are empty and the fixed text is all there is.
    """
    small = {
        "success_rate": success_rate(situation.accepted.result.correct, situation.accepted.result.n),
        "actions_taken": _actions_taken(situation),
        "max_functions": str(min(MAX_REGENERATED, situation.max_functions or MAX_REGENERATED)),
    }
    parts: dict[str, Callable[[int | None], str]] = {
        "list_a": lambda limit: functions_section(situation.accepted.functions, limit),
        "list_b": lambda limit: functions_section(situation.functions, limit),
        "failure_record": lambda limit: failures_section(situation.failure_record, limit),
        "results": lambda limit: results_section(situation.accepted, limit),
    }
    fixed = estimate_tokens(prompts.fill(name, **small, **dict.fromkeys([*parts, "histories"], "")))
    room = max(0, tokens - fixed)
    whole = {part: render(None) for part, render in parts.items()}
    needs = {part: estimate_tokens(text) if fits(text, room) else room for part, text in whole.items()}
    histories = all_histories(situation.accepted, room, situation.read)
    needs["histories"] = estimate_tokens(histories.text) if histories else room
    shares = allot(needs, _WEIGHTS, room)
    filled = {
        part: whole[part] if fits(whole[part], shares[part]) else render(shares[part]) for part, render in parts.items()
    }
    if histories is None or needs["histories"] > shares["histories"]:
        histories = chosen_histories(situation.accepted, shares["histories"], situation.read, situation.elsewhere)
    text = well_formed(prompts.fill(name, **small, **filled, histories=histories.text))
    return UserMessage(text=text, causes=histories.causes)


def allot(needs: Mapping[str, int], weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Share `total` among parts by weight; a part that needs less than its share leaves the rest to the others."""
    shares: dict[str, int] = {}
    open_parts = dict(weights)
    left = total
    while open_parts:
        scale = left / sum(open_parts.values())
        content = [part for part, weight in open_parts.items() if needs[part] <= weight * scale]
        for part in content or open_parts:
            shares[part] = needs[part] if content else int(open_parts[part] * scale)
        if not content:
            return shares
        for part in content:
            left -= needs[part]
            del open_parts[part]
    return shares


def _actions_taken(situation: Situation) -> str:
    taken = len(situation.actions)
    lines = [f"{taken} taken, {situation.left} left."]
    if situation.max_functions is not None:
        held = len(situation.functions)
        lines.append(
            f"List B may hold at most {situation.max_functions} functions and holds {held}: when it is full, revise or "
            "remove instead of adding."
        )
    lines += [f"{i}. {_TOOL_OF[action.op]} {action.name}" for i, action in enumerate(situation.actions, 1)]
    return "\n".join(lines)
