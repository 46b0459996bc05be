"""A trainer killed with -9 goes on from its journal: nothing lost, nothing paid for twice, and the same end."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from agentopt_core.events import to_line
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import RunFolder, runs_in
from tests.commands import ROOT, agentopt, command, environ, result_of

TRAIN = (
    "train",
    "--demo",
    "--tasks",
    "number-and-algebra",
    "--epochs",
    "4",
    "--patience",
    "3",
    "--seed",
    "0",
    "--json",
)
KILLS = 10


def events_of(folder: RunFolder):
    return [event for _, event in read_journal(folder.journal)]


def kill_when_journal_has(process: subprocess.Popen, journal: Path, size: int) -> bool:
    """Kill -9 as soon as the journal holds `size` bytes; False when the process ended before."""
    while True:
        if journal.exists() and journal.stat().st_size >= size:
            process.kill()
            process.wait()
            return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.002)
            return False


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    home = tmp_path_factory.mktemp("undisturbed")
    result = result_of(agentopt(*TRAIN, "--home", home))
    (folder,) = runs_in(home)
    return result, folder.journal.stat().st_size


def the_same(result):
    """What must not depend on kills: all but ids and times."""
    kept = ("baseline", "best", "epochs", "stop_reason", "stop_sentence")
    return json.dumps({name: result[name] for name in kept}, sort_keys=True)


def test_a_run_killed_at_ten_random_moments_ends_like_an_undisturbed_one(undisturbed, tmp_path):
    result, size = undisturbed
    moments = sorted(random.Random(4711).sample(range(1, size), KILLS))
    process = subprocess.Popen(
        command(*TRAIN, "--home", tmp_path),
        cwd=ROOT,
        env=environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (folders := runs_in(tmp_path)):
        assert process.poll() is None
    (folder,) = folders
    acknowledged: list[bytes] = []
    for moment in moments:
        if not kill_when_journal_has(process, folder.journal, moment):
            break
        lines = [to_line(event) for event in events_of(folder)]
        assert lines[: len(acknowledged)] == acknowledged, "what was acknowledged before the kill is still there"
        acknowledged = lines
        process = subprocess.Popen(
            command("resume", folder.run_id, "--home", tmp_path, "--json"),
            cwd=ROOT,
            env=environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    assert process.wait(timeout=120) == 0

    done = result_of(agentopt("show", folder.run_id, "--home", tmp_path, "--json"))
    assert the_same(done) == the_same(result)
    finished = Counter(
        (event.evaluation, event.rollout.task_id) for event in events_of(folder) if event.kind == "rollout_finished"
    )
    assert set(finished.values()) == {1}, "no rollout was run twice"
    verdicts = Counter(event.step for event in events_of(folder) if event.kind == "verdict_reached")
    assert set(verdicts.values()) == {1}, "no verdict was reached twice"


def test_a_run_resumed_from_any_prefix_of_its_journal_ends_like_an_undisturbed_one(undisturbed, tmp_path):
    """Cuts the journal at random bytes, in the middle of lines too, as a power cut would."""
    result, _ = undisturbed
    agentopt(*TRAIN, "--home", tmp_path)
    (folder,) = runs_in(tmp_path)
    whole = folder.journal.read_bytes()
    for moment in random.Random(17).sample(range(1, len(whole)), 3):
        folder.journal.write_bytes(whole[:moment])
        folder.commands.path.write_bytes(b"")  # a launch a moment ago would speak for a trainer that is on its way
        resumed = result_of(agentopt("resume", folder.run_id, "--home", tmp_path, "--json"))
        assert the_same(resumed) == the_same(result)
