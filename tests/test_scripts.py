"""What a fresh machine is told: `scripts/install` says in one line what is missing and what to install."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "dirname", "tail", "rm", "touch")


@pytest.fixture
def machine(tmp_path):
    """A copy of the script and a PATH with a shell's basic tools and nothing else."""
    (tmp_path / "project" / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "project" / "scripts" / "install")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def python_that(machine: Path, version: str, is_old: bool, has_venv: bool) -> None:
    """A python3 that answers the script's questions as such a Python would."""
    fake = machine / "bin" / "python3"
    fake.write_text(
        f"""#!/bin/sh
case "$*" in
    --version) echo "Python {version}" ;;
    *sys.exit*) exit {int(is_old)} ;;
    *ensurepip*) exit {int(not has_venv)} ;;
    *version_info*) echo "{version.rsplit(".", 1)[0]}" ;;
esac
"""
    )
    fake.chmod(0o755)


def install(machine: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "project/scripts/install"],
        cwd=machine,
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_machine_without_python_is_told_what_to_install(machine):
    done = install(machine)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt install python3 python3-venv" in done.stderr


def test_too_old_a_python_is_named_with_the_one_that_is_needed(machine):
    python_that(machine, "3.9.2", is_old=True, has_venv=True)
    done = install(machine)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "3.11 or newer, found Python 3.9.2" in done.stderr


def test_a_python_without_venv_is_told_the_package_that_brings_it(machine):
    python_that(machine, "3.12.3", is_old=False, has_venv=False)
    done = install(machine)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt install python3.12-venv" in done.stderr
    assert not (machine / "project" / ".venv").exists()


def test_the_lock_pins_every_direct_dependency():
    import tomllib

    from packaging.requirements import Requirement

    direct = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = dict(
        line.split(";")[0].strip().split("==")
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith(" ")
    )
    for wanted in map(Requirement, direct):
        assert wanted.specifier.contains(locked[wanted.name.lower()]), wanted
