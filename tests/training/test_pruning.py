"""Removals that the functions' health asks for."""

import asyncio

import pytest

from agentopt_core.actions import Update
from agentopt_core.config import TrainingConfig
from agentopt_core.training.beside import Beside
from agentopt_core.training.control import Control
from agentopt_core.training.pruning import Pruner
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.removal import removal_verdict
from agentopt_core.training.state import Judged, TrainState, Verdict
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, evaluation, functions
from tests.training.health import TASKS, Clinic, evaluated
from tests.training.test_trainer import Proposals

MANY = functions("helper", "harmful", "idle")


def proposed(clinic, accepted, proposals=None, known=frozenset()):
    proposals = proposals or Proposals()
    pruner = Pruner(proposals, credits=clinic.credits, config=clinic.config, sink=clinic.sink, proposed=known)

    async def step():
        await clinic.credits.accepted(accepted)
        return [await pruner.step(number, accepted, ()) for number in (1, 2, 3)]

    return asyncio.run(step()), proposals


def names(update):
    return [action.name for action in update.actions]


def test_nothing_is_proposed_unless_the_run_asks_for_it():
    clinic = Clinic(credit="kept", unused_after=1)
    updates, proposals = proposed(clinic, evaluated(MANY))
    assert updates == [Update()] * 3
    assert len(proposals.shown) == 3


def test_an_unused_function_is_proposed_for_removal_once_with_the_numbers():
    clinic = Clinic(removal="propose", unused_after=1)
    (first, *later), _ = proposed(clinic, evaluated(MANY))
    assert names(first) == ["idle"]
    assert first.prunes == (MANY.get("idle").digest,)
    assert "n = 6 training tasks" in first.rationale
    assert later == [Update()] * 2


def test_a_function_is_unused_only_after_so_many_accepted_evaluations_without_a_call():
    clinic = Clinic(removal="propose", unused_after=2)
    updates, _ = proposed(clinic, evaluated(MANY, 1))
    assert updates == [Update()] * 3
    updates, _ = proposed(clinic, evaluated(MANY, 2))
    assert names(updates[0]) == ["idle"]


def test_a_new_version_of_a_function_starts_afresh():
    clinic = Clinic(removal="propose", unused_after=2)
    proposed(clinic, evaluated(MANY, 1))
    revised = MANY.including(MANY.get("idle").with_(description="Says better when to use it."))
    updates, _ = proposed(clinic, evaluated(revised, 2))
    assert updates == [Update()] * 3


def test_a_function_whose_credit_is_negative_beyond_its_interval_goes_first_and_alone():
    clinic = Clinic(credit="kept", removal="propose", unused_after=1)
    (first, second, third), _ = proposed(clinic, evaluated(MANY))
    assert names(first) == ["harmful"]
    assert "0 are solved with it and 3 without" in first.rationale
    assert "-100.0 points" in first.rationale
    assert names(second) == ["idle"]
    assert third == Update()


def test_what_an_earlier_process_has_proposed_is_not_proposed_again():
    clinic = Clinic(removal="propose", unused_after=1)
    updates, _ = proposed(clinic, evaluated(MANY), known=frozenset({MANY.get("idle").digest}))
    assert updates == [Update()] * 3


@pytest.mark.parametrize(
    ("before", "after", "kind", "improved"),
    [
        ("++--", "+++-", "kept", True),
        ("++--", "++--", "kept", False),
        ("++--", "+-+-", "kept", False),  # others are solved, as many as before
        ("++--", "+---", "rolled_back", False),
        ("!!", "++", "rolled_back", False),
    ],
)
def test_a_removal_is_kept_on_a_tie_and_withdrawn_when_something_is_lost(before, after, kind, improved):
    verdict = removal_verdict(evaluation(before, ("a", "b")), evaluation(after, ("a",)), TrainingConfig())
    assert (verdict.kind, verdict.improved) == (kind, improved)


def test_a_tie_says_why_it_is_enough():
    verdict = removal_verdict(evaluation("+-", ("a", "b")), evaluation("+-", ("a",)), TrainingConfig())
    assert verdict.reason.endswith("A tie is enough for a removal: nothing is lost, 1 function fewer.")


def trained(*updates, recorded=None, patience=1, initial=None, **config):
    clinic = Clinic(recorded=recorded, removal="propose", **config)
    proposals = Proposals(*updates)
    known = recorded or Recorded()
    training = TrainingConfig(epochs=3, patience=patience, stop_at_perfect=False)
    trainer = Trainer(
        evaluator=clinic.world,
        optimizer=Pruner(
            proposals, credits=clinic.credits, config=clinic.config, sink=clinic.sink, proposed=known.pruned
        ),
        tasks=TASKS,
        config=training,
        sink=clinic.sink,
        control=Control(list, clinic.sink),
        recorded=known,
        initial=initial,
        beside=Beside(
            evaluator=clinic.world, tasks=TASKS, validation=(), config=training, recorded=known, credits=clinic.credits
        ),
    )
    return asyncio.run(trainer.train()), clinic, proposals


def verdicts(clinic):
    return [event for event in clinic.sink.events if event.kind == "verdict_reached"]


def test_a_removal_is_measured_like_any_update_and_costs_neither_an_epoch_nor_patience():
    result, clinic, proposals = trained(adds("helper", "idle"), unused_after=1)
    _, helped, removed, *_ = verdicts(clinic)
    assert (helped.verdict, helped.epoch, removed.verdict, removed.epoch) == ("kept", 1, "kept", 1)
    assert removed.withdrawn_in_a_row == 0
    assert result.state.best.functions.names == ("helper",)
    assert ("", ("helper",), tuple(task.id for task in TASKS)) in clinic.world.measured
    # the optimizer was asked about the smaller set afterwards, and its own steps alone used up the patience
    assert proposals.shown[-1][1].functions.names == ("helper",)
    assert result.reason.kind == "patience"
    assert len(proposals.shown) == 3


def test_a_rolled_back_removal_uses_up_no_patience_and_enters_the_failure_record():
    state = TrainState.start(evaluation("++", ("a", "b")))
    withdrawn = Judged(Update(), Verdict("rolled_back", "worse", upkeep=True), evaluation("+-", ("a",), 1), made=1)
    after = state.after(withdrawn)
    assert (after.withdrawn_in_a_row, after.epoch, after.step, after.evaluations) == (0, 0, 1, 2)
    assert [entry.functions.names for entry in after.failure_record] == [("a",)]


def test_a_resumed_run_neither_measures_nor_proposes_a_removal_again():
    _, first, _ = trained(adds("helper", "idle"), unused_after=1)
    result, again, proposals = trained(recorded=Recorded(first.sink.events), unused_after=1)
    assert again.world.measured == []
    assert proposals.shown == []
    assert result.state.best.functions.names == ("helper",)


def test_a_run_that_begins_with_a_harmful_function_gets_rid_of_it():
    result, clinic, _ = trained(initial=functions("helper", "harmful"), credit="kept", patience=0)
    assert result.state.best.functions.names == ("helper",)
    (removed,) = [event for event in verdicts(clinic) if event.verdict == "kept"]
    assert "3 fixed, 0 broken" in removed.reason
