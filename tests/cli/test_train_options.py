"""Options of `train` and the configuration they describe."""

import argparse

import pytest

from agentopt_core.cli import train
from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError


def config(*options: str) -> RunConfig:
    parser = argparse.ArgumentParser()
    train.register(parser.add_subparsers())
    return train.config_from(parser.parse_args(["train", "--tasks", "t", *options]))


NAMED = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m")


def test_images_are_sent_to_the_agents_model_only_when_it_is_marked():
    assert not config(*NAMED).agent.endpoint.vision
    marked = config(*NAMED, "--vision")
    assert marked.agent.endpoint.vision
    assert not marked.optimizer.endpoint.vision


@pytest.mark.parametrize("name", ["exact", "text", "numeric", "choice", "math", "gaia", "tabmwp", "regex"])
def test_a_grader_can_be_named_for_all_tasks(name):
    assert (config().grader.kind, config("--grader", name).grader.kind) == ("auto", name)


def test_a_path_that_ends_in_py_is_a_grader_of_the_users(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def grade(answer, task): return True\n")
    grader = config("--grader", str(path)).grader
    assert (grader.kind, grader.code) == ("python", path.read_text())
    with pytest.raises(ConfigError, match="cannot be read"):
        config("--grader", str(tmp_path / "gone.py"))


@pytest.mark.parametrize("name", ["nonsense", "python", "mine.txt"])
def test_a_grader_that_is_none_is_refused_with_their_names(name):
    with pytest.raises(ConfigError, match=f"no grader '{name}'") as refusal:
        config("--grader", name)
    assert "judge, or a file ending in .py" in refusal.value.hint


def test_the_judge_is_the_agents_model_at_temperature_0_unless_it_is_named():
    judge = config(*NAMED, "--grader", "judge", "--temperature", "0.7").grader.judge
    assert (judge.model, judge.base_url, judge.temperature) == ("m", "http://127.0.0.1:9/v1", 0.0)
    own = ("--judge-model", "wise", "--judge-base-url", "http://127.0.0.1:8/v1", "--judge-api-key-env", "WISE_KEY")
    judge = config(*NAMED, "--grader", "judge", *own).grader.judge
    assert (judge.model, judge.base_url, judge.api_key_env) == ("wise", "http://127.0.0.1:8/v1", "WISE_KEY")


def test_the_demo_model_judges_a_demo_run():
    assert config("--demo", "--grader", "judge").grader.judge.is_demo


def test_a_judge_for_the_tasks_that_ask_for_one_is_named():
    assert config(*NAMED).grader.judge is None
    grader = config(*NAMED, "--judge-model", "wise").grader
    assert (grader.kind, grader.judge.model) == ("auto", "wise")


def test_a_judge_beside_a_grader_that_asks_none_is_refused():
    with pytest.raises(ConfigError, match="'text' asks none"):
        config(*NAMED, "--grader", "text", "--judge-model", "wise")


def test_a_step_makes_one_proposal_unless_more_are_asked_for():
    assert config().search == RunConfig().search
    asked = config("--proposals", "4", "--first-sample", "6", "--growth", "3", "--merge").search
    assert (asked.proposals, asked.first_sample, asked.growth, asked.merge) == (4, 6, 3.0, True)
    with pytest.raises(ConfigError, match="merge needs two proposals"):
        config("--merge")


def test_the_agent_is_named_by_its_kind_or_by_where_its_code_is():
    assert config(*NAMED).agent.kind == "function_calling"
    chosen = config(*NAMED, "--agent-kind", "react", "--shell", "--turn-cap", "14").agent
    assert (chosen.kind, chosen.shell, chosen.turn_cap) == ("react", True, 14)
    assert config(*NAMED, "--agent-kind", "mine:Agent").agent.kind == "mine:Agent"
    with pytest.raises(ConfigError, match=r"agent\.kind"):
        config(*NAMED, "--agent-kind", "reakt")


def test_a_shell_that_no_agent_would_use_is_refused():
    with pytest.raises(ConfigError, match="ReAct"):
        config(*NAMED, "--shell")
