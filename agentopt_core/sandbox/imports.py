"""Which zygote a piece of code needs. Nothing is parsed or executed: the code may be hostile, and this is the host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from typing import Literal

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
        by_module = packages_distributions() if by_module is None else by_module
        modules += [name for name, owners in by_module.items() if package in owners]
    return tuple(modules)
