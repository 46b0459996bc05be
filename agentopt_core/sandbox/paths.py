"""What of the disk a jail holds: the interpreter, its standard library, shared libraries, the allowed distributions.

Nothing else is there: no home folder, no settings, no other package, no /proc. Order matters to nobody; paths that do
not exist are left out.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from agentopt_core.sandbox.imports import top_levels, usable_distributions

Access = Literal["list", "read", "write"]
_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
)
_PACKAGES = ("site-packages", "dist-packages")


class Readable(NamedTuple):
    """A path and what may be done below it: `list` its names, `read` its files too, `write` it (devices)."""

    path: str
    access: Access


def readable_paths(packages: Iterable[str]) -> list[Readable]:
    """All of it, for functions that may import these distributions."""
    found = [Readable(path, "read") for path in _SYSTEM]
    found += [Readable("/dev/null", "write"), Readable("/dev/urandom", "read")]
    found += [Readable(path, "read") for path in (*_interpreter(), *_standard_library(), *_shared_libraries())]
    parts = list(_distributions(packages))
    found += [Readable(folder, "list") for folder in {os.path.dirname(part) for part in parts}]
    found += [Readable(path, "list") for path in _folders_of_the_standard_library()]
    found += [Readable(part, "read") for part in parts]
    return [one for one in dict.fromkeys(found) if os.path.lexists(one.path)]


def executable_chain() -> list[str]:
    """The interpreter as it is called, each link it goes through, and the file it is."""
    chain = [os.path.abspath(sys.executable)]
    while os.path.islink(chain[-1]) and len(chain) < 40:
        chain.append(os.path.normpath(os.path.join(os.path.dirname(chain[-1]), os.readlink(chain[-1]))))
    return chain


def closed_to_others(paths: Iterable[str]) -> str | None:
    """The first folder or file on the way to these paths that keeps other users out; None when any may read them."""
    for path in map(Path, paths):
        real = path.resolve()
        for place, needed in (*((above, 0o001) for above in reversed(real.parents)), (real, 0o004)):
            try:
                if not place.stat().st_mode & needed:
                    return str(place)
            except OSError:
                return str(place)
    return None


def _interpreter() -> Iterator[str]:
    yield executable_chain()[-1]
    yield os.path.join(sys.prefix, "pyvenv.cfg")


def _folders_of_the_standard_library() -> set[str]:
    folders = {sysconfig.get_path(name, vars=_base()) for name in ("stdlib", "platstdlib")}
    return {folder for folder in folders if os.path.isdir(folder)}


def _base() -> dict[str, str]:
    # Of a virtual environment, the interpreter it was made with.
    return {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}


def _standard_library() -> Iterator[str]:
    """The parts one by one: the packages installed beside them are no part of it."""
    for folder in _folders_of_the_standard_library():
        yield from (entry.path for entry in os.scandir(folder) if entry.name not in _PACKAGES)


def _shared_libraries() -> Iterator[str]:
    """The interpreter's own, where it is not one file."""
    for folder in {str(sysconfig.get_config_var("LIBDIR")), os.path.join(sys.base_prefix, "lib")}:
        if os.path.isdir(folder):
            yield from (entry.path for entry in os.scandir(folder) if entry.is_file() and ".so" in entry.name)


def _distributions(packages: Iterable[str]) -> Iterator[str]:
    """Top-level files and folders of each: `numpy`, `numpy.libs`, `numpy-2.4.6.dist-info`."""
    for name in sorted(usable_distributions(tuple(packages))):
        distribution = importlib.metadata.distribution(name)
        yield from (str(distribution.locate_file(top)) for top in top_levels(distribution))
