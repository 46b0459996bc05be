import argparse

import pytest

from agentopt_core.cli.sandbox_options import add_sandbox, limits_from
from agentopt_core.config import SandboxLimits
from agentopt_core.errors import ConfigError


def limits(*words: str) -> SandboxLimits:
    parser = argparse.ArgumentParser()
    add_sandbox(parser)
    return limits_from(parser.parse_args(words))


def test_without_options_the_limits_are_the_usual_ones():
    assert limits() == SandboxLimits()


def test_each_limit_can_be_named_with_its_value():
    given = limits(
        *("--limit", "wall_s=2.5", "--limit", "memory_mb=256", "--limit", "workers=none"),
        *("--limit", "scratch_without_quota=true", "--min-isolation", "limits", "--packages", "numpy,mpmath"),
    )
    assert (given.wall_s, given.memory_mb, given.workers, given.scratch_without_quota) == (2.5, 256, None, True)
    assert (given.minimum, given.packages) == ("limits", ("numpy", "mpmath"))


@pytest.mark.parametrize("word", ["wall_s", "minimum=limits", "packages=x", "nothing=1", "wall_s=much", "wall_s=-1"])
def test_a_limit_that_is_none_or_has_no_good_value_is_named(word):
    with pytest.raises(ConfigError, match="wall_s"):
        limits("--limit", word)
