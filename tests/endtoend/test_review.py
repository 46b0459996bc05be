"""People in a real run: its trainer waits in a process of its own, and everything goes through journals."""

from __future__ import annotations

import os
import signal

import pytest

from agentopt_core.config import ApprovalConfig, RunConfig, TrainingConfig
from agentopt_core.errors import ConfigError
from agentopt_core.reviews import Decision, FunctionText, HandChange, TrialRequest
from agentopt_core.workbench import SAMPLES, Workbench
from tests.endtoend.test_workbench import bench, reach  # noqa: F401 - a fixture
from tests.history.helpers import contents, history

ALWAYS = RunConfig(
    approval=ApprovalConfig(mode="always"), training=TrainingConfig(epochs=2, patience=2, null_edits=1)
)  # fmt: skip
BEFORE = ALWAYS.with_(approval=ApprovalConfig(mode="always", when="before"))


def waits_for(bench, run_id, step):  # noqa: F811
    reach(bench, run_id, lambda run: run.status == "waiting" and run.status_reason.startswith(f"update {step} "))
    return bench.review(run_id, step)


def text_of(function, code):
    return FunctionText(name=function.name, description=function.description, code=code)


def test_a_run_waits_with_the_evidence_and_goes_on_as_people_decide(bench):  # noqa: F811
    run_id = bench.start(ALWAYS, "number-and-algebra", by="test")
    card = waits_for(bench, run_id, 1)
    assert [one.step for one in bench.review_queue()] == [1]
    assert (card.state, card.when, card.evaluation, card.base_evaluation) == ("waiting", "after", 1, 0)
    assert card.candidate.correct - card.base.correct == len(card.fixed) - len(card.broken)
    assert card.n == card.base.n
    assert card.rule in ("kept", "rolled_back")
    assert card.usage.requests > card.n
    with pytest.raises(ConfigError, match="needs a reason"):
        bench.decide(run_id, Decision(step=1, choice="reject"), by="Ada")
    bench.decide(run_id, Decision(step=1, choice="reject", reason="too special"), by="Ada")
    second = waits_for(bench, run_id, 2)
    first = bench.review(run_id, 1)
    assert (first.state, first.verdict, first.decision.by, first.decision.reason) == (
        "decided",
        "rejected",
        "Ada",
        "too special",
    )
    assert second.base == card.base
    with pytest.raises(ConfigError, match="already decided: Ada said reject"):
        bench.decide(run_id, Decision(step=1, choice="approve"), by="Bob")
    bench.decide(run_id, Decision(step=2, choice="approve"), by="Bob")
    waits_for(bench, run_id, 3)
    bench.decide(run_id, Decision(step=3, choice="approve"), by="Bob")
    run = reach(bench, run_id, lambda it: it.status in ("finished", "waiting"))
    while run.status == "waiting":
        bench.decide(run_id, Decision(step=bench.review_queue()[0].step, choice="approve"), by="Bob")
        run = reach(bench, run_id, lambda it: it.status != "waiting")
        run = reach(bench, run_id, lambda it: it.status in ("finished", "waiting"))
    assert bench.review_queue() == []
    points = bench.curve(run_id)
    assert points[0].validation.n == 8
    assert all(point.validation is not None for point in points if point.verdict == "kept")
    assert any("rejected by Ada: too special" in event.text for event in bench.events(run_id))
    bench.close()
    assert contents(history(bench.home))["decisions"]


def test_a_waiting_update_survives_a_killed_trainer_and_is_decided_while_none_is_there(bench):  # noqa: F811
    run_id = bench.start(BEFORE, "number-and-algebra", by="test")
    card = waits_for(bench, run_id, 1)
    assert (card.candidate, card.p_value, card.evaluation) == (None, None, None)
    os.kill(bench.folder(run_id).holder(), signal.SIGKILL)
    reach(bench, run_id, lambda run: run.status == "interrupted")
    assert [one.step for one in bench.review_queue()] == [1]
    bench.decide(run_id, Decision(step=1, choice="approve"), by="Ada")
    waits_for(bench, run_id, 2)
    assert bench.review(run_id, 1).decision.by == "Ada"
    assert len([point for point in bench.curve(run_id) if point.step == 1]) == 1


def test_a_proposal_is_tried_on_a_few_tasks_then_edited_and_its_part_approved(bench):  # noqa: F811
    run_id = bench.start(BEFORE, "number-and-algebra", by="test")
    card = waits_for(bench, run_id, 1)
    bench.try_proposal(run_id, TrialRequest(step=1, tasks=4), by="Ada")
    while not (tried := bench.review(run_id, 1).trials):
        reach(bench, run_id, lambda run: True)
    assert (tried[0].by, tried[0].after.n, tried[0].evaluation) == ("Ada", 4, 1)
    writes = [action.after for action in card.actions if action.after is not None]
    broken = text_of(writes[0], "def nothing(:")
    with pytest.raises(ConfigError, match="does not compile"):
        bench.decide(run_id, Decision(step=1, choice="approve", edits=(broken,)), by="Ada")
    better = text_of(writes[0], f"{writes[0].code}\n# looked through by Ada\n")
    bench.decide(run_id, Decision(step=1, choice="approve", only=(writes[0].name,), edits=(better,)), by="Ada")
    waits_for(bench, run_id, 2)
    card = bench.review(run_id, 1)
    assert [action.name for action in card.decision.actions] == [writes[0].name]
    assert card.decision.actions[0].after.code.endswith("# looked through by Ada\n")
    assert card.actions[0].after == writes[0]
    assert card.usage.requests > tried[0].after.n


def test_the_accepted_set_can_be_changed_by_hand_and_the_history_says_by_whom(bench):  # noqa: F811
    run_id = bench.start(ALWAYS, "number-and-algebra", by="test")
    waits_for(bench, run_id, 1)
    code = "def halve(x):\n    return x / 2\n"
    bench.change(
        run_id,
        HandChange(functions=(FunctionText(name="halve", description="Half of x.", code=code),), reason="missing"),
        by="Ada",
    )
    bench.decide(run_id, Decision(step=1, choice="reject", reason="no"), by="Bob")
    waits_for(bench, run_id, 3)
    update = bench.updates(run_id)[1]
    assert (update.by, update.verdict, update.reason) == ("Ada", "kept", "Set by hand by Ada: missing")
    assert bench.accepted_functions(run_id).names == ("halve",)
    with pytest.raises(ConfigError, match="as they were"):
        bench.change(run_id, HandChange(), by="Ada")
    with pytest.raises(ConfigError, match="no evaluation 99"):
        bench.change(run_id, HandChange(evaluation=99), by="Ada")


def test_a_run_that_ended_by_its_rule_takes_no_changes(tmp_path):
    bench = Workbench(tmp_path, SAMPLES)  # noqa: F811
    quick = RunConfig(training=TrainingConfig(epochs=1, patience=0))
    run_id = bench.start(quick, "number-and-algebra", by="test")
    reach(bench, run_id, lambda run: run.status == "finished")
    with pytest.raises(ConfigError, match="has ended") as refused:
        bench.change(run_id, HandChange(evaluation=0), by="Ada")
    assert "new run" in refused.value.hint
    bench.close()
