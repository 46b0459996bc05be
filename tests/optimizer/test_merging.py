"""Three-way merge of function sets by their common ancestor."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from agentopt_core.functions import Function, FunctionSet
from agentopt_core.optimizer.merging import Preference, Record, better_side, contract_faults, merge, record_of
from agentopt_core.testing import InMemorySandbox
from tests.builders import function, functions


def the_left(name: str) -> Preference:
    return Preference("left", f"Asked about {name}.")


def never(name: str) -> Preference:
    raise AssertionError(name)


def revised(functions: FunctionSet, name: str, by: str) -> FunctionSet:
    return functions.including(function(name, f"def {name}(x):\n    return x * {by}\n"))


def test_what_neither_side_changed_stays():
    base = functions("a", "b")
    merged = merge(base, base, base, never)
    assert merged.functions.digest == base.digest
    assert {part.case for part in merged.parts} == {"unchanged"}


def test_each_sides_own_change_is_taken():
    base = functions("a", "b", "c")
    left = revised(base, "a", "3").without("c")
    right = base.including(function("d"))
    merged = merge(base, left, right, never)
    assert merged.functions.names == ("a", "b", "d")
    assert merged.functions.get("a") == left.get("a")
    assert {part.name: part.side for part in merged.parts} == {"a": "left", "b": None, "c": "left", "d": "right"}
    assert merged.conflicts == ()


def test_the_same_change_on_both_sides_is_no_conflict():
    base = functions("a")
    both = revised(base, "a", "3").including(function("b"))
    merged = merge(base, both, both, never)
    assert merged.functions.digest == both.digest
    assert [part.case for part in merged.parts] == ["both_same", "both_same"]


def test_a_function_changed_differently_is_a_conflict_that_the_rule_decides():
    base = functions("a")
    left, right = revised(base, "a", "3"), revised(base, "a", "4")
    merged = merge(base, left, right, lambda name: Preference("right", "It did better."), ("set 1", "set 2"))
    (conflict,) = merged.conflicts
    assert conflict.taken == right.get("a")
    assert conflict.reason == "Changed by both: set 1 revised it, set 2 revised it. It did better."


def test_removed_here_and_revised_there_is_a_conflict():
    base = functions("a", "b")
    merged = merge(base, base.without("a"), revised(base, "a", "4"), the_left)
    assert merged.functions.names == ("b",)
    assert merged.conflicts[0].taken is None


def test_two_functions_of_one_name_added_on_both_sides_are_a_conflict():
    none = FunctionSet()
    merged = merge(none, functions("a"), revised(functions("a"), "a", "9"), the_left)
    assert len(merged.conflicts) == 1
    assert merged.functions.digest == functions("a").digest


def test_a_conflict_goes_to_the_side_that_solved_more_of_the_tasks_that_used_the_function():
    side, reason = better_side(Record(1, 3, 4), Record(9, 8, 20), ("set 1", "set 2"))
    assert side == "right"
    assert reason == "Taken from set 2: 3 of 4 tasks in which it was called solved, against 1."


def test_without_a_difference_there_the_better_set_wins_and_then_the_first():
    assert better_side(Record(2, 2, 4), Record(8, 9, 20)).side == "right"
    assert better_side(Record(0, 0, 0), Record(8, 8, 20)).side == "left"


def test_a_record_counts_only_tasks_that_were_scored_under_both():
    left, right = {"t1": 1, "t2": 1, "t3": 0}, {"t1": 0, "t3": 1, "t4": 1}
    assert record_of(left, right, lambda _: True) == (1, 1, 2)
    assert record_of(left, right, {"t1"}.__contains__) == (1, 0, 1)


SETS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"), max_size=4).map(
    lambda versions: FunctionSet(
        functions=tuple(function(name, f"def {name}(x):\n    return x * {by}\n") for name, by in versions.items())
    )
)


@given(SETS, SETS)
def test_merging_with_the_ancestor_itself_gives_the_other_side(base: FunctionSet, side: FunctionSet) -> None:
    assert merge(base, side, base, never).functions.digest == side.digest
    assert merge(base, base, side, never).functions.digest == side.digest


@given(SETS, SETS, SETS)
def test_which_side_is_named_first_matters_only_where_the_rule_decides(
    base: FunctionSet, one: FunctionSet, other: FunctionSet
) -> None:
    here = merge(base, one, other, lambda _: Preference("left", ""))
    there = merge(base, other, one, lambda _: Preference("right", ""))
    assert here.functions.digest == there.functions.digest
    assert {part.name for part in here.conflicts} == {part.name for part in there.conflicts}


def faults(merged: FunctionSet, ancestor: FunctionSet) -> list[tuple[str, str]]:
    found = asyncio.run(contract_faults(merged, ancestor, (), InMemorySandbox()))
    return [(fault.name, fault.code) for fault in found]


def test_a_merged_set_of_functions_that_hold_passes_the_contract_tests():
    assert faults(functions("a", "b"), functions("a")) == []


def test_a_signature_that_is_not_the_schemas_fails_the_contract_tests():
    wrong = function("b", "def b(y):\n    return y\n")
    assert faults(functions("a").including(wrong), functions("a")) == [("b", "schema_signature_mismatch")]


def test_a_function_that_cannot_be_loaded_or_called_fails_the_contract_tests():
    breaks = function("b", "def b(x):\n    return x\n\nraise_here = 1 // 0\n")
    parameters = {"type": "object", "properties": {"x": {"type": "number", "examples": [0]}}, "required": ["x"]}
    fails = Function(name="c", description="c of x.", parameters=parameters, code="def c(x):\n    return 1 / x\n")
    found = faults(functions().including(breaks).including(fails), functions())
    assert found == [("b", "import_failed"), ("c", "smoke_call_failed")]


def test_a_function_that_the_ancestor_had_already_is_not_tested_again():
    wrong = functions("a").including(function("b", "def b(y):\n    return y\n"))
    assert faults(wrong.including(function("c")), wrong) == []
