"""What the demo optimizer does in a step: decided from the histories and the failure record alone, before it acts.

The plan does not depend on list B, so every request of a step arrives at the same plan and takes its next action.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agentopt_core.llm.demo.chance import roll
from agentopt_core.llm.demo.families import FAMILIES, recognise
from agentopt_core.llm.demo.family import Draft, Family
from agentopt_core.llm.demo.optimizer_prompt import Listed, Prompt
from agentopt_core.llm.demo.tools import URGE
from agentopt_core.words import JsonObject

CAREFUL = 0.25
"""Chance that the first version of a function is already the right one."""
TIDY = 0.2
"""Chance that, once there are three functions, one that is seldom called is taken for superfluous."""

FORGETS = 0.2
"""Chance that a whole new set lacks a function it should have."""
RELAPSES = 0.2
"""Chance that a function of a whole new set is its first version again."""

_CUT = re.compile(r"\n?\[\.\.\. [^\]\n]* \.\.\.\]\n?")


@dataclass(frozen=True)
class Move:
    """One action: a draft to add or to revise to, or a name to remove."""

    op: Literal["add", "revise", "remove"]
    name: str
    why: str
    draft: Draft | None = None

    def done(self, listed: Listed) -> bool:
        """The list already shows this action."""
        if self.draft is None:
            return self.name not in listed
        return self.name in listed and same(listed[self.name], self.draft)

    def applied(self, versions: Mapping[str, str]) -> dict[str, str]:
        """The versions of a set after this action."""
        rest = {name: version for name, version in versions.items() if name != self.name}
        return rest if self.draft is None else rest | {self.name: _version(self.draft.description, self.draft.code)}


@dataclass(frozen=True)
class Findings:
    """What the histories say about one family."""

    family: Family
    failed: int
    failed_calls: tuple[str, ...]
    """Learned functions called in failed tasks, one entry a task."""
    overlooked: bool
    """A task failed though its function was there, and was not called."""


def _version(description: object, code: object) -> str:
    return str(description).strip() + "\n" + "\n".join(line.rstrip() for line in str(code).strip().splitlines())


def alike(one: str, other: str) -> bool:
    """The two texts are equal as far as they are shown: a prompt may have cut the middle out of either."""
    heads, tails = zip(*((parts[0], parts[-1]) for parts in (_CUT.split(one), _CUT.split(other))), strict=True)
    starts = heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
    ends = tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
    return starts and ends if _CUT.search(one) or _CUT.search(other) else one == other


def versions(listed: Listed) -> dict[str, str]:
    """Name -> what tells one version of a function from another."""
    return {name: _version(function.get("description"), function.get("code")) for name, function in listed.items()}


def same_set(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Two sets of versions are equal as far as they are shown."""
    return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)


def same(function: JsonObject, draft: Draft) -> bool:
    """The listed function is this draft."""
    shown = _version(function.get("description"), function.get("code"))
    return alike(shown, _version(draft.description, draft.code))


def findings(prompt: Prompt) -> list[Findings]:
    """The families the histories tell of, those with most failures first."""
    told: dict[str, list[tuple[bool, tuple[str, ...]]]] = {}
    for history in prompt.histories:
        known = recognise(history.question)
        if known:
            learned = tuple(dict.fromkeys(name for name, _ in history.calls if name in prompt.list_a))
            told.setdefault(known[0].name, []).append((history.solved, learned))
    found = []
    for family in FAMILIES:
        rollouts = told.get(family.name, [])
        failures = [learned for solved, learned in rollouts if not solved]
        calls = tuple(name for learned in failures for name in learned)
        overlooked = family.function in prompt.list_a and any(not learned for learned in failures)
        if rollouts:
            found.append(Findings(family, len(failures), calls, overlooked))
    return sorted(found, key=lambda one: -one.failed)


def plan(seed: int, prompt: Prompt) -> tuple[Move, ...]:
    """The actions of this step: the first option that the failure record does not hold. Empty: nothing left to do.

    Of several proposals each takes the next option after that one, and begins again where there is none.
    """
    known = [versions(prompt.list_a), *(versions(listed) for listed in prompt.withdrawn)]
    left: list[tuple[Move, ...]] = []
    for option in _options(seed, prompt, findings(prompt)):
        after = known[0]
        for move in option:
            after = move.applied(after)
        if not any(same_set(after, other) for other in known):
            left.append(option)
            known.append(after)
        if len(left) == prompt.proposal:
            break
    return left[(prompt.proposal - 1) % len(left)] if left else ()


def _options(seed: int, prompt: Prompt, found: Sequence[Findings]) -> Iterator[tuple[Move, ...]]:
    yield from _temptations(seed, prompt, found)
    needs = [move for one in found for move in _needs(seed, prompt, one)]
    needs.sort(key=lambda move: (move.op == "add", roll(seed, "order", move.name)))
    several = 2 if roll(seed, "width", sorted(prompt.list_a)) < 0.8 or not prompt.list_a else 1
    yield tuple(needs[:several])
    for need in needs:
        yield (need,)
    for need in needs:
        yield (_mended(need),)
    failing = {name for one in found for name in one.failed_calls}
    for name in sorted(failing - {family.function for family in FAMILIES}):
        yield (Move("remove", name, f"{name} is called in failed tasks and nothing that works depends on it."),)


def _temptations(seed: int, prompt: Prompt, found: Sequence[Findings]) -> Iterator[tuple[Move, ...]]:
    """Updates that sound reasonable and do harm."""
    for one in found:
        broad, own = one.family.overreach, one.family.function
        if broad and broad.name not in prompt.list_a and own in one.failed_calls:
            yield (Move("add", broad.name, broad.why, broad),)
    if len(prompt.list_a) >= 3 and roll(seed, "tidy", sorted(versions(prompt.list_a).items())) < TIDY:
        calls = Counter(name for history in prompt.histories for name, _ in history.calls)
        name = min(prompt.list_a, key=lambda name: (calls[name], name))
        yield (
            Move("remove", name, f"{name} is called in few histories only; a shorter list is easier to choose from."),
        )


def _needs(seed: int, prompt: Prompt, one: Findings) -> Iterator[Move]:
    """What would help one family: its function, or a better version of it."""
    family, name, last = one.family, one.family.function, one.family.drafts[-1]
    if not one.failed:
        return
    if name not in prompt.list_a:
        first = family.drafts[0]
        careful = family.overreach is None and roll(seed, "careful", name) < CAREFUL
        yield Move("add", name, first.why, last if careful else first)
    elif name in one.failed_calls and not _is_last(prompt, family):
        yield Move("revise", name, last.why, last)
    elif one.overlooked and URGE not in _text(prompt, name) and name not in one.failed_calls:
        emphatic = _with_text(prompt, family, f"{_text(prompt, name)} {URGE}, small or large.")
        yield Move(
            "revise", name, "It would solve tasks in which it was not called; its description must say so.", emphatic
        )


def _text(prompt: Prompt, name: str) -> str:
    return str(prompt.list_a[name].get("description"))


def _is_last(prompt: Prompt, family: Family) -> bool:
    """The listed code is the last version, not an earlier one or someone else's."""
    return alike(_version("", prompt.list_a[family.function].get("code")), _version("", family.drafts[-1].code))


def _with_text(prompt: Prompt, family: Family, description: str) -> Draft:
    """The version that is listed, or else the last one, under another description."""
    code = _version("", prompt.list_a[family.function].get("code"))
    known = (draft for draft in family.drafts if alike(_version("", draft.code), code))
    return replace(next(known, family.drafts[-1]), description=description)


def _mended(need: Move) -> Move:
    """The same need met by the last version, after the first one was withdrawn."""
    last = next(family.drafts[-1] for family in FAMILIES if family.function == need.name)
    return Move(need.op, need.name, f"The first version was withdrawn, so this one is mended. {last.why}", last)


def whole_set(seed: int, prompt: Prompt) -> tuple[Move, ...]:
    """All functions at once, for training without progressive update.

    Whoever writes everything anew now and then forgets a function, or writes one as badly as the first time.
    """
    sober: list[Move] = []
    sloppy: list[Move] = []
    several = (prompt.proposal,) if prompt.proposal > 1 else ()
    drawn = len(prompt.withdrawn), sorted(versions(prompt.list_a).items()), *several
    for one in findings(prompt):
        family, name = one.family, one.family.function
        moves = [replace(need, op="add") for need in _needs(seed, prompt, one)]
        if not moves and name in prompt.list_a:
            moves = [Move("add", name, f"{name} stays.", _with_text(prompt, family, _text(prompt, name)))]
        sober += moves
        if roll(seed, "forgets", name, *drawn) >= FORGETS:
            relapse = roll(seed, "relapses", name, *drawn) < RELAPSES
            sloppy += [replace(move, draft=family.drafts[0]) if relapse else move for move in moves]
    known = [versions(prompt.list_a), *(versions(listed) for listed in prompt.withdrawn)]
    for moves in (sloppy, sober):
        if moves and not any(same_set(_built(moves), other) for other in known):
            return tuple(moves)
    return ()


def _built(moves: Sequence[Move]) -> dict[str, str]:
    """The versions of a set made from nothing."""
    built: dict[str, str] = {}
    for move in moves:
        built = move.applied(built)
    return built
