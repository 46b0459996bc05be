"""`saw` and the options of `train` that decide what a step works from."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from agentopt_core.__main__ import main
from agentopt_core.cli.strategy_options import add_strategy, strategy_from
from agentopt_core.config import OptimizerConfig
from agentopt_core.events import OptimizerAsked, StepStarted
from agentopt_core.seen import CauseCount, pack
from tests.history.helpers import new_run, write


@pytest.fixture
def run_id(tmp_path: Path) -> str:
    folder = new_run(tmp_path)
    causes = (CauseCount(cause="no_function", shown=3, of=40),)
    asked = [
        OptimizerAsked(step=1, request=n, tokens=900, budget=1_000, causes=causes, packed=pack(f"text {n} \x1b[2J"))
        for n in (1, 2)
    ]
    write(folder, [StepStarted(step=1, accepted_evaluation=0), *asked])
    return folder.run_id


def saw(tmp_path: Path, *words: str) -> int:
    return main(["saw", *words, "--home", str(tmp_path)])


def test_the_requests_of_the_newest_step_are_listed_with_tokens_and_causes(tmp_path, run_id, capsys):
    assert saw(tmp_path, run_id) == 0
    said = capsys.readouterr().out
    assert "request 2: about 900 of 1,000 tokens; histories shown: no function 3 of 40" in said


def test_the_text_of_a_request_is_printed_and_cannot_steer_the_terminal(tmp_path, run_id, capsys):
    assert saw(tmp_path, run_id, "--step", "1", "--request", "2") == 0
    said = capsys.readouterr().out
    assert said.startswith("text 2")
    assert "\x1b" not in said


def test_programs_get_json(tmp_path, run_id, capsys):
    assert saw(tmp_path, run_id, "--json") == 0
    assert [one["request"] for one in json.loads(capsys.readouterr().out)] == [1, 2]


def test_a_step_that_was_not_taken_is_a_sentence(tmp_path, run_id, capsys):
    assert saw(tmp_path, run_id, "--step", "7") == 2
    assert "Steps are: 1." in capsys.readouterr().err


def test_a_run_without_steps_says_when_there_will_be_one(tmp_path, capsys):
    assert saw(tmp_path, new_run(tmp_path).run_id) == 2
    assert "when the baseline is measured" in capsys.readouterr().err


def options(*words: str):
    parser = argparse.ArgumentParser()
    add_strategy(parser)
    return strategy_from(parser.parse_args(list(words)))


def test_without_options_the_optimizer_works_as_in_the_paper():
    assert OptimizerConfig(**options()) == OptimizerConfig()


def test_strategy_batch_and_budget_come_from_options():
    given = options("--strategy", "batch", "--batch-size", "7", "--prompt-tokens", "9000")
    assert given == {"strategy": "batch", "batch_size": 7, "prompt_tokens": 9_000}
