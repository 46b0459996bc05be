"""Removing a folder that a hostile function has filled."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(name: str, dir_fd: int | None = None) -> None:
    """Remove a file, link or folder and all below it; whatever cannot be removed stays.

    Never follows a link, opens folders of any mode, and needs the same stack and number of descriptors at any depth:
    folders inside folders are first moved to the top. Call it when nothing runs that could still change the folder.
    """
    with suppress(OSError):
        if not stat.S_ISDIR(os.lstat(name, dir_fd=dir_fd).st_mode):
            os.unlink(name, dir_fd=dir_fd)
            return
        os.chmod(name, 0o700, dir_fd=dir_fd)
        top = os.open(name, _FOLDER, dir_fd=dir_fd)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(name, dir_fd=dir_fd)


def empty(path: str, dir_fd: int | None = None) -> None:
    """Remove all that lies in a folder, as `remove` does; the folder itself may be a mount and stays."""
    with suppress(OSError):
        top = os.open(path, _FOLDER, dir_fd=dir_fd)
        try:
            _empty(top)
        finally:
            os.close(top)


def _empty(top: int) -> None:
    token, moved = secrets.token_hex(16), 0
    stuck: set[str] = set()
    while folders := [name for name in _clear_files(top) if name not in stuck]:
        for name in folders:
            try:
                folder = os.open(name, _FOLDER, dir_fd=top)
            except OSError:
                stuck.add(name)
                continue
            try:
                for inner in _clear_files(folder):
                    moved += 1
                    os.rename(inner, f"{token}{moved}", src_dir_fd=folder, dst_dir_fd=top)
                os.rmdir(name, dir_fd=top)
            except OSError:
                stuck.add(name)
            finally:
                os.close(folder)


def _clear_files(folder: int) -> list[str]:
    """Unlink all that is no folder; the names of the folders, made accessible."""
    folders = []
    with os.scandir(folder) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in listed:
        with suppress(OSError):
            if is_folder:
                os.chmod(name, 0o700, dir_fd=folder)
                folders.append(name)
            else:
                os.unlink(name, dir_fd=folder)
    return folders
