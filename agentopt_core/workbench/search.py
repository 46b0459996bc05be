"""Search beyond greedy: what became of the proposals of a step, and two versions of a run merged by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from agentopt_core import history
from agentopt_core.actions import Refusal
from agentopt_core.errors import NotFound
from agentopt_core.functions import FunctionSet
from agentopt_core.history.merge_queries import common_results
from agentopt_core.history.search_queries import screening
from agentopt_core.optimizer.merging import Merge, Preference, Record, better_side, contract_faults, merge
from agentopt_core.reviews import HandChange
from agentopt_core.sandbox import find_isolation, hide_from_calls, open_sandbox
from agentopt_core.views import LineageNode
from agentopt_core.views.search import ScreeningView
from agentopt_core.words import Word
from agentopt_core.workbench.evidence import EvidenceBench, as_text


class MergedVersions(Word):
    """Two versions of a run merged by their nearest common ancestor."""

    left: int
    """Evaluation of the one whose side is taken where nothing speaks for either."""
    right: int
    ancestor: int
    """Evaluation whose set both come from."""
    merge: Merge
    change: HandChange
    """What makes the merged set of the left one, for a run that goes on."""
    is_new: bool
    """It is neither of the two."""


class SearchBench(EvidenceBench):
    """Questions about proposals and merged versions."""

    def screening(self, run_id: str, step: int) -> ScreeningView | None:
        """The proposals of a step; None where it made only one, or has not compared them yet."""
        with self._history(run_id) as store:
            return screening(store, run_id, step)

    def mergeable(self, run_id: str, evaluation: int) -> list[LineageNode]:
        """The versions that a version can be merged with, the newest first: neither of the two comes from the other."""
        nodes = self.lineage(run_id)
        found = []
        for node in reversed(nodes):
            other = node.evaluation
            if other is not None and common_ancestor(nodes, evaluation, other) not in (evaluation, other):
                found.append(node)
        return found

    def merged(self, run_id: str, left: int, right: int) -> MergedVersions:
        """Two measured versions merged, function by function; nothing is run. Raises: NotFound for another number.

        A conflict goes to the version that solved more of the training tasks in which either called the function.
        """
        with self._history(run_id) as store:
            nodes = history.lineage(store, run_id)
            sets = history.sets(store, run_id)
            known = {node.evaluation for node in nodes} & sets.keys()
            if not {left, right} <= known:
                missing = next(one for one in (left, right) if one not in known)
                raise NotFound(f"Run {run_id} has no version {missing}.", "Choose one of the lineage.")
            names = tuple(dict.fromkeys((*sets[left].names, *sets[right].names)))
            all_tasks, used = common_results(store, run_id, left, right, names)
        ancestor = common_ancestor(nodes, left, right)
        labels = (_label(nodes, left), _label(nodes, right))

        def prefer(name: str) -> Preference:
            return better_side(Record(*used.get(name, (0, 0, 0))), Record(*all_tasks), labels)

        joined = merge(sets[ancestor], sets[left], sets[right], prefer, labels)
        return MergedVersions(
            left=left,
            right=right,
            ancestor=ancestor,
            merge=joined,
            change=_change(joined, sets[left], left, labels),
            is_new=joined.functions.digest not in (sets[left].digest, sets[right].digest),
        )

    def merge_faults(self, run_id: str, merged: MergedVersions) -> tuple[Refusal, ...]:
        """What of a merged set fails the contract tests. Its functions run in the sandbox, for some seconds.

        Raises: SandboxUnavailable when they would be isolated by less than the run asks for; InfrastructureFault.
        """
        config = self.config(run_id)
        self.require_sandbox(config)
        before = self.function_sets(run_id).get(merged.ancestor, FunctionSet())
        isolation = find_isolation()
        hide_from_calls(isolation.level)

        async def tested() -> tuple[Refusal, ...]:
            sandbox = open_sandbox(config.sandbox, isolation, notebooks=0)
            try:
                return await contract_faults(merged.merge.functions, before, config.sandbox.packages, sandbox)
            finally:
                await sandbox.close()

        return asyncio.run(tested())


def common_ancestor(nodes: Sequence[LineageNode], left: int, right: int) -> int:
    """The nearest evaluation that both come from; one of the two where it comes from the other, else the baseline."""
    parents = {node.evaluation: node.parent for node in nodes}
    line = _line(parents, left)
    return next((one for one in _line(parents, right) if one in line), 0)


def _line(parents: Mapping[int | None, int | None], evaluation: int) -> list[int]:
    line: list[int] = []
    here: int | None = evaluation
    while here is not None and here not in line:
        line.append(here)
        here = parents.get(here)
    return line


def _label(nodes: Sequence[LineageNode], evaluation: int) -> str:
    step = next(node.step for node in nodes if node.evaluation == evaluation)
    return f"update {step}" if step else "the baseline"


def _change(joined: Merge, base: FunctionSet, left: int, labels: tuple[str, str]) -> HandChange:
    functions = joined.functions
    return HandChange(
        evaluation=left,
        functions=tuple(as_text(one) for one in functions.each() if (old := base.get(one.name)) is None or old != one),
        remove=tuple(name for name in base.names if name not in functions),
        reason=f"Merged {labels[0]} and {labels[1]}, function by function.",
    )
