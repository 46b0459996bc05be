"""`study` on the command line, with real trainers and the demo model."""

import csv
import io
import os
import signal
import subprocess
from pathlib import Path

import pytest

from agentopt_core.history.run_folder import runs_in
from agentopt_core.studies.folder import studies_in
from agentopt_core.studies.state import state_of
from tests.commands import ROOT, agentopt, command, environ, result_of

SMALL = """
kind = "ablation"
name = "Small"
tasks = ["number-and-algebra"]
seeds = [1]
arms = ["full", "neither"]
[config]
training.epochs = 1
training.patience = 0
training.validation = "off"
agent.endpoint.demo_latency_ms = 0
optimizer.endpoint.demo_latency_ms = 0
"""
TRANSFER = (
    SMALL.replace('"ablation"', '"transfer"')
    .replace('["number-and-algebra"]', '["number-and-algebra", "files-and-everyday"]')
    .replace('arms = ["full", "neither"]\n', "")
)


def write(folder: Path, text: str = SMALL) -> Path:
    path = folder / "study.toml"
    path.write_text(text)
    return path


def test_a_study_runs_to_its_table_is_not_repeated_and_is_exported(tmp_path):
    home, file = tmp_path / "home", write(tmp_path)
    first = result_of(agentopt("study", "run", file, "--home", home, "--json"))
    assert first["summary"]["status"] == "done"
    rows = {row["arm"]: row for row in first["table"]["rows"]}
    assert rows["full"]["after"]["n"] == 12
    assert rows["full"]["before"]["share"] < rows["full"]["after"]["share"]
    again = agentopt("study", "run", file, "--home", home, "--json")
    assert result_of(again)["table"] == first["table"]
    assert "Going on with study" in again.stderr
    assert len(runs_in(home)) == 2
    study_id = first["summary"]["study_id"]
    (listed,) = result_of(agentopt("study", "list", "--home", home, "--json"))
    assert (listed["study_id"], listed["ended"]) == (study_id, 2)
    exported = agentopt("study", "export", study_id[:20], "--format", "csv", "--home", home)
    assert [row["arm"] for row in csv.DictReader(io.StringIO(exported.stdout))] == [
        "Full method",
        "Without roll-back and early stop",
    ]
    shown = agentopt("study", "show", study_id, "--home", home)
    assert "Demo model" in shown.stdout
    assert "12 (12 tasks × 1 seed)" in shown.stdout
    stopped = agentopt("study", "stop", study_id, "--home", home)
    assert stopped.returncode == 2
    assert "No process works on" in stopped.stderr


def test_a_killed_study_goes_on_with_the_same_runs(tmp_path):
    home, file = tmp_path / "home", write(tmp_path)
    started = subprocess.Popen(
        command("study", "run", file, "--home", home, "--parallel", "1"), cwd=ROOT, env=environ(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stderr is not None
    for line in started.stderr:
        if line.startswith("1/2 "):
            break
    os.kill(started.pid, signal.SIGKILL)
    started.communicate()
    (folder,) = studies_in(home)
    known = dict(state_of(folder).run_ids)
    done = result_of(agentopt("study", "run", file, "--home", home, "--json"))
    assert done["table"]["measured"] == 2
    assert known.items() <= state_of(folder).run_ids.items()
    assert len(runs_in(home)) == 2


def test_functions_are_measured_on_the_other_set_without_training_there(tmp_path):
    home, file = tmp_path / "home", write(tmp_path, TRANSFER)
    done = result_of(agentopt("study", "run", file, "--home", home, "--json"))
    rows = {(row["arm"], row["tasks"]): row for row in done["table"]["rows"]}
    moved = rows["number-and-algebra", "files-and-everyday"]
    assert (moved["after"]["n"], moved["epochs"]) == (12, 0)
    assert moved["functions"] == rows["number-and-algebra", "number-and-algebra"]["functions"]
    assert moved["before"] == rows["files-and-everyday", "files-and-everyday"]["before"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", "no.toml"), "cannot be read"),
        (("show", "2026"), "There is no study"),
        (("resume", "x"), "There is no study"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path, args, said):
    done = agentopt("study", *args, "--home", tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_that_cannot_work_is_refused_before_anything_is_made(tmp_path):
    file = write(tmp_path, SMALL + "training.epoks = 1\n")
    done = agentopt("study", "run", file, "--home", tmp_path / "home")
    assert done.returncode == 2
    assert "epoks" in done.stderr
    assert not studies_in(tmp_path / "home")
