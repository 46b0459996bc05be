"""Starting a zygote, a way for each level: what it may see, what confines its calls, where they write."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.rollouts import SandboxLevel
from agentopt_core.sandbox.bubblewrap import FILES, SCRATCH, bubblewrap
from agentopt_core.sandbox.imports import offered_modules
from agentopt_core.sandbox.paths import closed_to_others, readable_paths
from agentopt_core.sandbox.zygote import landlock

# The zygote's folder is loaded as a package of its own name, so that nothing of the project is importable from it.
_BOOT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("agentopt_zygote", sys.argv[1] + "/__init__.py")
package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from agentopt_zygote.{program} import main
main(sys.argv[2:])
"""
ZYGOTE = Path(__file__).parent / "zygote"
MAX_THREADS = 64
"""Threads of one call, where its user has no others on the machine."""
_WITH_FILES = ("namespaces", "landlock")
"""Levels that decide which files there are. Only there is root given up: below, its runs are refused (see `levels`)."""
FREE_UIDS = range(61184, 65520)
"""Users that systemd keeps for services without one; nothing of value belongs to them."""


class Jail:
    """How zygotes of one level are started. `files` is the folder that attachments lie in, `slots` the most workers."""

    def __init__(self, level: SandboxLevel, limits: SandboxLimits, files: Path | None, slots: int) -> None:
        self.level = level
        self._limits = limits
        self._files = files
        self._slots = slots
        self._landlock = landlock.version() if level in _WITH_FILES else 0
        self._readable = readable_paths(limits.packages) if level in _WITH_FILES else []

    @property
    def is_inside(self) -> bool:
        """The zygote has a file system of its own, and its calls leave nothing outside."""
        return self.level == "namespaces"

    @property
    def has_scratch(self) -> bool:
        """A call may write files in a folder of its own."""
        match self.level:
            case "namespaces":
                # Everything else is mounted read-only; Landlock keeps calls out of each other's folders.
                return self._limits.scratch_mb > 0 and self._landlock > 0
            case "landlock":
                return self._limits.scratch_without_quota and self._landlock >= landlock.COVERS_TRUNCATION
            case "seccomp":
                return False
            case "limits":
                return True

    def make_plan(self, control: int, info: int, modules: Sequence[str]) -> Plan:
        """How to start a zygote that is told by the descriptor `control`; bubblewrap tells its pid to `info`.

        Raises: OSError when its folder cannot be made.
        """
        uid = secrets.choice(FREE_UIDS) if is_root() and self.level in _WITH_FILES else None
        folder = None if self.is_inside else _scratch_folder(uid)
        setup = {
            "control": control,
            "modules": list(modules),
            "offered": self._offered,
            "scratch": folder or SCRATCH,
            "files": (FILES if self.is_inside else str(self._files)) if self._files else "",
            "readable": self._readable if self._landlock else [],
            "landlock": self._landlock > 0,
            "seccomp": self.level != "limits",
            "may_write": self.has_scratch,
            "own_disk": self.is_inside,
            "uid": uid,
            # Where only root may read the interpreter, Landlock says what else its user may read.
            "read_anywhere": uid is not None and self._landlock > 0 and not self.is_inside and not self._is_open(),
            "tasks": MAX_THREADS + 3 * self._slots if uid is not None or self.is_inside else None,
        }
        command = python("main", setup)
        if not self.is_inside:
            return Plan(command, folder, (control,))
        disk_mb = self._limits.scratch_mb if self.has_scratch else 1
        wrapped = bubblewrap(self._readable, ZYGOTE, self._files, self._slots, disk_mb, info)
        return Plan(wrapped + command, None, (control, info))

    def make_fresh(self, modules: Sequence[str], mark: str) -> list[str]:
        """The command of an interpreter for one call or notebook, without a zygote; only level `limits` can have it.

        Raises: InfrastructureFault at any other level.
        """
        if self.level != "limits":
            raise InfrastructureFault(
                f"Level '{self.level}' forks its processes, and this system cannot.", "Choose level 'limits'."
            )
        setup = {
            "modules": list(modules),
            "offered": self._offered,
            "files": str(self._files) if self._files else "",
            "mark": mark,
        }
        # On Windows, the one of a virtual environment only starts another, which a job object would not hold.
        executable = getattr(sys, "_base_executable", sys.executable) if os.name == "nt" else sys.executable
        return python("once", setup, executable)

    @cached_property
    def _offered(self) -> list[str]:
        return offered_modules(self._limits.packages)

    def _is_open(self) -> bool:
        files = [] if self._files is None else [str(self._files)]
        return closed_to_others([*(one.path for one in self._readable), *files]) is None


class Plan(NamedTuple):
    """A command that starts a zygote, the folder that is to be removed after it, and the descriptors it is given."""

    command: list[str]
    folder: str | None
    descriptors: tuple[int, ...]


def python(program: str, setup: Mapping[str, object], executable: str = sys.executable) -> list[str]:
    """The command that starts a program of the zygote's folder in a fresh interpreter."""
    options = ("-s", "-P", "-u", "-X", "utf8")
    return [executable, *options, "-c", _BOOT.format(program=program), str(ZYGOTE), json.dumps(setup)]


def environment(given: Mapping[str, str], system: str) -> dict[str, str]:
    """What a fresh interpreter is told: a fixed hash seed, so that sets have the same order in every run.

    Nothing else, above all no keys; but on Windows (`system`: "nt") where the system is, and the environment to use,
    since there its interpreter is not the one that `sys.executable` names, but started by that one.
    """
    told = {"PYTHONHASHSEED": "0"}
    if system == "nt":
        told |= {name: value for name, value in given.items() if name.upper() == "SYSTEMROOT"}
        told["__PYVENV_LAUNCHER__"] = sys.executable
    return told


def is_root() -> bool:
    """This process may do anything; calls then get a user of their own."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _scratch_folder(uid: int | None) -> str:
    folder = tempfile.mkdtemp(prefix="agentopt-sandbox-")
    if uid is not None:
        os.chown(folder, uid, uid)
    return folder
