"""Removing a folder that a hostile function has filled."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress

_HAS_DIR_FD = os.open in os.supports_dir_fd
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if _HAS_DIR_FD else 0


def remove(name: str, dir_fd: int | None = None) -> None:
    """Remove a file, link or folder and all below it; whatever cannot be removed stays.

    Never follows a link, opens folders of any mode, and needs the same stack and number of descriptors at any depth:
    folders inside folders are first moved to the top. Call it when nothing runs that could still change the folder.
    """
    if not _HAS_DIR_FD:
        remove_by_path(name)
        return
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


def remove_by_path(path: str) -> None:
    """The same as `remove`, for systems without descriptors of folders (Windows): junctions are links there, too."""
    token, moved = secrets.token_hex(16), 0
    stuck: set[str] = set()
    while folders := [folder for folder in _clear_files_of(path) if folder not in stuck]:
        for folder in folders:
            try:
                for inner in _clear_files_of(folder):
                    moved += 1
                    os.rename(inner, os.path.join(path, f"{token}{moved}"))
                os.rmdir(folder)
            except OSError:
                stuck.add(folder)
    with suppress(OSError):
        os.rmdir(path)


def _clear_files_of(folder: str) -> list[str]:
    folders = []
    with suppress(OSError), os.scandir(folder) as entries:
        for path in [entry.path for entry in entries]:
            with suppress(OSError):
                status = os.lstat(path)
                # What is marked as a link to elsewhere is unlinked, whatever kind of link it is.
                is_link = stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) != 0
                if not is_link:
                    os.chmod(path, 0o700)  # Windows unlinks nothing that is read-only
                if stat.S_ISDIR(status.st_mode) and not is_link:
                    folders.append(path)
                else:
                    os.unlink(path)
    return folders


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
