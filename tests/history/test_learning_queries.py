"""How a run learns, beside its curve: noise, ceiling, use of functions, pace, decisions, and what past runs took."""

from pathlib import Path

import pytest

from agentopt_core.events import EvaluationFinished, RequestFinished
from agentopt_core.history import curve, decisions, events, pace, past_runs, signs
from agentopt_core.rollouts import Proportion
from agentopt_core.views import FunctionUse
from tests.history.helpers import (
    BASELINE,
    NONE,
    WITH_DOUBLE,
    decided,
    finished_run,
    history,
    measured,
    new_run,
    proposed,
    request,
    rollout,
    share,
    write,
)


def again(number: int, correct: int) -> EvaluationFinished:
    result = Proportion(correct=correct, n=4)
    return EvaluationFinished(
        evaluation=0, functions_digest=NONE.digest, split="train", series=f"again-{number}", result=result, wall_s=1.0
    )


def test_the_signs_of_a_run_are_those_of_its_accepted_set(tmp_path: Path):
    run = finished_run(tmp_path)
    found = signs(history(tmp_path), run.run_id)
    assert (found.evaluation, found.rollouts, found.at_turn_cap) == (1, 4, 0)
    assert found.uses == (FunctionUse(name="double", calls=4, failed=1),)
    assert (found.fixed, found.broken) == (2, 0)


def test_the_ceiling_is_what_some_version_solved_also_one_that_was_rolled_back(tmp_path: Path):
    run = finished_run(tmp_path)
    found = signs(history(tmp_path), run.run_id)
    assert found.ever_solved == Proportion(correct=4, n=4)  # t3 was solved by the version that was rolled back
    assert found.new_solved == 3


def test_a_function_without_a_call_is_among_the_uses(tmp_path: Path):
    run = new_run(tmp_path)
    quiet = [rollout(f"t{i}", True) for i in range(4)]
    write(
        run,
        [
            *measured(0, None, NONE, BASELINE),
            decided(None, 0, "baseline", 0, 0, share(BASELINE)),
            *measured(1, 1, WITH_DOUBLE, quiet),
            decided(1, 1, "kept", 1, 0, share(quiet), share(quiet)),
        ],
    )
    assert signs(history(tmp_path), run.run_id).uses == (FunctionUse(name="double"),)


def test_the_baseline_measured_again_is_noise_and_no_point_of_the_curve(tmp_path: Path):
    run = new_run(tmp_path)
    repeated = [again(1, 2), again(2, 0), again(2, 3)]
    write(run, [*measured(0, None, NONE, BASELINE), *repeated])
    store = history(tmp_path)
    assert [one.correct for one in signs(store, run.run_id).again] == [2, 3]  # the last report of a series counts
    assert [(point.evaluation, point.result) for point in curve(store, run.run_id)] == [(0, share(BASELINE))]


def test_a_run_without_an_event_has_no_signs(tmp_path: Path):
    run = new_run(tmp_path)
    found = signs(history(tmp_path), run.run_id)
    assert (found.rollouts, found.ever_solved, found.again) == (0, None, ())


def at(event: RequestFinished, moment: float) -> RequestFinished:
    return event.with_(at=moment)


def test_the_pace_is_reckoned_over_the_last_minute(tmp_path: Path):
    run = new_run(tmp_path)
    write(run, [at(request(), moment) for moment in (100.0, 150.0, 180.0, 190.0)])
    found = pace(history(tmp_path), run.run_id, now=200.0)
    assert (found.requests_per_min, found.tokens_per_min, found.seconds) == (3.0, 330.0, 60.0)


def test_the_pace_of_a_young_run_is_reckoned_over_its_age(tmp_path: Path):
    run = new_run(tmp_path)
    write(run, [at(request(), moment) for moment in (100.0, 110.0)])
    store = history(tmp_path)
    assert pace(store, run.run_id, now=120.0).requests_per_min == 6.0
    assert pace(store, "nobody", now=120.0).seconds == 0.0


def test_who_decided_on_an_update_is_told_by_its_step(tmp_path: Path):
    run = finished_run(tmp_path)
    found = decisions(history(tmp_path), run.run_id)
    assert {step: (one.by, one.choice, one.reason) for step, one in found.items()} == {1: ("Ada", "approve", "sound")}


def test_a_change_by_hand_is_marked_on_the_curve(tmp_path: Path):
    run = new_run(tmp_path)
    step = proposed(1, 0)
    by_hand = step[-1].with_(update=step[-1].update.with_(by="Ada"))
    write(run, [*measured(0, None, NONE, BASELINE), *step[:-1], by_hand, *measured(1, 1, WITH_DOUBLE, BASELINE)])
    assert [point.by for point in curve(history(tmp_path), run.run_id)] == ["", "Ada"]


def test_the_cost_on_the_curve_grows_with_the_requests_before_each_point(tmp_path: Path):
    run = finished_run(tmp_path)
    assert [point.usage.requests for point in curve(history(tmp_path), run.run_id)] == [5, 10, 15]


def test_past_runs_are_those_of_the_same_models_on_the_same_tasks(tmp_path: Path):
    first, second = finished_run(tmp_path, name="First"), finished_run(tmp_path, name="Second")
    new_run(tmp_path)  # nothing was measured in it
    store = history(tmp_path)
    found = past_runs(store, "demo", "demo", "sums")
    assert [one.name for one in found] == ["Second", "First"]
    assert {one.run_id for one in found} == {first.run_id, second.run_id}
    assert (found[0].requests, found[0].prompt_tokens, found[0].seconds) == (1.0, 100.0, pytest.approx(0.5))
    assert past_runs(store, "another", "demo", "sums") == []
    assert past_runs(store, "demo", "demo", "sums", "react") == []
    assert past_runs(store, "demo", "demo", "other tasks") == []


def test_the_log_is_searched_by_severity_kind_and_words(tmp_path: Path):
    run = finished_run(tmp_path)
    store = history(tmp_path)
    assert {line.severity for line in events(store, run.run_id, severities=["warning"])} == {"warning"}
    assert {line.kind for line in events(store, run.run_id, kinds=["step_started"])} == {"step_started"}
    assert [line.kind for line in events(store, run.run_id, text="APPROVED BY ada")] == ["review_decided"]
    assert events(store, run.run_id, text="%") != []  # a sign, not a pattern
    assert events(store, run.run_id, text="nobody wrote this") == []


def test_an_older_page_of_the_log_does_not_move_when_events_come_in(tmp_path: Path):
    run = finished_run(tmp_path)
    newest = events(history(tmp_path), run.run_id, limit=3)
    older = events(history(tmp_path), run.run_id, limit=3, before_offset=newest[-1].offset)
    write(run, [decided(None, 0, "baseline", 0, 0, share(BASELINE))])
    assert events(history(tmp_path), run.run_id, limit=3, before_offset=newest[-1].offset) == older
