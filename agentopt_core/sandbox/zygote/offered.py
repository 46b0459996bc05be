"""What can be imported, said in a sentence: the standard library and the packages the jail offers.

It guards nothing, since code can go around it; it lets an import of anything else fail the same way at every level,
with the list of what there is.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class Offered:
    """A finder that finds nothing, but refuses other top-level modules before a finder looks for them."""

    def __init__(self, modules: Collection[str]) -> None:
        self._modules = frozenset(modules)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None for what may be looked for. Raises: ModuleNotFoundError for what is not offered."""
        if path is not None or name in self._modules or name in sys.modules or _is_standard(name):
            return None
        there = f"and {', '.join(sorted(self._modules))} " if self._modules else ""
        raise ModuleNotFoundError(
            f"No module named '{name[:100]}' is offered here, only the standard library {there}".strip() + ".",
            name=name,
        )


def _is_standard(name: str) -> bool:
    # What sysconfig reads lies there under a name of its own for each platform.
    return name in sys.stdlib_module_names or name.startswith("_sysconfigdata")


def offer(modules: Collection[str]) -> None:
    """From now on, in this process and its forks."""
    sys.meta_path.insert(0, Offered(modules))
