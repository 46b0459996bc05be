"""Arguments against a function's signature, with sentences a model can act on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


class BadArguments(Exception):
    """The arguments do not fit the signature."""


def bind(function: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments for a call by names.

    Positional-only parameters are filled by name too, and a list fills `*items` when it is given under that name.
    Raises: BadArguments naming what is missing or unexpected.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):
        return [], dict(arguments)
    kinds = inspect.Parameter
    rest = dict(arguments)
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    missing = [
        key
        for key, parameter in parameters.items()
        if key not in rest
        and parameter.default is kinds.empty
        and parameter.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
    ]
    takes_any = any(parameter.kind is kinds.VAR_KEYWORD for parameter in parameters.values())
    named = [key for key, parameter in parameters.items() if parameter.kind is not kinds.VAR_KEYWORD]
    unexpected = [] if takes_any else [key for key in rest if key not in named]
    if missing or unexpected:
        raise BadArguments(_sentence(name, missing, unexpected, named))
    spreads = any(
        parameter.kind is kinds.VAR_POSITIONAL and isinstance(rest.get(key), list)
        for key, parameter in parameters.items()
    )
    for key, parameter in parameters.items():
        if parameter.kind is kinds.VAR_KEYWORD:
            continue
        if parameter.kind is kinds.VAR_POSITIONAL:
            given = rest.pop(key, [])
            if not isinstance(given, list):
                raise BadArguments(f"{name}() takes '{key}' as a list.")
            positional += given
        elif parameter.kind is kinds.POSITIONAL_ONLY or (spreads and parameter.kind is kinds.POSITIONAL_OR_KEYWORD):
            positional.append(rest.pop(key, parameter.default))
        elif key in rest:
            keywords[key] = rest.pop(key)
    return positional, {**keywords, **rest}


def _sentence(name: str, missing: list[str], unexpected: list[str], known: list[str]) -> str:
    faults = []
    if missing:
        faults.append(f"misses {_names(missing)}")
    if unexpected:
        faults.append(f"does not take {_names(unexpected)}")
    takes = f"It takes {_names(known)}." if known else "It takes no arguments."
    return f"{name}() {' and '.join(faults)}. {takes}"


def _names(names: list[str]) -> str:
    shown = ", ".join(f"'{name[:60]}'" for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
