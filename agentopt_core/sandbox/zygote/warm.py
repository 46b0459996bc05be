"""What a zygote imports before it forks, so that no call pays for it."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterable

_STANDARD = """
    ast bisect calendar cmath collections copy csv dataclasses datetime decimal difflib enum fractions functools
    hashlib heapq inspect io itertools json math numbers operator pathlib random re statistics string tempfile
    textwrap time traceback typing unicodedata
"""
_PARTS = {
    "numpy": ("numpy", "numpy.linalg", "numpy.random"),
    "scipy": ("scipy", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.integrate", "scipy.stats"),
}
# One thread per library: a process with more than one cannot be forked safely.
SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "ARROW_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def warm(modules: Iterable[str]) -> None:
    """Import the standard library's usual modules and these, and use each once."""
    for name in _STANDARD.split():
        importlib.import_module(name)
    import_libraries(modules)
    for module in modules:
        with contextlib.suppress(Exception):
            _FIRST_USE.get(module, _nothing)()


def import_libraries(modules: Iterable[str]) -> None:
    """Import these, each with one thread."""
    os.environ.update(SINGLE_THREADED)
    for module in modules:
        with contextlib.suppress(Exception):  # a function that imports it gets the error; the others must not
            for name in _PARTS.get(module, (module,)):
                importlib.import_module(name)


def _nothing() -> None:
    pass


def _use_sympy() -> None:
    # The first expression fills sympy's caches, which takes longer than most functions do.
    import sympy

    x = sympy.Symbol("x")
    sympy.solve(sympy.expand((x + 1) ** 2) - 4, x)
    sympy.sympify("2*x + sin(x)")
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)


def _use_pandas() -> None:
    import pandas

    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.groupby("b")["a"].sum().to_dict()


_FIRST_USE: dict[str, Callable[[], None]] = {"sympy": _use_sympy, "pandas": _use_pandas}
