"""The functions' health in whole runs: credit asked for after the end, and options that reach from flag to report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentopt_core.errors import ConfigError
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import runs_in
from agentopt_core.workbench import Workbench
from tests.commands import agentopt, result_of


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished demo run, without any option about health."""
    home = tmp_path_factory.mktemp("credit") / "home"
    options = ("--demo", "--seed", "5", "--epochs", "2", "--patience", "0", "--home", home)
    result_of(agentopt("train", "--tasks", "number-and-algebra", *options, "--json"))
    return home


def evaluations(home: Path) -> list[tuple[int, str, str]]:
    (folder,) = runs_in(home)
    events = [event for _, event in read_journal(folder.journal)]
    return [(e.evaluation, e.split, e.series) for e in events if e.kind == "evaluation_finished"]


def test_credit_of_a_finished_run_is_measured_without_training_on_or_paying_twice(home):
    before = evaluations(home)
    (folder,) = runs_in(home)
    found = json.loads(agentopt("credit", folder.run_id, "--home", home, "--json").stdout)
    after = evaluations(home)
    assert after[: len(before)] == before
    assert {series.partition("-")[0] for _, _, series in after[len(before) :]} == {"control", "mask"}
    assert {one["function"] for one in found} == {series[5:] for _, _, series in after if series.startswith("mask-")}
    for one in found:
        assert one["split"] == "train"
        assert one["used"] >= one["without"]["n"] > 0
        assert one["interval"][0] <= one["difference"] <= one["interval"][1]
    bench = Workbench(home, live=False)
    assert bench.run(folder.run_id).status == "finished"
    assert bench.credit_wait(folder.run_id) is None
    assert len(bench.credit_csv(folder.run_id).splitlines()) == 1 + len(found)
    bench.close()
    agentopt("credit", folder.run_id, "--home", home)
    assert evaluations(home) == after


def test_a_run_that_was_stopped_is_not_trained_on_for_its_credit(home, tmp_path):
    bench = Workbench(home, live=False)
    run = bench.runs()[0]
    for changes, words in (
        ({"status": "stopped"}, "Resume it"),
        ({"stop_kind": "budget"}, "train on"),
        ({"functions": 0}, "no function"),
    ):
        hindrance = bench.credit_hindrance(run.with_(**changes))
        assert isinstance(hindrance, ConfigError)
        assert words in str(hindrance)
    assert bench.credit_hindrance(run) is None
    bench.close()


def test_the_options_reach_the_run_and_its_result(tmp_path):
    home = tmp_path / "home"
    options = ("--demo", "--seed", "5", "--epochs", "2", "--patience", "1", "--home", home)
    more = ("--max-functions", "1", "--drop-unsuccessful", "--propose-removals", "--unused-after", "1")
    result = result_of(agentopt("train", "--tasks", "number-and-algebra", *options, *more, "--json"))
    (folder,) = runs_in(home)
    health = folder.config().health
    assert (health.max_functions, health.unused_after) == (1, 1)
    assert (health.drop_unsuccessful, health.removal) == (True, "propose")
    assert all(len(epoch["functions"]) <= 1 for epoch in result["epochs"])
    refused = [event.refusal for _, event in read_journal(folder.journal) if event.kind == "proposal_refused"]
    assert "too_many_functions" in {one.code for one in refused}
    assert isinstance(result["dropped"], dict)
