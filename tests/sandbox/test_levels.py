"""Which level is found, and when that is too little: decided by what was tried, with the way out in every refusal."""

import asyncio

import pytest

from agentopt_core.errors import SandboxUnavailable
from agentopt_core.rollouts import LEVELS, Isolation
from agentopt_core.sandbox.levels import look_for_isolation, obstacle, require
from agentopt_core.sandbox.probe import probe

from .conftest import LEVELS_HERE

NO_BWRAP = "bubblewrap is not installed (Debian, Ubuntu: sudo apt install bubblewrap)."
WEAK = Isolation(level="limits", lacking=dict.fromkeys(LEVELS[:3], "It needs Linux."))
LANDLOCK = Isolation(level="landlock", lacking={"namespaces": NO_BWRAP})


def nothing(_level):
    return None


def failing(*levels, why="It does not hold."):
    return lambda level: why if level in levels else None


def test_the_strongest_level_without_obstacle_and_hole_is_found():
    assert look_for_isolation(nothing, nothing) == Isolation(level="namespaces")
    assert look_for_isolation(failing("namespaces", why=NO_BWRAP), nothing) == LANDLOCK


def test_a_level_that_is_installed_but_does_not_hold_when_tried_does_not_count():
    found = look_for_isolation(nothing, failing("namespaces", why="A call is not kept from: read."))
    assert found.level == "landlock"
    assert found.lacking == {"namespaces": "A call is not kept from: read."}


def test_a_level_with_an_obstacle_is_not_even_tried():
    tried = []
    look_for_isolation(failing(*LEVELS[:3]), lambda level: tried.append(level))
    assert tried == ["limits"]


def test_where_nothing_works_every_reason_is_kept():
    found = look_for_isolation(nothing, failing(*LEVELS))
    assert found.level is None
    assert list(found.lacking) == list(LEVELS)
    with pytest.raises(SandboxUnavailable, match="cannot be run"):
        require(found, "limits", root=False)


@pytest.mark.parametrize("minimum", LEVELS)
def test_a_level_is_enough_when_it_is_the_minimum_or_stronger(minimum):
    assert require(Isolation(level=minimum), minimum, root=minimum in ("namespaces", "landlock") and False) == minimum
    assert require(Isolation(level="namespaces"), minimum, root=True) == "namespaces"


def test_less_than_the_minimum_is_refused_with_what_to_install_and_how_to_accept_it_by_name():
    with pytest.raises(SandboxUnavailable) as refusal:
        require(LANDLOCK, "namespaces", root=False)
    assert "at level 'landlock'" in refusal.value.message
    assert "'namespaces' at least" in refusal.value.message
    assert "sudo apt install bubblewrap" in refusal.value.hint
    assert "--min-isolation landlock" in refusal.value.hint
    with pytest.raises(SandboxUnavailable, match="--min-isolation limits"):
        require(WEAK, "landlock", root=False)


@pytest.mark.parametrize("level", ["seccomp", "limits"])
@pytest.mark.parametrize("minimum", LEVELS)
def test_root_never_runs_functions_below_landlock_whatever_was_accepted(level, minimum):
    with pytest.raises(SandboxUnavailable, match="as root: that is always refused") as refusal:
        require(Isolation(level=level, lacking={"landlock": "No Landlock."}), minimum, root=True)
    assert "normal user" in refusal.value.hint
    assert "No Landlock." in refusal.value.hint


def test_root_may_run_functions_where_they_get_another_user():
    assert require(LANDLOCK, "landlock", root=True) == "landlock"


def test_what_a_level_protects_and_what_better_ones_lack_is_one_sentence_for_people():
    assert LANDLOCK.sentence.startswith("Level 'landlock': files, network, other processes and resources are protected")
    assert LANDLOCK.sentence.endswith(f"'namespaces' is not available: {NO_BWRAP}")


def test_a_level_can_be_tried_from_inside_an_event_loop():
    async def scene():
        return probe("limits")

    assert asyncio.run(scene()) is None


@pytest.mark.parametrize("level", LEVELS_HERE)
def test_every_level_of_this_machine_keeps_its_promise_when_it_is_tried(level):
    assert obstacle(level) is None
    wrong = probe(level)
    if level == "namespaces" and wrong is not None:
        pytest.skip(wrong)  # a container that has bubblewrap, but not what it needs
    assert wrong is None
