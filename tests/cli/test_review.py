"""Deciding on updates from a terminal."""

import pytest

from agentopt_core.config import ApprovalConfig, RunConfig
from agentopt_core.history.command_log import CommandLog
from agentopt_core.workbench import Workbench
from tests.commands import agentopt, result_of
from tests.history.helpers import finished_run, new_run, story, write


@pytest.fixture
def waiting(tmp_path):
    """A run whose first update was evaluated and waits; a trainer seems to hold it."""
    run = new_run(tmp_path, approval=ApprovalConfig(mode="always").model_dump())
    events = story(run)
    last = next(number for number, event in enumerate(events) if event.kind == "review_requested")
    write(run, events[: last + 1])
    with run.hold():
        yield run


def test_what_waits_is_shown_with_its_evidence_findings_and_diff(waiting, tmp_path):
    shown = agentopt("review", "--home", tmp_path).stdout
    assert f"Update 1 of {waiting.run_id}: add double" in shown
    assert "fixed, 0 broken, exact p = " in " ".join(shown.split())
    assert "+def double(x):" in shown
    (card,) = result_of(agentopt("review", "--home", tmp_path, "--json"))
    assert (card["state"], card["fixed"]) == ("waiting", ["t1", "t2"])


def test_a_decision_is_handed_to_the_runs_trainer(waiting, tmp_path):
    done = agentopt("review", waiting.run_id[:15], "--approve", 1, "--by", "Ada", "--home", tmp_path)
    assert "approve is handed to its trainer" in done.stdout, done.stderr
    ((_, command),) = CommandLog(waiting.commands.path).read_from()
    assert (command.by, command.decision.choice, command.decision.step) == ("Ada", "approve", 1)


def test_a_rejection_without_a_reason_and_an_update_that_does_not_wait_are_refused_in_a_sentence(waiting, tmp_path):
    done = agentopt("review", waiting.run_id, "--reject", 1, "--home", tmp_path)
    assert done.returncode == 2
    assert "needs a reason" in done.stderr
    done = agentopt("review", waiting.run_id, "--approve", 7, "--home", tmp_path)
    assert done.returncode == 2
    assert "Nobody was asked about update 7" in done.stderr


def test_a_decided_update_says_by_whom(tmp_path):
    run = finished_run(tmp_path)
    done = agentopt("review", run.run_id, "--approve", 1, "--home", tmp_path)
    assert "already decided: Ada said approve" in done.stderr


def test_where_nothing_waits_it_says_how_a_run_is_made_to_ask(tmp_path):
    assert "--approval always" in agentopt("review", "--home", tmp_path).stdout


def test_a_run_that_asks_is_configured_from_the_command_line(tmp_path):
    options = ["--approval", "risk", "--ask", "before", "--approval-timeout", "0.01", "--on-timeout", "approve"]
    result = result_of(
        agentopt("train", "--demo", "--tasks", "number-and-algebra", "--epochs", "1", "--patience", "0", "--home",
                 tmp_path, "--null-edits", "1", "--json", *options)
    )  # fmt: skip
    bench = Workbench(tmp_path, live=False)
    config: RunConfig = bench.config(result["run_id"])
    assert (config.approval.mode, config.approval.when, config.approval.on_timeout) == ("risk", "before", "approve")
    assert config.training.null_edits == 1
    bench.close()
