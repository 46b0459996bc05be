"""The command that puts a zygote into namespaces of its own: bubblewrap, with nothing but what is named here inside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from agentopt_core.sandbox.paths import Readable, executable_chain

SCRATCH = "/scratch"
"""Inside: a folder a worker, each a file system of its own with a size."""
FILES = "/files"
"""Inside: the folder that attachments lie in."""
PROGRAM = "bwrap"
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
# As root, the zygote needs these to become another user; it keeps none.
_TO_BECOME = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


def bubblewrap(
    readable: Iterable[Readable],
    zygote: Path,
    files: Path | None,
    disks: int,
    disk_mb: int,
    info: int,
    shown_files: Mapping[str, str] | None = None,
) -> list[str]:
    """The beginning of a command line; what is to run inside comes behind it.

    `disks` workers get a folder of `disk_mb` MiB each; the pid is told to the descriptor `info`. `shown_files`: place
    inside, in one of those folders -> file outside.
    """
    command = [shutil.which(PROGRAM) or PROGRAM, *_NAMESPACES, "--hostname", "sandbox", "--as-pid-1"]
    command += ["--info-fd", str(info), "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        for capability in _TO_BECOME:
            command += ["--cap-add", capability]
    else:
        command += ["--unshare-user", "--disable-userns"]
    linked = [path for path, _ in readable if os.path.islink(path) and path.count("/") == 1]
    links = [*linked, *executable_chain()[:-1]]  # /lib is a link to /usr/lib, python to python3.11
    shown = {path for path, access in readable if access == "read" and path not in linked}
    # What lies in a mounted folder comes with it. Mounting it again fails on a link to a place that is not inside: the
    # `sitecustomize.py` of Debian's Python leads to /etc.
    within = {path for path in shown if any(str(folder) in shown for folder in Path(path).parents)}
    mounted = [path for path, _ in readable if path not in linked and path not in within]
    for folder in _folders_above([*mounted, *links, str(zygote), f"{SCRATCH}/0"]):
        command += ["--dir", folder]
    for path in links:
        command += ["--symlink", os.readlink(path), path]
    for path, access in readable:
        if access == "write":
            command += ["--dev-bind", path, path]
        elif access == "read" and path in shown and path not in within:
            command += ["--ro-bind", path, path]
    command += ["--ro-bind", str(zygote), str(zygote)]
    if files is not None:
        command += ["--ro-bind", str(files), FILES]
    for number in range(disks):
        command += ["--perms", "0777", "--size", str(disk_mb << 20), "--tmpfs", f"{SCRATCH}/{number}"]
    for folder in {os.path.dirname(place) for place in shown_files or {}}:
        command += ["--perms", "0755", "--dir", folder]
    for place, source in (shown_files or {}).items():
        command += ["--ro-bind", source, place]
    return [*command, "--remount-ro", "/", "--chdir", "/", "--"]


def _folders_above(paths: Iterable[str]) -> list[str]:
    """The folders in which things are mounted, outermost first. Made by themselves they would be open to root alone."""
    above = {str(folder) for path in paths for folder in Path(path).parents}
    return sorted(above - {"/"}, key=len)
