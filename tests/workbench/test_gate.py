"""What the evidence gate found, from the journal to whoever asks; the A/A check and repeats of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction
from agentopt_core.config import EvidenceConfig, RunConfig, TrainingConfig
from agentopt_core.errors import TaskSetError
from agentopt_core.events import EvaluationFinished, EvaluationStarted, Event, ReviewRequested, RolloutFinished
from agentopt_core.evidence import Evidence, outcome_word
from agentopt_core.functions import FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.saying import outcome
from agentopt_core.tasks import Split
from agentopt_core.workbench import Workbench
from tests.builders import task_set
from tests.history.helpers import (
    BASELINE,
    BETTER_ROLLOUTS,
    DOUBLE,
    NONE,
    WITH_DOUBLE,
    began,
    decided,
    finished_run,
    measured,
    new_run,
    proposed,
    rollout,
    share,
    write,
)

FOUND = Evidence(
    word="accepted", n=20, fixed=("v1", "v2"), broken=("v3",), settled=1, p_value=0.01, first_p=0.02, difference=0.1,
    interval=(0.01, 0.2), level=0.03, spent=0.0, budget=0.05, looks=1, reruns=2,
)  # fmt: skip


def runs(evaluation: int, functions: FunctionSet, split: Split, series: str, pattern: str) -> list[Event]:
    """A measurement from its start to its end: `+` solved, `-` failed, one letter a task."""
    done = [rollout(f"{split[0]}{number}", mark == "+") for number, mark in enumerate(pattern)]
    place = {"evaluation": evaluation, "split": split, "series": series}
    return [
        EvaluationStarted(step=evaluation or None, functions=functions, n=len(done), **place),
        *(RolloutFinished(functions_digest=functions.digest, rollout=one, **place) for one in done),
        EvaluationFinished(functions_digest=functions.digest, result=share(done), wall_s=1.0, **place),
    ]


def gated(home: Path, found: Evidence = FOUND, verdict: str = "kept", **config: object) -> RunFolder:
    run = new_run(home, **config)
    kept = verdict == "kept"
    write(run, [
        began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE)),
        *proposed(1, 0, AddFunction(function=DOUBLE)), *measured(1, 1, WITH_DOUBLE, BETTER_ROLLOUTS),
        ReviewRequested(step=1, when="after", evaluation=1, rule="kept", rule_reason="better", evidence=found),
        decided(1, 1, verdict, int(kept), int(not kept), share(BETTER_ROLLOUTS if kept else BASELINE),
                share(BETTER_ROLLOUTS)).with_(evidence=found),
    ])  # fmt: skip
    return run


@pytest.fixture
def bench(tmp_path):
    bench = Workbench(tmp_path, live=False)
    yield bench
    bench.close()


def test_what_the_gate_found_is_with_the_update_the_curve_the_review_and_the_result(tmp_path, bench):
    run = gated(tmp_path).run_id
    assert bench.updates(run)[0].evidence == FOUND
    assert bench.curve(run)[1].evidence == FOUND
    assert bench.review(run, 1).evidence == FOUND
    row = bench.result(run)["epochs"][1]
    assert (row["outcome"], row["evidence"]["looks"]) == ("accepted", 1)


def test_a_run_without_the_gate_has_no_evidence_and_its_words_are_as_before(tmp_path, bench):
    run = finished_run(tmp_path).run_id
    assert {update.evidence for update in bench.updates(run)} == {None}
    assert [row["outcome"] for row in bench.result(run)["epochs"]] == ["baseline", "kept", "rolled back"]


@pytest.mark.parametrize(
    ("verdict", "word", "said"),
    [
        ("kept", "accepted", "accepted"),
        ("kept", "provisional", "provisional"),
        ("kept", "indecisive", "kept"),
        ("rolled_back", "indecisive", "indecisive"),
        ("rolled_back", "rejected", "rolled back"),
        ("rejected", "accepted", "rejected"),
    ],
)
def test_where_a_person_decided_against_the_gate_the_verdicts_own_word_stands(verdict, word, said):
    assert outcome_word(verdict, FOUND.with_(word=word)) == said


def test_the_report_holds_the_evidence_with_n_p_and_the_budget(tmp_path, bench):
    page = bench.report(gated(tmp_path, found=FOUND.with_(word="provisional", spent=0.03)).run_id)
    assert "+10.0 (+1.0 to +20.0)" in page
    assert "False-accept budget: 3.00 of 5.00 % spent, 1 look at the validation split." in page
    assert "The set that the run holds is provisional" in page


def test_a_run_that_stands_on_a_provisional_set_says_so_wherever_its_outcome_stands(tmp_path, bench):
    accepted = bench.run(gated(tmp_path, found=FOUND.with_(word="accepted")).run_id)
    provisional = bench.run(gated(tmp_path, found=FOUND.with_(word="provisional")).run_id)
    assert (accepted.provisional, provisional.provisional) == (False, True)
    assert "provisional" in outcome(provisional)
    assert "provisional" not in outcome(accepted)


def test_null_edits_are_checked_against_each_other(tmp_path, bench):
    run = new_run(tmp_path, training={"null_edits": 2}, evidence={"least_tasks": 1})
    write(run, [
        began(run), *runs(0, NONE, "train", "", "+-+-"), *runs(0, NONE, "train", "again-1", "++--"),
        *runs(0, NONE, "train", "again-2", "++++"),
    ])  # fmt: skip
    found = bench.same_set(run.run_id)
    assert (found.measurements, found.tasks) == (3, 4)
    assert {rule.rule: rule.better for rule in found.rules} == {"strict": 2, "accept_ties": 4, "evidence": 0}
    (repeated,) = bench.repeated(run.run_id)
    assert (repeated.subject, repeated.split, repeated.k) == ("baseline", "train", 3)
    assert (repeated.once.value, repeated.always.value, repeated.once.tasks) == (1.0, 0.25, 4)


def test_a_run_without_null_edits_has_no_check(tmp_path, bench):
    run = finished_run(tmp_path).run_id
    assert bench.same_set(run) is None
    assert bench.repeated(run) == []


def test_repeats_are_of_the_look_that_did_not_choose_the_set_and_leave_out_reruns(tmp_path, bench):
    run = gated(tmp_path, training={"acceptance": "evidence"}, evidence={"repeats": 2})
    write(run, [
        *runs(0, NONE, "val", "", "--"), *runs(0, NONE, "val", "repeat-2", "+-"),
        *runs(1, WITH_DOUBLE, "val", "", "++"), *runs(1, WITH_DOUBLE, "val", "repeat-2", "++"),
        *runs(1, WITH_DOUBLE, "val", "rerun-1.1", "++"),
        *runs(1, WITH_DOUBLE, "val", "afresh", "+-"), *runs(1, WITH_DOUBLE, "val", "afresh-2", "++"),
    ])  # fmt: skip
    baseline, accepted = bench.repeated(run.run_id)
    assert (baseline.once.value, baseline.always.value) == (0.5, 0.0)
    assert (accepted.subject, accepted.evaluation) == ("accepted", 1)
    assert (accepted.once.value, accepted.always.value) == (1.0, 0.5)


def test_a_task_set_without_validation_tasks_is_refused_before_a_run_begins(tmp_path, bench):
    config = RunConfig(training=TrainingConfig(acceptance="evidence"), evidence=EvidenceConfig())
    with pytest.raises(TaskSetError, match="the validation split, which has 0 tasks"):
        bench.create(config, task_set(6))


def test_the_check_can_be_measured_in_a_run_of_its_own_on_the_accepted_set(tmp_path, bench):
    run = gated(tmp_path)
    folder = bench.create_same_set(run.run_id, 6)
    config = folder.config()
    assert (config.training.null_edits, config.training.evaluations_limit) == (5, 1)
    begun = folder.initial()
    assert (begun.functions.names, begun.origin.evaluation) == (("double",), 1)
