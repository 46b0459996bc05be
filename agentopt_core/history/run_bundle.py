"""A finished run as one small zip, and back into a home under a fresh id."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
import zlib
from pathlib import Path

from agentopt_core.errors import NotFound, ProtocolError
from agentopt_core.history.lines import write_error
from agentopt_core.history.run_folder import RunFolder, new_run_id

FILES = ("config.json", "taskset.json", "tasks.jsonl", "events.ndjson", "about.json")
"""What travels. Commands, log and lock belong to the machine that trained the run."""
MAX_BYTES = 64 << 20
"""Unpacked, all files together."""
_SAME_DAY = (2024, 1, 1, 0, 0, 0)


def pack_run(folder: RunFolder, to: Path) -> None:
    """Write the bundle; the same run gives the same bytes. Raises: OSError."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in FILES:
            if (path := folder.path / name).exists():
                archive.writestr(zipfile.ZipInfo(name, _SAME_DAY), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def bundle_digest(bundle: Path) -> str:
    """What a run loaded from this bundle is known by. Raises: NotFound."""
    try:
        return hashlib.sha256(bundle.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise NotFound(f"{bundle} is not there: {error.strerror}.", "Install the project again, whole.") from error


def unpack_run(bundle: Path, home: Path, slug: str) -> RunFolder:
    """A new run under `home` from a bundle, complete or not there at all; only the files of a run are taken from it.

    Raises: ProtocolError when the bundle is damaged or too large; DiskFull; ConfigError.
    """
    path = home / "runs" / new_run_id(time.time(), slug)
    half_made = path.with_name(f".new-{path.name}")
    try:
        with zipfile.ZipFile(bundle) as archive:
            names = [name for name in FILES if name in archive.namelist()]
            if sum(archive.getinfo(name).file_size for name in names) > MAX_BYTES:
                raise ProtocolError(f"{bundle} holds more than {MAX_BYTES >> 20} MiB.", "Install the project again.")
            half_made.mkdir(parents=True)
            for name in names:
                (half_made / name).write_bytes(archive.read(name))
        (half_made / "commands.ndjson").touch()
        half_made.rename(path)
    except (zipfile.BadZipFile, zlib.error) as error:
        shutil.rmtree(half_made, ignore_errors=True)
        raise ProtocolError(f"{bundle} is damaged: {error}.", "Install the project again.") from error
    except OSError as error:
        shutil.rmtree(half_made, ignore_errors=True)
        raise write_error(half_made, error) from error
    return RunFolder(path)


def delete_run(folder: RunFolder) -> None:
    """Delete a run's folder while nobody trains it. From the first moment on it is in no list.

    Raises: RunBusy; ConfigError when it may not be deleted.
    """
    with folder.hold():
        gone = folder.path.with_name(f".deleted-{folder.run_id}-{os.getpid()}")
        try:
            folder.path.rename(gone)
        except OSError as error:
            raise write_error(folder.path, error) from error
    shutil.rmtree(gone, ignore_errors=True)
