import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import pathlib

import pytest

from agentopt_core.sandbox.zygote.jsonable import BadResult, to_json

from .conftest import cell

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Circle:
    middle: Point
    radius: decimal.Decimal


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (-0.5, -0.5),
        (10**30, 10**30),
        ("é\u2028", "é\u2028"),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a", 1}), [1, "a", "b"]),
        ({1: "a", None: "b", True and "x": "c", 2.5: "d"}, {"1": "a", "null": "b", "x": "c", "2.5": "d"}),
        (decimal.Decimal("3"), 3),
        (decimal.Decimal("0.1"), 0.1),
        (decimal.Decimal("0.12345678901234567890123"), "0.12345678901234567890123"),
        (fractions.Fraction(4, 2), 2),
        (fractions.Fraction(1, 3), "1/3"),
        ({fractions.Fraction(1, 3): 1}, {"1/3": 1}),
        (1 + 2j, "(1+2j)"),
        (Point(1, 2), {"x": 1, "y": 2}),
        (Circle(Point(0, 0), decimal.Decimal("1.5")), {"middle": {"x": 0, "y": 0}, "radius": 1.5}),
        (Colour.RED, "red"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.timedelta(hours=1), "1:00:00"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.deque([1, 2]), [1, 2]),
        ({"a": 1}.keys(), ["a"]),
        (range(3), [0, 1, 2]),
        ("half \ud800", "half \ud800"),
    ],
)
def test_what_has_an_obvious_json_form_takes_it(value, plain):
    assert json.loads(to_json(value, 1024)) == plain


def test_values_of_the_libraries_become_plain(sandbox, run):
    code = """
import numpy as np, pandas as pd, sympy as sp
def f():
    x = sp.Symbol("x")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    return [
        np.int64(3), np.float32(0.5), np.bool_(True), np.str_("s"), np.array([[1, 2]]), np.longdouble(1.5),
        frame, frame["a"], pd.Timestamp("2024-01-02"), pd.NaT, {np.int64(1): np.float64(2)},
        sp.Integer(3), sp.Rational(1, 3), sp.Float(0.5), x**2 + 1, sp.pi, sp.true, sp.Matrix([[1, x]]), sp.sqrt(2),
        sp.solve(x**2 - 4, x), {x: sp.Integer(1)},
    ]
"""
    assert run(code).value == [
        *(3, 0.5, True, "s", [[1, 2]], 1.5),
        *([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [1, 2], "2024-01-02T00:00:00", None, {"1": 2.0}),
        *(3, "1/3", 0.5, "x**2 + 1", "pi", True, [[1, "x"]], "sqrt(2)", [-2, 2], {"x": 1}),
    ]
    assert cell(sandbox, "import numpy\nnumpy.nan").value == "nan"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, float("nan")]}, "result['a'][1]"),
        ([object()], "result[0]"),
        ({"a": {(1, 2): 3}}, "result['a']"),
        ({1: 1, "1": 2}, "'1'"),
        (b"x", "decoded"),
        (iter([1]), "list(...)"),
        (print, "Call it"),
    ],
)
def test_what_has_none_is_refused_with_its_place_or_what_to_return(value, where):
    with pytest.raises(BadResult) as refusal:
        to_json(value, 1024)
    assert where in str(refusal.value)


def test_a_cycle_is_refused_but_the_same_value_twice_is_fine():
    twice = [1]
    assert to_json([twice, twice], 1024) == "[[1],[1]]"
    cycle: list[object] = []
    cycle.append({"again": cycle})
    with pytest.raises(BadResult, match="contains itself"):
        to_json(cycle, 1024)


def test_the_limit_is_in_bytes_and_an_endless_value_is_refused_early():
    assert to_json("é" * 10, 22) == '"' + "é" * 10 + '"'
    for value in ("é" * 11, range(10**18), [[]] * 30):
        with pytest.raises(BadResult, match="larger"):
            to_json(value, 22)
