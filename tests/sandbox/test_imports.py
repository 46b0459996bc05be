import pytest

from agentopt_core.sandbox.imports import kind_for, modules_of

MODULES = ("numpy", "pandas")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import math, json\n", "standard"),
        ("import numpy as np", "full"),
        ("from pandas.core import frame", "full"),
        ("def f():\n    import math; import numpy", "full"),
        ("__import__('numpy')", "full"),
        ("numpy_like = 1", "standard"),
        ("def f(:\n", "standard"),
        ("(" * 100_000, "standard"),
        ("", "standard"),
    ],
)
def test_code_that_names_a_library_goes_to_the_zygote_that_has_it(code, kind):
    assert kind_for(code, MODULES) == kind


def test_modules_of_distributions_are_found_and_missing_distributions_left_out():
    assert modules_of(("numpy", "no-such-package", "pytest")) == ("numpy", "pytest")
    assert modules_of(("python-dateutil",)) == ("dateutil",)
