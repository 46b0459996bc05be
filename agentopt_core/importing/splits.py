"""Who goes into which split: seeded, in the same proportions in every level or subject, and groups kept together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from agentopt_core.importing.survey import TaskFacts
from agentopt_core.tasks import Split
from agentopt_core.words import Word

Stratum = Literal["level", "subject", "none"]

SPLITS: tuple[Split, ...] = ("train", "val", "test")
MOST_STRATA = 50
"""A field with more values does not sort tasks into strata: most of them would hold one task."""


class SplitPlan(Word):
    """The shares of the splits and how tasks are drawn into them."""

    model_config = ConfigDict(allow_inf_nan=False)

    train: float = Field(default=0.5, ge=0, le=1)
    val: float = Field(default=0.2, ge=0, le=1)
    test: float = Field(default=0.3, ge=0, le=1)
    seed: int = 0
    by: Literal["auto", "level", "subject", "none"] = "auto"
    """Every value of this field is spread over the splits in these shares. `auto`: the level where tasks have few of
    them, else the subject."""

    @model_validator(mode="after")
    def _is_a_whole(self) -> SplitPlan:
        if abs(self.train + self.val + self.test - 1) > 1e-6:
            total = 100 * (self.train + self.val + self.test)
            raise ValueError(f"the shares of train, val and test must add up to 100 %, not {total:.0f} %")
        if self.train == 0:
            raise ValueError("the training split needs a share: nothing could be trained")
        return self

    def share(self, split: Split) -> float:
        """The part of all tasks that goes into a split, 0 to 1."""
        return {"train": self.train, "val": self.val, "test": self.test}[split]


def assign(facts: Sequence[TaskFacts], plan: SplitPlan) -> list[Split]:
    """The split of each task, in order. The same tasks, plan and seed give the same splits, in any order of tasks.

    Tasks of one group, and tasks that ask the same, go into one split, so a large group can bend the shares.
    """
    clusters = _clusters(facts)
    field = stratum_field(facts, plan.by)
    strata: dict[str, list[list[int]]] = {}
    for cluster in clusters:
        strata.setdefault(_stratum(facts, cluster, field), []).append(cluster)
    found: list[Split] = ["train"] * len(facts)
    overall: Counter[Split] = Counter()
    for name in sorted(strata):
        here: Counter[Split] = Counter()
        # Large groups first: what is left to choose at the end evens the shares out.
        drawn = _shuffled(facts, strata[name], f"{plan.seed}:{name}")
        for cluster in sorted(drawn, key=len, reverse=True):
            split = _neediest(plan, here, overall, len(cluster))
            here[split] += len(cluster)
            overall[split] += len(cluster)
            for index in cluster:
                found[index] = split
    return found


def stratum_field(facts: Sequence[TaskFacts], wanted: Literal["auto", "level", "subject", "none"]) -> Stratum:
    """The field whose values are spread evenly: the wanted one, or the first with more than one and not too many."""
    if wanted != "auto":
        return wanted
    fields: tuple[Stratum, ...] = ("level", "subject")
    for field in fields:
        if 1 < len({getattr(one, field) for one in facts}) <= MOST_STRATA:
            return field
    return "none"


def _clusters(facts: Sequence[TaskFacts]) -> list[list[int]]:
    """Indices of tasks that belong together: by group, by what they ask, and by chains of both."""
    leader = list(range(len(facts)))

    def leading(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first: dict[tuple[str, str | bytes], int] = {}
    for index, one in enumerate(facts):
        for key in (("group", one.group), ("question", one.question)):
            if key[1]:
                leader[leading(index)] = leading(first.setdefault(key, index))
    members: dict[int, list[int]] = {}
    for index in range(len(facts)):
        members.setdefault(leading(index), []).append(index)
    return list(members.values())


def _stratum(facts: Sequence[TaskFacts], cluster: Iterable[int], field: Stratum) -> str:
    """The commonest value among the tasks; those without answer apart, since they measure nothing."""
    values = Counter(f"{facts[index].scorable} {getattr(facts[index], field, '')}" for index in cluster)
    return min(values, key=lambda value: (-values[value], value))


def _shuffled(facts: Sequence[TaskFacts], clusters: list[list[int]], seed: str) -> list[list[int]]:
    ordered = sorted(clusters, key=lambda cluster: min(facts[index].id for index in cluster))
    random.Random(seed).shuffle(ordered)  # noqa: S311 - a draw to be repeated, no secret
    return ordered


def _neediest(plan: SplitPlan, here: Counter[Split], overall: Counter[Split], size: int) -> Split:
    """The split that lacks most: in its stratum, and over all where strata are too small to be divided."""

    def lack(split: Split) -> float:
        share = plan.share(split)
        if share == 0:
            return float("-inf")
        in_stratum = share * (here.total() + size) - here[split]
        return in_stratum + share * (overall.total() + size) - overall[split]

    return max(SPLITS, key=lack)
