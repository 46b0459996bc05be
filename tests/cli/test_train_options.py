"""Options of `train` and the configuration they describe."""

import argparse

from agentopt_core.cli import train
from agentopt_core.config import RunConfig


def config(*options: str) -> RunConfig:
    parser = argparse.ArgumentParser()
    train.register(parser.add_subparsers())
    return train.config_from(parser.parse_args(["train", "--tasks", "t", *options]))


def test_images_are_sent_to_the_agents_model_only_when_it_is_marked():
    named = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    assert not config(*named).agent.endpoint.vision
    marked = config(*named, "--vision")
    assert marked.agent.endpoint.vision
    assert not marked.optimizer.endpoint.vision
