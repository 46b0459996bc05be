"""Faults of the AutoGen port of the method that must not come back here (those that concern the optimizer)."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt_core.actions import Update
from agentopt_core.optimizer.conversation import request_tokens
from agentopt_core.testing import tool_message
from tests.optimizer.helpers import AREA_CODE, add, evaluation, fields, read, rollout
from tests.optimizer.test_step import ACCEPTED, BROKEN, Run, good, one

REMOVE = ("remove_function", {"name": "area"})


def test_fault_2_a_removed_function_is_neither_listed_nor_known_any_more() -> None:
    run = Run(one(REMOVE), one(("revise_function", fields())), "TERMINATE")
    assert run.update.apply(ACCEPTED.functions).names == ()
    assert [refusal.code for refusal in run.update.refusals] == ["name_unknown"]
    list_b = run.prompt(1).split("## List B")[1].split("## Success")[0]
    assert '"name": "area"' not in list_b


def test_fault_3_a_set_that_becomes_empty_ends_nothing() -> None:
    run = Run(one(REMOVE), "TERMINATE")
    assert run.update.apply(ACCEPTED.functions).names == ()
    assert run.update.ended == "terminate"


def test_fault_3_a_step_can_begin_from_the_empty_set() -> None:
    empty = evaluation(rollout("t1", False), known=())
    run = Run(one(add()), "TERMINATE", accepted=empty)
    assert run.update.apply(empty.functions).names == ("area",)


def test_fault_4_terminate_ends_the_step_and_nothing_is_asked_afterwards() -> None:
    run = Run("TERMINATE", one(good("never")))
    assert len(run.model.requests) == 1
    assert isinstance(run.update, Update)
    assert run.update.actions == ()


@pytest.mark.parametrize("bad", [one(BROKEN), "I will think about it.", one(("add_function", "{"))])
def test_fault_5_a_retry_is_another_request_that_holds_the_error(bad: Any) -> None:
    run = Run(bad, bad, one(good("a")), "TERMINATE")
    first, second, third = run.model.requests[:3]
    assert first.messages != second.messages != third.messages
    told = [str(message["content"]) for message in run.after(1) if message["role"] in ("tool", "user")]
    assert run.update.refusals[0].reason in told[-1]
    assert len(run.after(2)) > len(run.after(1))


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        (add(code=AREA_CODE.replace("def area", "def _other")), "wrong_function_name"),
        (add(code="def area(radius):\n    return radius\n"), "schema_signature_mismatch"),
        (("add_function", {"name": "area"}), "missing_field"),
        (("add_function", {}), "missing_field"),
        (add(arguments="width and height"), "bad_schema"),
    ],
)
def test_fault_6_json_that_parses_and_code_that_compiles_are_not_enough(proposal: Any, code: str) -> None:
    assert read(proposal).reason_code == code


def test_fault_6_missing_fields_do_not_end_the_step() -> None:
    run = Run(tool_message(("add_function", {"name": "x"}), good("a")), one(good("b")), "TERMINATE")
    assert run.names == ["add a", "add b"]


def test_fault_10_histories_are_cut_to_the_budget() -> None:
    long = evaluation(*(rollout(f"task-{i}", i % 3 == 0, "step by step, " * 150) for i in range(200)))
    run = Run("TERMINATE", accepted=long)
    size = sum(len(str(message["content"])) for message in run.model.requests[0].messages)
    assert request_tokens(run.model.requests[0]) <= 24_000
    assert size < 120_000
