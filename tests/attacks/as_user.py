"""Run a program as a throw-away normal user, though root started it and the interpreter lies where only root may look.

`python -m tests.attacks.as_user --world FOLDER -- COMMAND...`, as root: in a mount namespace of its own, what the
command needs is shown read-only in place of the folders that keep others out; then root is given up for good.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from agentopt_core.sandbox.paths import executable_chain

ROOT = Path(__file__).resolve().parents[2]
_UIDS = range(100_000, 500_000)
"""Users nobody has: above those for people and services."""
_AGAIN = "--in-a-namespace"
_NAME = "tests.attacks.as_user"


def obstacle() -> str | None:
    """Why it cannot be done here, or None."""
    if os.geteuid() != 0:
        return "only root can become another user"
    missing = [program for program in ("unshare", "mount") if shutil.which(program) is None]
    if missing:
        return f"there is no {' and no '.join(missing)}"
    tried = subprocess.run(
        [*_unshared(), "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, check=False
    )
    return f"mounting is refused: {tried.stderr.strip()}" if tried.returncode else None


def command(world: Path, program: Sequence[str]) -> list[str]:
    """What root runs to have this program run by a user in this world."""
    return [*_unshared(), sys.executable, "-m", _NAME, "--world", str(world), _AGAIN, "--", *program]


def covered(needed: Iterable[str]) -> dict[Path, list[Path]]:
    """Folders others may not enter, the outermost ones, with the needed paths below each."""
    found: dict[Path, list[Path]] = {}
    for path in sorted({Path(one) for one in needed}):
        closed = [above for above in reversed(path.parents) if not above.stat().st_mode & 0o001]
        if closed:
            found.setdefault(closed[0], []).append(path)
    return found


def _needed() -> set[str]:
    """The interpreter, its environment and the project; each link on the way, and what it leads to."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, str(ROOT), *executable_chain()}
    return paths | {os.path.realpath(path) for path in paths}


def _show(folder: Path, paths: Sequence[Path], stage: Path) -> None:
    """Cover a folder with an empty one that holds nothing but these paths, read-only."""
    roots = [path for path in paths if not any(other in path.parents for other in paths)]
    links = [path for path in roots if path.is_symlink()]
    kept = []
    for number, path in enumerate(one for one in roots if one not in links):
        place = stage / str(number)
        if path.is_dir():
            place.mkdir()
        else:
            place.touch()
        _mount("--bind", str(path), str(place))
        kept.append((place, path))
    targets = {link: os.readlink(link) for link in links}
    _mount("-t", "tmpfs", "-o", "mode=0755", "none", str(folder))
    for link, target in targets.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    for place, path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            path.mkdir()
        else:
            path.touch()
        _mount("--bind", str(place), str(path))
        _mount("-o", "remount,bind,ro", str(path))
        # Nothing of it may stay below the world, which is there to be filled and emptied.
        subprocess.run(["umount", str(place)], check=True)


def _give_up_root(world: Path) -> None:
    uid = secrets.choice(_UIDS)
    for path in (world, *world.iterdir()):
        os.chown(path, uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _unshared() -> list[str]:
    return ["unshare", "--mount", "--propagation", "private"]


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(prog=f"python -m {_NAME}", description="Run a program as nobody.")
    parser.add_argument("--world", type=Path, required=True, help="the throw-away folder that the user will own")
    parser.add_argument(_AGAIN, action="store_true", help="the mount namespace is there already")
    parser.add_argument("program", nargs="+")
    chosen = parser.parse_args()
    wrong = obstacle()
    if wrong is not None:
        parser.error(wrong)
    if not chosen.in_a_namespace:
        again = command(chosen.world, chosen.program)
        os.execvp(again[0], again)
    # The mounts are seen in this namespace alone and end with it.
    for number, (folder, paths) in enumerate(covered(_needed()).items()):
        stage = chosen.world / f"stage-{number}"
        stage.mkdir()
        _show(folder, paths, stage)
    _give_up_root(chosen.world)
    os.execvp(chosen.program[0], chosen.program)


if __name__ == "__main__":
    main()
