"""What a run with the demo model shows: a rise from a middling baseline, with set-backs on the way."""

from __future__ import annotations

from functools import cache

import pytest

from .runs import SETS, Run, train

CASES = [*((name, 0) for name in SETS), (SETS[0], 3), (SETS[1], 1), (SETS[2], 4)]


@cache
def run_of(name: str, seed: int) -> Run:
    return train(name, seed)


every_case = pytest.mark.parametrize(("name", "seed"), CASES)


@every_case
def test_the_baseline_is_middling_and_the_best_set_solves_nearly_all(name: str, seed: int) -> None:
    run = run_of(name, seed)
    assert 0.25 <= run.baseline <= 0.5
    assert 0.85 <= run.best <= 1


@every_case
def test_a_default_run_rolls_back_an_update_keeps_a_revision_and_ends_soon(name: str, seed: int) -> None:
    run = run_of(name, seed)
    assert run.rolled_back >= 1
    assert run.kept_revisions >= 1
    assert run.evaluations <= 12


@every_case
def test_no_candidate_in_the_failure_record_is_proposed_again(name: str, seed: int) -> None:
    run = run_of(name, seed)
    verdicts = {verdict.step: verdict.verdict for verdict in run.verdicts}
    accepted, record = run.initial, set()
    for proposal in run.updates:
        candidate = proposal.update.apply(accepted)
        assert candidate.digest not in record
        if verdicts[proposal.step] == "kept":
            accepted, record = candidate, set()
        else:
            record.add(candidate.digest)


def test_some_proposals_are_refused_at_first_and_mended() -> None:
    updates = [proposal.update for name in SETS for proposal in run_of(name, 0).updates]
    refused = {(update_number, refusal.name) for update_number, u in enumerate(updates) for refusal in u.refusals}
    mended = {(update_number, action.name) for update_number, u in enumerate(updates) for action in u.actions}
    assert refused
    assert refused <= mended


def test_the_same_seed_gives_the_same_run_whatever_the_concurrency() -> None:
    one, many = train(SETS[0], 0, concurrency=1), train(SETS[0], 0, concurrency=16)
    assert one.state.best.functions.digest == many.state.best.functions.digest
    assert [v.candidate for v in one.verdicts] == [v.candidate for v in many.verdicts]


def test_training_without_progressive_update_improves_as_well() -> None:
    run = train(SETS[0], 0, progressive=False)
    assert run.best > run.baseline
    assert all(proposal.update.from_scratch for proposal in run.updates)
