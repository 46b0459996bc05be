"""Against the fixed-latency server of the side-by-side benchmark, unmodified and by base URL only."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentopt_core.config import OptimizerConfig
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import find_run
from benchmarks.side_by_side import ROOT, server
from tests.commands import agentopt, result_of

ANCHOR = ROOT.parent / "shared" / "anchors" / "autogen_bench"
GSM8K = ROOT.parent / "shared" / "data" / "gsm8k" / "test.jsonl"
CHARS_PER_TOKEN = 4

needs_anchor = pytest.mark.skipif(not ANCHOR.exists(), reason="the benchmark's server is not beside this repository")


def stats(url: str):
    with urllib.request.urlopen(f"{url}/stats", timeout=5) as answer:
        return json.load(answer)


def write_anchor_tasks(folder: Path, n: int, kinds: int) -> Path:
    subprocess.run([sys.executable, str(ANCHOR / "tasks.py"), str(n), str(kinds)], cwd=folder, check=True)
    return folder / "tasks.jsonl"


@contextmanager
def trained(folder: Path, n: int, kinds: int, concurrency: int = 8):
    """A run on the anchor's tasks: its result and the server's address."""
    tasks = write_anchor_tasks(folder, n, kinds)
    with server(ANCHOR, kinds) as url:
        done = agentopt(
            *("train", "--tasks", tasks, "--base-url", f"{url}/v1", "--model", "mock", "--epochs", "3"),
            *("--patience", "3", "--max-actions", "3", "--concurrency", concurrency, "--acceptance", "strict"),
            *("--seed", "1", "--home", folder / "home", "--json"),
        )
        yield result_of(done), url


@needs_anchor
@pytest.mark.parametrize(("n", "kinds"), [(40, 1), (42, 3)])
def test_every_task_is_solved_with_one_and_with_three_functions(tmp_path, n, kinds):
    with trained(tmp_path, n, kinds) as (result, url):
        assert result["best"] == 1.0
        assert result["baseline"] < 1.0
        assert len(result["epochs"][-1]["functions"]) == kinds
        seen = stats(url)
        assert seen["requests"] == result["requests"]
        assert seen["max_inflight"] == 8
        assert seen["max_prompt_chars"]["optimizer"] < CHARS_PER_TOKEN * OptimizerConfig().prompt_tokens


@needs_anchor
def test_as_many_requests_are_in_flight_as_configured(tmp_path):
    with trained(tmp_path, 40, 1, concurrency=16) as (_, url):
        assert stats(url)["max_inflight"] == 16


@needs_anchor
@pytest.mark.skipif(not GSM8K.exists(), reason="the GSM8K subset is not beside this repository")
def test_300_gsm8k_tasks_are_evaluated_and_every_rollout_is_recorded(tmp_path):
    with server(ANCHOR, 1) as url:
        result = result_of(
            agentopt(
                *("train", "--tasks", GSM8K, "--base-url", f"{url}/v1", "--model", "mock", "--max-evaluations", "1"),
                *("--concurrency", "32", "--home", tmp_path, "--json"),
            )
        )
    assert result["epochs"][0]["n"] == 300
    events = [event for _, event in read_journal(find_run(tmp_path, result["run_id"]).journal)]
    assert len({event.rollout.task_id for event in events if event.kind == "rollout_finished"}) == 300
