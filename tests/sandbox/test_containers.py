"""Where a machine gives less: a run goes on at the level it really has and says so, or refuses with the way out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentopt_core.config import RunConfig, TrainingConfig
from agentopt_core.events import RunStarted
from agentopt_core.history.journal import JournalWriter, read_journal
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.sandbox.levels import obstacle
from agentopt_core.sandbox.paths import closed_to_others
from agentopt_core.tasks import Task, TaskSet

ROOT = Path(__file__).resolve().parents[2]
CONTAINER = Path(__file__).with_name("container.py")
TRAIN = "train --demo --demo-latency-ms 0 --tasks number-and-algebra --epochs 1 --patience 0 --json --home"

pytestmark = pytest.mark.skipif(obstacle("landlock") is not None, reason=str(obstacle("landlock")))


def tasks() -> TaskSet:
    return TaskSet(id="one", name="One", tasks=(Task(id="1", question="Sum of the digits of 2^10?", answer="7"),))


@pytest.fixture
def in_container(tmp_path):
    """Run the command line where no namespace can be made; `path` is where programs are looked for."""

    def run(*words: str, options: tuple[str, ...] = (), path: str = str(tmp_path)) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(CONTAINER), *options, sys.executable, "-m", "agentopt_core", *words]
        environment = {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    return run


def test_without_bubblewrap_and_namespaces_a_run_proceeds_at_landlock_and_says_so(in_container, tmp_path):
    home = tmp_path / "home"
    done = in_container(*TRAIN.split(), str(home))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["level"] == "landlock"
    assert "'namespaces' is not available: bubblewrap is not installed" in result["isolation"]
    assert result["best"] is not None
    (journal,) = home.glob("runs/*/events.ndjson")
    started = json.loads(journal.read_text().splitlines()[0])
    assert (started["level"], "bubblewrap" in started["isolation"]) == ("landlock", True)


@pytest.mark.skipif(obstacle("namespaces") is not None, reason=str(obstacle("namespaces")))
def test_with_bubblewrap_but_no_namespaces_its_own_words_say_why(in_container):
    done = in_container("doctor", "--json", path=os.environ["PATH"])
    (found,) = [check for check in json.loads(done.stdout)["machine"] if check["name"] == "Isolation of functions"]
    assert found["state"] == "ok"
    assert found["detail"].startswith("Level 'landlock'")
    assert "bwrap: " in found["detail"]


def test_with_landlock_hidden_too_a_run_is_refused_with_the_way_out(in_container, tmp_path):
    home = tmp_path / "home"
    done = in_container(*TRAIN.split(), str(home), options=("--without-landlock",))
    assert done.returncode == 2
    assert "Landlock" in done.stderr
    assert "sudo apt install bubblewrap" in done.stderr
    assert not list(home.glob("runs/*"))


def test_what_was_accepted_by_name_runs_as_a_normal_user_and_never_as_root(in_container, tmp_path):
    home = tmp_path / "home"
    words = [*TRAIN.split(), str(home), "--min-isolation", "seccomp"]
    done = in_container(*words, options=("--without-landlock",))
    if os.geteuid() == 0:
        assert done.returncode == 2
        assert "as root: that is always refused" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["level"] == "seccomp"


def test_a_run_that_goes_on_with_weaker_isolation_than_before_says_so(in_container, tmp_path):
    folder = RunFolder.create(tmp_path, RunConfig(training=TrainingConfig(epochs=1, patience=0)), tasks())
    with JournalWriter(folder.journal) as journal:
        journal.emit(
            RunStarted(run_id=folder.run_id, resumed=False, pid=1, train_tasks=1, level="namespaces", environment={})
        )
    assert in_container("trainer", str(folder.path)).returncode == 0
    warnings = [event.message for _, event in read_journal(folder.journal) if event.kind == "warned"]
    assert any("at level 'namespaces' before and run at 'landlock' now" in message for message in warnings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives itself up")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv takes the right away")
@pytest.mark.skipif(closed_to_others([os.path.realpath(sys.executable)]) is None, reason="anybody may read this Python")
def test_root_without_the_right_to_keep_reading_is_told_what_to_open(tmp_path):
    words = ["--bounding-set=-dac_read_search", sys.executable, str(CONTAINER), sys.executable, "-m", "agentopt_core"]
    done = subprocess.run(
        ["setpriv", *words, "doctor", "--json"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    (found,) = [check for check in json.loads(done.stdout)["machine"] if check["name"] == "Isolation of functions"]
    assert found["state"] == "failed"
    assert "chmod o+x '/" in found["hint"]


def test_a_single_call_is_refused_in_the_same_way(in_container, tmp_path):
    source = tmp_path / "functions.py"
    source.write_text("def one():\n    return 1\n")
    done = in_container("call", str(source), "one", options=("--without-landlock",))
    assert done.returncode == 2
    assert "bubblewrap" in done.stderr
    done = in_container("call", str(source), "one")
    assert json.loads(done.stdout)["level"] == "landlock"
