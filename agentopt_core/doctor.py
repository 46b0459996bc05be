"""What is missing or wrong on this machine and at the endpoint, each finding with the command that mends it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import SandboxUnavailable
from agentopt_core.llm.doctor import check_endpoint
from agentopt_core.rollouts import Isolation
from agentopt_core.sandbox import find_isolation, require
from agentopt_core.views import Check

__all__ = ["check_endpoint", "check_machine", "check_packages", "check_python", "check_sandbox"]

_ROOT = Path(__file__).resolve().parents[1]
_PYTHON = SpecifierSet(">=3.11")
_INSTALL = "make install"
_MB = 1024 * 1024
_DISK_NEEDED_MB = 100
_DISK_WISHED_MB = 1024
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def check_machine(home: Path) -> list[Check]:
    """Python, packages, data folder, disk, isolation of functions, browser: one finding each. Takes a few seconds.

    `home` is where runs are kept; it is not created. Never raises for what it finds.
    """
    return [
        check_python(".".join(map(str, sys.version_info[:3]))),
        check_packages(_requirements()),
        _check_home(home),
        _check_disk(home),
        check_sandbox(find_isolation),
        _check_browser(),
    ]


def check_python(version: str) -> Check:
    """Is this version of Python new enough?"""
    where = f"Python {version} ({sys.executable})"
    if _PYTHON.contains(version, prereleases=True):
        return Check(name="Python", state="ok", detail=where)
    return Check(
        name="Python",
        state="failed",
        detail=f"{where} is too old; {_PYTHON} is needed.",
        hint="sudo apt install python3 python3-venv, or install a newer Python from python.org, then: make install",
    )


def check_packages(requirements: Iterable[str]) -> Check:
    """Are these requirements (`name>=1,<2`) installed in versions that satisfy them?"""
    faults, known = [], 0
    for line in requirements:
        requirement = _parse(line)
        if requirement is None or (requirement.marker and not requirement.marker.evaluate()):
            continue
        known += 1
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            faults.append(f"{requirement.name} is {version}, needed is {requirement.specifier}")
    if faults:
        return Check(name="Packages", state="failed", detail=f"{'; '.join(faults)}.", hint=_INSTALL)
    if not known:
        return Check(name="Packages", state="skipped", detail="No list of requirements was found beside the package.")
    return Check(name="Packages", state="ok", detail=f"{known} packages are installed in versions that fit.")


def _parse(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _requirements() -> list[str]:
    """The direct requirements, from pyproject.toml beside the package or from the installed package."""
    try:
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return [str(line) for line in project["dependencies"]]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        pass
    try:
        return importlib.metadata.requires("agentopt") or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _check_home(home: Path) -> Check:
    name, home = "Data folder", home.expanduser().resolve()
    folder = _existing(home)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(
            name=name,
            state="failed",
            detail=f"{home} cannot be written: {error.strerror or error}.",
            hint="Choose another folder: export AGENTOPT_HOME=..., or --home DIR.",
        )
    return Check(name=name, state="ok", detail=f"{home} {'can be written' if folder == home else 'can be created'}.")


def _check_disk(home: Path) -> Check:
    name = "Disk"
    try:
        free_mb = shutil.disk_usage(_existing(home.expanduser().resolve())).free // _MB
    except OSError as error:
        return Check(name=name, state="warning", detail=f"Free space is unknown: {error.strerror or error}.")
    detail = f"{free_mb:,} MiB are free for {home}."
    hint = "Free some space, or choose a folder on another disk: export AGENTOPT_HOME=..."
    if free_mb < _DISK_NEEDED_MB:
        return Check(name=name, state="failed", detail=detail, hint=hint)
    if free_mb < _DISK_WISHED_MB:
        return Check(name=name, state="warning", detail=detail, hint=hint)
    return Check(name=name, state="ok", detail=detail)


def check_sandbox(look: Callable[[], Isolation]) -> Check:
    """Do functions run here, what are they kept from, and what would keep them from more? Not inside an event loop."""
    name = "Isolation of functions"
    isolation = look()
    try:
        require(isolation, SandboxLimits().minimum)
    except SandboxUnavailable as error:
        return Check(name=name, state="failed", detail=error.message, hint=error.hint)
    return Check(name=name, state="ok", detail=isolation.sentence)


def _check_browser() -> Check:
    """For information: only the project's own tests drive a browser."""
    found = next((path for browser in _BROWSERS if (path := shutil.which(browser))), None)
    if found:
        return Check(name="Browser for tests", state="ok", detail=found)
    return Check(
        name="Browser for tests",
        state="skipped",
        detail="No Chromium is installed; only `make test` needs one.",
        hint="make test finds or installs one.",
    )
