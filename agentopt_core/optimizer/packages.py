"""What the `packages` field says and what code may import: a statement to check, never an order to install."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from functools import cache

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import JsonValue

from agentopt_core.lenient_json import NotJson, read_json
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.sandbox import is_installed

_INSTALL_COMMAND = re.compile(r"\A[!%$\s]*(?:python3?\s+-m\s+)?(?:uv\s+)?pip3?\s+install\s+", re.IGNORECASE)
_NOTE = re.compile(r"\s*\([^()]*\)")
_BLANKS_AT_OPERATOR = re.compile(r"\s*([=<>!~]=|[<>])\s*")
_MAX_TEXT = 2000
"""Characters of the field."""
_OPERATORS = ("=", "<", ">", "!", "~")
_NOTHING = frozenset({"", "none", "null", "nil", "n/a", "-", "no", "nothing", "standard library", "stdlib", "python"})


def read_packages(value: JsonValue) -> tuple[str, ...]:
    """The distributions that a `packages` field names, canonical, without those of the standard library.

    Takes a string (commas, lines or an install command), a list, or nothing at all.
    Raises: InvalidProposal (`bad_packages`, `unknown_package`).
    """
    found: list[str] = []
    for piece in _pieces(value):
        name = _plain_name(piece)
        if name.lower() in _NOTHING or name.split(".")[0].lower() in sys.stdlib_module_names:
            continue
        distribution = _distribution(name)
        if distribution is None:
            raise InvalidProposal(
                "unknown_package",
                f"The package {name!r} is not installed and nothing can be installed. Do without it.",
            )
        if distribution not in found:
            found.append(distribution)
    return tuple(found)


def distributions_of(module: str) -> tuple[str, ...]:
    """The installed distributions that provide a top-level module, canonical."""
    return tuple(sorted({str(canonicalize_name(name)) for name in _providers().get(module, ())}))


@cache
def is_standard(module: str) -> bool:
    """The top-level module is of the standard library, and of this machine's."""
    if module not in sys.stdlib_module_names:
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # `__main__` has no spec
        return module in sys.modules


@cache
def _providers() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def _pieces(value: JsonValue) -> list[str]:
    if isinstance(value, str) and value.strip()[:1] in ("[", "(", '"', "'"):
        try:
            value = read_json(value)
        except NotJson as error:
            raise _bad(value) from error
    if value is None:
        return []
    if isinstance(value, list):
        return [piece for entry in value for piece in _pieces(entry)]
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _bad(value)
    text, commands = _INSTALL_COMMAND.subn("", value.strip())
    text = _BLANKS_AT_OPERATOR.sub(r"\1", _NOTE.sub("", text))
    pieces: list[str] = []
    for piece in re.split(r"[,\s]+" if commands else r"\s*[,\n]\s*", text):
        if piece.startswith(_OPERATORS) and pieces:
            pieces[-1] += f",{piece}"  # "sympy>=1.10,<2" is one requirement
        elif piece.strip() and not (commands and piece.startswith("-")):  # options of the install command
            pieces.append(piece.strip())
    return pieces


def _plain_name(piece: str) -> str:
    if piece.lower() in _NOTHING:
        return piece
    try:
        requirement = Requirement(piece)
    except InvalidRequirement as error:
        raise _bad(piece) from error
    if requirement.url or requirement.marker:
        raise _bad(piece)
    return requirement.name


def _distribution(name: str) -> str | None:
    """The installed distribution meant by a name, which may be a module's (`sklearn`, `scipy.stats`)."""
    canonical = canonicalize_name(name)
    if is_installed(canonical):
        return str(canonical)
    return next(iter(distributions_of(name.split(".")[0])), None)


def _bad(value: JsonValue) -> InvalidProposal:
    shown = str(value)[:80]
    return InvalidProposal(
        "bad_packages",
        f"`packages` holds {shown!r}, which is no package name. Give names with commas between, or an empty string.",
    )
