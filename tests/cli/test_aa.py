"""`aa`, and the options of the evidence gate."""

import json

import pytest

from agentopt_core.config import EvidenceConfig
from agentopt_core.errors import ConfigError
from tests.cli.test_train_options import config
from tests.commands import agentopt
from tests.history.helpers import finished_run, new_run, write
from tests.workbench.test_gate import NONE, began, runs


def test_the_gate_is_described_by_options():
    assert config().evidence == EvidenceConfig()
    described = config(
        *("--acceptance", "evidence", "--false-accepts", "0.1", "--reruns", "3", "--repeats", "2"),
        *("--least-tasks", "20", "--protect", "a", "--protect", "b", "--provisional"),
    )
    assert described.training.acceptance == "evidence"
    assert described.evidence == EvidenceConfig(
        budget=0.1, reruns=3, repeats=2, least_tasks=20, protected=("a", "b"), provisional=True
    )


@pytest.mark.parametrize("options", [("--false-accepts", "0"), ("--false-accepts", "nan"), ("--reruns", "-1")])
def test_an_option_out_of_range_is_refused(options):
    with pytest.raises(ConfigError):
        config(*options)


def test_the_null_edits_of_a_run_are_checked_at_no_cost(tmp_path):
    run = new_run(tmp_path)
    write(run, [began(run), *runs(0, NONE, "train", "", "+-+-"), *runs(0, NONE, "train", "again-1", "++--")])
    said = agentopt("aa", run.run_id, "--home", tmp_path)
    assert "The same set, 2 measurements on 4 training tasks." in said.stdout
    assert "accept_ties     2 of 2 ordered pairs (100 %)" in said.stdout
    found = json.loads(agentopt("aa", run.run_id, "--home", tmp_path, "--json").stdout)
    assert found["rules"][0] == {"rule": "strict", "better": 0, "pairs": 2}


def test_a_run_without_null_edits_says_how_to_measure_them(tmp_path):
    refused = agentopt("aa", finished_run(tmp_path).run_id, "--home", tmp_path)
    assert (refused.returncode, "--times 6" in refused.stderr) == (2, True)


def test_the_accepted_set_is_measured_in_a_run_of_its_own(tmp_path):
    task = [
        {"id": f"q{n}", "question": f"What is {n} + {n}?", "answer": str(2 * n), "split": "train"} for n in range(4)
    ]
    (tmp_path / "sums.jsonl").write_text("\n".join(map(json.dumps, task)))
    home = tmp_path / "home"
    fast = ("--demo", "--demo-latency-ms", "0", "--home", home, "--json")
    done = agentopt("train", "--tasks", tmp_path / "sums.jsonl", "--max-evaluations", "1", *fast)
    run = json.loads(done.stdout)["run_id"]
    found = json.loads(agentopt("aa", run, "--times", "3", "--home", home, "--json").stdout)
    assert (found["measurements"], found["tasks"]) == (3, 4)
    assert agentopt("aa", run, "--times", "1", "--home", home).returncode == 2


def test_a_task_set_is_measured_without_functions(tmp_path):
    home = tmp_path / "home"
    found = json.loads(agentopt("aa", "number-and-algebra", "--times", "2", "--home", home, "--json").stdout)
    assert (found["measurements"], found["tasks"]) == (2, 20)
    unknown = agentopt("aa", "nowhere", "--home", home)
    assert (unknown.returncode, "nowhere" in unknown.stderr) == (2, True)
