"""Hostile code at every level of isolation, in a throw-away world; `limits` is the control that shows its teeth.

As root, the sandbox gives its calls a user of their own, and the levels are tried as a normal user as well. Each
combination runs once, as a program of its own; each attack is then a test.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt_core.sandbox.levels import obstacle
from agentopt_core.sandbox.probe import probe

from . import as_user
from .case import Case
from .cases import GROUPS
from .run import AFTERWARDS, UNAVAILABLE

ROOT = Path(__file__).resolve().parents[2]
_RUN_S = 600
"""Seconds a run may take, on a busy machine."""
_IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
_COMBINATIONS = [("user", "namespaces"), ("user", "landlock"), ("user", "limits")]
if _IS_ROOT:
    _COMBINATIONS += [("root", "namespaces"), ("root", "landlock")]
_CASES = [case for cases in GROUPS.values() for case in cases]
_ISOLATING = [(who, level) for who, level in _COMBINATIONS if level != "limits"]

Report = dict[str, dict[str, Any]]
Attack = Callable[[str, str], Report]


@pytest.fixture(scope="session")
def attacked() -> Attack:
    """What a run as that user at that level reported, by case."""

    @functools.cache
    def run(who: str, level: str) -> Report | str:
        return _obstacle(who, level) or _attack(who, level)

    def reported(who: str, level: str) -> Report:
        report = run(who, level)
        if isinstance(report, str):
            pytest.skip(report)
        return report

    return reported


def _obstacle(who: str, level: str) -> str | None:
    if who == "user" and _IS_ROOT and (wrong := as_user.obstacle()):
        return f"as a normal user: {wrong}"
    if wrong := obstacle(level):
        return wrong
    # As another user it may differ: then the run itself fails, and says so.
    return probe(level) if level != "limits" and (who == "root" or not _IS_ROOT) else None


def _attack(who: str, level: str) -> Report | str:
    world = Path(tempfile.mkdtemp(prefix="agentopt-attacks-"))
    try:
        world.chmod(0o755)
        temporary = world / "tmp"
        temporary.mkdir()
        temporary.chmod(0o1777)
        program = [sys.executable, "-m", "tests.attacks.run", "--level", level]
        if who == "user" and _IS_ROOT:
            program = as_user.command(world, program)
        done = subprocess.run(
            program,
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(world / "home"),
                "TMPDIR": str(temporary),
                "ATTACKS_WORLD": str(world),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            timeout=_RUN_S,
            check=False,
        )
    finally:
        shutil.rmtree(world, ignore_errors=True)
    if done.returncode == UNAVAILABLE:
        return done.stderr.strip()
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["case"]: line for line in lines}


def _named(case: Case) -> str:
    return case.name.replace(" ", "_")


@pytest.mark.parametrize(("who", "level"), _ISOLATING)
@pytest.mark.parametrize("case", _CASES, ids=_named)
def test_an_isolated_call_is_stopped(attacked: Attack, who: str, level: str, case: Case):
    seen = attacked(who, level)[case.name]
    if level == "landlock" and case.gap:
        assert not seen["stopped"], f"The documentation says otherwise: {case.gap}"
    else:
        assert seen["stopped"], seen["why"]


@pytest.mark.parametrize("case", [case for case in _CASES if case.at_limits != "not run"], ids=_named)
def test_without_isolation_only_limits_hold(attacked: Attack, case: Case):
    seen = attacked("user", "limits")[case.name]
    if seen["missing"]:
        pytest.skip("this kernel does not have what is attacked")
    assert seen["stopped"] == (case.at_limits == "is stopped"), seen["why"]


@pytest.mark.parametrize(("who", "level"), _COMBINATIONS)
@pytest.mark.parametrize("what", AFTERWARDS)
def test_after_all_attacks(attacked: Attack, who: str, level: str, what: str):
    seen = attacked(who, level)[what]
    assert seen["stopped"], seen["why"]


def test_there_are_many_attacks_and_no_two_have_one_name():
    names = [case.name for case in _CASES]
    assert len(names) >= 110
    assert len(set(names)) == len(names)
    assert all(len(cases) >= 10 for cases in GROUPS.values())


def test_only_documented_gaps_are_excused():
    assert {case.gap.split(":")[0] for case in _CASES if case.gap} == {
        "Names, sizes and times of files can be asked for",
        "A scratch folder that was asked for by name has no size",
    }


def test_what_others_cannot_enter_is_covered_once_at_its_outermost_folder(tmp_path: Path):
    tmp_path.chmod(0o755)
    closed = tmp_path / "closed"
    inside = closed / "also-closed" / "inside"
    inside.mkdir(parents=True)
    closed.chmod(0o700)
    outer = next((above for above in reversed(inside.parents) if not above.stat().st_mode & 0o001), closed)
    assert as_user.covered([str(inside), sys.executable if outer == closed else "/usr/lib"]).get(outer) == [inside]


@pytest.mark.skipif(not _IS_ROOT, reason="only root is refused")
@pytest.mark.parametrize("level", ["limits", "seccomp"])
def test_no_attack_runs_as_root_where_root_is_not_given_up(tmp_path: Path, level: str):
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.run", "--level", level],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "ATTACKS_WORLD": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "not as root" in done.stderr
