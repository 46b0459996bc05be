"""Each failure signature is named with its numbers, and a sound run gets no name at all."""

import pytest

from agentopt_core.diagnosis import Diagnosis, diagnose, noise_spread
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import CurvePoint, FunctionUse, HeldOut, RunSummary, Signs

N = 40


def share(correct: int, n: int = N, faults: int = 0) -> Proportion:
    return Proportion(correct=correct, n=n, faults=faults)


def curve(*points: tuple) -> list[CurvePoint]:
    """(correct, verdict) or (correct, verdict, validated of 20) for each evaluation."""
    made, best = [], share(0)
    for number, (correct, verdict, *val) in enumerate(points):
        result = correct if isinstance(correct, Proportion) else share(correct)
        best = result if verdict in ("baseline", "kept") else best
        made.append(
            CurvePoint(
                evaluation=number,
                epoch=0,
                step=number or None,
                split="train",
                result=result,
                verdict=verdict,
                reason="",
                best=best,
                validation=share(val[0], 20) if val else None,
                functions=(),
                usage=Usage(),
                at=number,
            )
        )
    return made


def run(points: list[CurvePoint], **changes: object) -> RunSummary:
    kept = [point for point in points if point.verdict in ("baseline", "kept")]
    row = next(i for i, point in enumerate(reversed(points)) if point.verdict in ("baseline", "kept"))
    fields = {
        "run_id": "r",
        "name": "",
        "status": "running",
        "status_reason": "",
        "task_set": "T",
        "train_tasks": N,
        "agent_model": "m",
        "optimizer_model": "m",
        "is_demo": False,
        "level": None,
        "isolation": "",
        "created_at": 0.0,
        "updated_at": 0.0,
        "baseline": points[0].result,
        "best": kept[-1].result,
        "best_evaluation": kept[-1].evaluation,
        "evaluations": len(points),
        "epoch": len(kept) - 1,
        "max_epochs": 10,
        "withdrawn_in_a_row": row,
        "patience": 10,
        "usage": Usage(),
        "functions": 1,
        **changes,
    }
    return RunSummary.model_validate(fields)


SOUND = curve((10, "baseline", 5), (20, "kept", 9), (18, "rolled_back"), (30, "kept", 14))
GAINED = Signs(evaluation=3, rollouts=N, fixed=21, broken=1, ever_solved=share(32), new_solved=22, again=(share(11),))
ALL_IN_VAIN = curve((10, "baseline"), *[(9, "rolled_back")] * 5)
STUCK = curve((10, "baseline"), (30, "kept"), *[(28, "rolled_back")] * 3, (25, "rolled_back"))


def test_a_run_that_learns_gets_no_diagnosis():
    assert diagnose(run(SOUND), SOUND, GAINED) == ()


def test_a_run_without_a_measurement_gets_no_diagnosis():
    assert diagnose(run(SOUND), [], Signs()) == ()


CASES = {
    "over_fitting": (curve((10, "baseline", 9), (25, "kept", 12), (34, "kept", 8)), GAINED, "validation split it fell"),
    "gap": (
        curve((10, "baseline", 10), (38, "kept", 11)),
        GAINED,
        "by +65.0 points (95 %: +31.3 to +96.1",
    ),
    "no_progress": (ALL_IN_VAIN, Signs(rollouts=N), "No candidate solved a single task that the baseline failed"),
    "no_improvement": (STUCK, GAINED, "4 updates in a row were withdrawn (C = 10); the best of the 4"),
    "ceiling": (curve((N, "baseline")), Signs(rollouts=N), "solves all 40 training tasks"),
    "faults": (curve((share(10, 30, 10), "baseline")), Signs(rollouts=N), "10 of 40 training tasks"),
    "turn_cap": (SOUND, GAINED.with_(at_turn_cap=25), "25 of 40 rollouts"),
    "unused": (SOUND, GAINED.with_(uses=(FunctionUse(name="idle"),)), "had no call in the 40 rollouts"),
    "failing": (SOUND, GAINED.with_(uses=(FunctionUse(name="odd", calls=8, failed=6),)), "odd (6 of 8)"),
    "noise": (curve((10, "baseline"), (12, "kept")), GAINED.with_(fixed=4, broken=2), "exact p = 0.69"),
    "churn": (
        curve((20, "baseline"), (21, "kept")),
        GAINED.with_(fixed=6, broken=5),
        "fixed 6 training tasks and broke 5",
    ),
}


def named(kind: str, found: tuple[Diagnosis, ...]) -> Diagnosis:
    return next(one for one in found if one.kind == kind)


@pytest.mark.parametrize("kind", CASES)
def test_a_failure_signature_is_named_with_its_numbers_and_what_to_try(kind):
    points, signs, evidence = CASES[kind]
    found = named(kind, diagnose(run(points), points, signs))
    assert evidence in found.evidence
    assert found.advice


def test_training_that_rises_while_the_held_out_test_falls_is_over_fitting():
    points = curve((10, "baseline"), (34, "kept"))
    measured = HeldOut(baseline=share(12, 20), chosen=share(8, 20))
    found = named("over_fitting", diagnose(run(points, held_out=measured), points, GAINED))
    assert "on the test split it fell from 60.0 % (12 of 20) to 40.0 % (8 of 20)" in found.evidence


def test_a_gap_that_chance_could_have_made_is_no_diagnosis():
    points = curve((10, "baseline", 5), (20, "kept", 7))
    assert diagnose(run(points), points, GAINED) == ()


def test_over_fitting_is_not_named_twice():
    points, signs, _ = CASES["over_fitting"]
    assert [one.kind for one in diagnose(run(points), points, signs)] == ["over_fitting"]


def test_one_task_fewer_on_the_validation_split_is_no_over_fitting():
    points = curve((10, "baseline", 9), (34, "kept", 8))
    assert "over_fitting" not in {one.kind for one in diagnose(run(points), points, GAINED)}


def test_a_run_that_patience_ended_before_anything_was_kept_is_an_early_stop_after_the_start():
    points = curve((10, "baseline"), (9, "rolled_back"))
    found = diagnose(run(points, stop_kind="patience", patience=0), points, Signs(new_solved=2))
    assert "ended by patience right after the start" in named("no_progress", found).evidence
    assert "2 tasks that the baseline failed were solved by some candidate" in named("no_progress", found).evidence


def test_a_gain_no_larger_than_what_a_repeated_baseline_moved_is_noise_whatever_its_p():
    points = curve((10, "baseline"), (16, "kept"))
    signs = GAINED.with_(fixed=6, broken=0, again=(share(17),))
    found = named("noise", diagnose(run(points), points, signs))
    assert "already differed by 17.5 points" in found.evidence


def test_steps_that_brought_no_valid_change_are_counted_in_the_evidence():
    points = curve((10, "baseline"), (30, "kept"), (28, "rolled_back"))
    found = named("no_improvement", diagnose(run(points, withdrawn_in_a_row=5), points, GAINED))
    assert "4 steps brought no valid change" in found.evidence


@pytest.mark.parametrize(
    ("again", "spread"), [((), None), ((10,), 0.0), ((12, 9), 0.05)], ids=["not measured", "the same", "moved"]
)
def test_noise_is_the_farthest_that_a_repeated_baseline_came_from_the_first(again, spread):
    assert noise_spread(share(10), [share(one) for one in again]) == (None if spread is None else pytest.approx(spread))
