"""What a function is worth: the tasks that used it, with and without it."""

import asyncio

import pytest

from agentopt_core.commands import Command
from agentopt_core.training.recorded import Recorded
from tests.builders import functions
from tests.training.health import Clinic, evaluated

SET = functions("helper", "harmful", "idle")


def test_the_tasks_that_used_a_function_are_run_without_it_and_compared_with_a_control():
    clinic = Clinic()
    asyncio.run(clinic.credits.measure(evaluated(SET)))
    assert clinic.world.measured == [
        ("control", ("helper", "harmful", "idle"), ("t1", "t2", "t3", "t4", "t5", "t6")),
        ("mask-helper", ("harmful", "idle"), ("t1", "t2", "t3")),
        ("mask-harmful", ("helper", "idle"), ("t4", "t5", "t6")),
    ]
    helper, harmful = clinic.found["helper"], clinic.found["harmful"]
    assert (helper.used, helper.with_function.correct, helper.without.correct, helper.without.n) == (3, 3, 0, 3)
    assert (helper.helped, helper.hurt) == (("t1", "t2", "t3"), ())
    assert (harmful.with_function.correct, harmful.without.correct) == (0, 3)
    assert harmful.hurt == ("t4", "t5", "t6")
    assert helper.control


def test_a_function_that_no_task_used_has_no_credit():
    clinic = Clinic()
    asyncio.run(clinic.credits.measure(evaluated(SET)))
    assert "idle" not in clinic.found
    assert clinic.credits.of(evaluated(SET), SET.get("idle")) is None


def test_without_a_control_the_evaluation_by_which_the_set_was_kept_is_compared_with():
    clinic = Clinic(control=False)
    asyncio.run(clinic.credits.measure(evaluated(SET)))
    assert [series for series, _, _ in clinic.world.measured] == ["mask-helper", "mask-harmful"]
    assert not clinic.found["helper"].control


def test_functions_that_few_tasks_used_can_be_left_out():
    clinic = Clinic(min_users=4)
    asyncio.run(clinic.credits.measure(evaluated(SET)))
    assert clinic.world.measured == []


@pytest.mark.parametrize(
    ("credit", "in_training", "at_the_end"), [("off", False, False), ("kept", True, True), ("end", False, True)]
)
def test_credit_is_measured_when_the_run_asks_for_it(credit, in_training, at_the_end):
    clinic = Clinic(credit=credit)
    asyncio.run(clinic.credits.accepted(evaluated(SET)))
    assert bool(clinic.found) is in_training
    asyncio.run(clinic.credits.at_the_end(evaluated(SET)))
    assert bool(clinic.found) is at_the_end


def test_what_is_known_of_a_set_is_not_measured_again():
    clinic = Clinic(credit="kept")
    asyncio.run(clinic.credits.accepted(evaluated(SET)))
    before = list(clinic.world.measured)
    asyncio.run(clinic.credits.at_the_end(evaluated(SET)))
    assert clinic.world.measured == before


def test_a_resumed_run_takes_over_credit_and_pays_for_no_finished_measurement_twice():
    first = Clinic()
    asyncio.run(first.credits.measure(evaluated(SET)))
    whole = Clinic(recorded=Recorded(first.sink.events))
    asyncio.run(whole.credits.measure(evaluated(SET)))
    assert (whole.world.measured, whole.sink.events) == ([], [])
    cut = next(place for place, event in enumerate(first.sink.events) if event.kind == "credit_measured")
    rest = Clinic(recorded=Recorded(first.sink.events[:cut]))
    asyncio.run(rest.credits.measure(evaluated(SET)))
    assert [series for series, _, _ in rest.world.measured] == ["mask-harmful"]
    assert set(rest.found) == {"helper", "harmful"}


def test_a_spoilt_measurement_is_warned_of_and_leaves_the_others():
    clinic = Clinic(broken=("mask-helper",))
    asyncio.run(clinic.credits.measure(evaluated(SET)))
    assert set(clinic.found) == {"harmful"}
    (warning,) = [event for event in clinic.sink.events if event.kind == "warned"]
    assert "mask-helper" in warning.message


def test_a_person_who_asks_gets_the_credit_of_the_accepted_set_and_an_answer():
    clinic = Clinic()
    clinic.desk.receive(Command(kind="credit", by="Ada", id="c1"))
    asyncio.run(clinic.credits.at_the_end(evaluated(SET)))
    assert set(clinic.found) == {"helper", "harmful"}
    (obeyed,) = [event for event in clinic.sink.events if event.kind == "command_obeyed"]
    assert (obeyed.command_id, obeyed.by) == ("c1", "Ada")
    assert clinic.sink.events[-1] is obeyed
