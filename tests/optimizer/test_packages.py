"""The `packages` field: a statement that is checked, never an order to install."""

from __future__ import annotations

from typing import Any

import pytest

from tests.optimizer.helpers import add, read

SYMPY = "import sympy\ndef area(width, height):\n    return str(sympy.Integer(1))\n"


@pytest.mark.parametrize(
    ("packages", "kept"),
    [
        ("", ()),
        (None, ()),
        (..., ()),
        ("None", ()),
        ("none", ()),
        ("N/A", ()),
        ([], ()),
        ("[]", ()),
        ("math, json", ()),
        ("os.path", ()),
        ("python>=3.8", ()),
        ("numpy", ("numpy",)),
        ("numpy, sympy", ("numpy", "sympy")),
        ("numpy\nsympy\n", ("numpy", "sympy")),
        ("numpy,numpy", ("numpy",)),
        (["numpy", "math", "sympy"], ("numpy", "sympy")),
        ("['numpy', 'sympy']", ("numpy", "sympy")),
        ('["numpy"]', ("numpy",)),
        ("pip install numpy", ("numpy",)),
        ("!pip install -q numpy sympy", ("numpy", "sympy")),
        ("python -m pip install sympy==1.13", ("sympy",)),
        ("sympy>=1.10", ("sympy",)),
        ("sympy >= 1.10", ("sympy",)),
        ("sympy>=1.10,<2, numpy", ("sympy", "numpy")),
        ("sympy (symbolic algebra)", ("sympy",)),
        ("NumPy", ("numpy",)),
        ("scipy.stats", ("scipy",)),
        ("dateutil", ("python-dateutil",)),
    ],
)
def test_packages_are_read_in_every_usual_spelling(packages: Any, kept: tuple[str, ...]) -> None:
    reading = read(add(packages=packages))
    assert reading.verdict == "accept", reading.refusals
    assert reading.actions[0].function.packages == kept


@pytest.mark.parametrize(
    "packages",
    [
        "numpy; rm -rf x",
        "numpy && echo x",
        "git+https://example.org/geo.git",
        "https://example.org/geo.whl",
        "geo @ https://example.org/geo.whl",
        "--index-url https://example.org numpy",
        "$(id)",
        "../geo",
        "numpy | sh",
        "we need no packages",
        7,
        {"numpy": "1.0"},
        ["numpy", 3],
        "numpy; python_version > '3'",
    ],
)
def test_what_is_no_plain_name_is_refused(packages: Any) -> None:
    assert read(add(packages=packages)).reason_code == "bad_packages"


def test_a_package_that_is_not_installed_is_refused_and_never_installed() -> None:
    refused = read(add(packages="numpy, geometry-toolbox-9000")).refusals[0]
    assert refused.code == "unknown_package"
    assert "geometry-toolbox-9000" in refused.reason


def test_a_package_the_code_imports_is_added_where_it_was_not_declared() -> None:
    assert read(add(code=SYMPY)).actions[0].function.packages == ("sympy",)


def test_imports_are_limited_to_the_allowed_packages_and_what_they_need() -> None:
    from agentopt_core.optimizer import read_reply
    from agentopt_core.testing import tool_message
    from tests.optimizer.helpers import functions

    reading = read_reply(tool_message(add(code=SYMPY)), "tool_calls", functions(), ("numpy",))
    assert reading.reason_code == "import_failed"
    assert "numpy" in reading.refusals[0].reason
