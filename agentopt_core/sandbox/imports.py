"""What functions may import: the allowed distributions that are installed, and which zygote a piece of code needs.

Nothing is parsed or executed: the code may be hostile, and this is the host.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Kind = Literal["standard", "full"]
"""`standard`: the standard library only, where a fork costs a fraction; `full`: the allowed distributions are warm."""


def kind_for(code: str, modules: Iterable[str]) -> Kind:
    """`full` when the code names one of the modules. A wrong guess costs time, never the result: both can import."""
    words = set(re.findall(r"\w+", code))
    return "standard" if words.isdisjoint(modules) else "full"


def modules_of(packages: Iterable[str]) -> tuple[str, ...]:
    """The modules under which installed distributions are imported; what is not installed is left out."""
    modules: list[str] = []
    by_module = None
    for package in packages:
        module = package.replace("-", "_")
        if module.isidentifier() and find_spec(module) is not None:
            modules.append(module)
            continue
        by_module = importlib.metadata.packages_distributions() if by_module is None else by_module
        modules += [name for name, owners in by_module.items() if package in owners]
    return tuple(modules)


def is_installed(distribution: str) -> bool:
    """The distribution is installed beside this program."""
    try:
        importlib.metadata.distribution(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return True


@cache
def usable_distributions(allowed: tuple[str, ...]) -> frozenset[str]:
    """The allowed distributions that are installed, with what they require themselves (sympy brings mpmath)."""
    usable: set[str] = set()
    waiting = list(allowed)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in usable or not is_installed(name):
            continue
        usable.add(name)
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return frozenset(usable)


def top_levels(distribution: importlib.metadata.Distribution) -> list[str]:
    """The names right below the folder that a distribution is installed in: `numpy`, `numpy.libs`, `six.py`."""
    return sorted({file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")})


def offered_modules(allowed: Iterable[str]) -> list[str]:
    """Top-level modules that functions may import beside the standard library."""
    tops = {
        top
        for name in usable_distributions(tuple(allowed))
        for top in top_levels(importlib.metadata.distribution(name))
        if not top.endswith((".dist-info", ".egg-info", ".libs", ".pth"))
    }
    return sorted(name for name in {top.split(".")[0] for top in tops} if name.isidentifier())
