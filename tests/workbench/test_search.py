"""Two versions of a run merged by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.errors import NotFound
from agentopt_core.workbench import Workbench
from agentopt_core.workbench.search import common_ancestor
from tests.history.helpers import BETTER, HALF
from tests.history.searches import searched


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "home", live=False)
    yield opened
    opened.close()


@pytest.fixture
def run_id(bench: Workbench) -> str:
    return searched(bench.home).run_id


def test_two_versions_are_merged_by_the_version_both_come_from(bench: Workbench, run_id: str) -> None:
    merged = bench.merged(run_id, 2, 3)
    assert merged.ancestor == 1
    assert merged.is_new
    assert merged.merge.functions.get("half") == HALF
    assert merged.merge.functions.get("double") == BETTER


def test_a_conflict_names_both_updates_and_says_why_it_went_where(bench: Workbench, run_id: str) -> None:
    (conflict,) = bench.merged(run_id, 2, 3).merge.conflicts
    assert conflict.reason == (
        "Changed by both: update 2 revised it, update 3 revised it. Taken from update 2, though neither did better "
        "(2 of 4 tasks in which it was called solved, 2 of 4 in all)."
    )


def test_the_change_that_is_sent_makes_the_merged_set(bench: Workbench, run_id: str) -> None:
    merged = bench.merged(run_id, 2, 3)
    made, refusals = bench.changed(run_id, merged.change, bench.config(run_id))
    assert refusals == ()
    assert made.names == merged.merge.functions.names
    assert merged.change.reason == "Merged update 2 and update 3, function by function."


def test_what_comes_from_the_other_makes_no_new_set_and_is_not_offered(bench: Workbench, run_id: str) -> None:
    assert not bench.merged(run_id, 1, 3).is_new
    assert [node.evaluation for node in bench.mergeable(run_id, 2)] == [3]
    assert bench.mergeable(run_id, 1) == []


def test_a_version_that_was_never_measured_cannot_be_merged(bench: Workbench, run_id: str) -> None:
    with pytest.raises(NotFound, match="no version 9"):
        bench.merged(run_id, 2, 9)


def test_the_nearest_ancestor_counts(bench: Workbench, run_id: str) -> None:
    nodes = bench.lineage(run_id)
    assert [common_ancestor(nodes, *pair) for pair in ((2, 3), (0, 3), (1, 2), (3, 3))] == [1, 0, 1, 3]


def test_the_functions_of_a_merged_set_are_tested_in_the_sandbox(bench: Workbench, run_id: str) -> None:
    merged = bench.merged(run_id, 2, 3)
    assert bench.merge_faults(run_id, merged) == ()
    broken = HALF.with_(code="raise ValueError('not today')\n\n\ndef half(x):\n    return x\n")
    functions = merged.merge.functions.including(broken)
    faults = bench.merge_faults(run_id, merged.with_(merge=merged.merge.with_(functions=functions)))
    assert [(fault.name, fault.code) for fault in faults] == [("half", "import_failed")]
