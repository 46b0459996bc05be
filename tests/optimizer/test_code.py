"""Repairs and static checks of proposed code."""

from __future__ import annotations

import textwrap

import pytest

from tests.optimizer.helpers import AREA_CODE, add, read

INDENTED = textwrap.indent(AREA_CODE, "    ")


@pytest.mark.parametrize(
    "code",
    [
        AREA_CODE,
        AREA_CODE.replace("\n", "\r\n"),
        "\ufeff" + AREA_CODE,
        INDENTED,
        AREA_CODE.replace("    ", "\u00a0\u00a0\u00a0\u00a0"),
        f"```python\n{AREA_CODE}```",
        f"~~~\n{AREA_CODE}~~~",
        f"Here is the code:\n\n```py\n{AREA_CODE}```\n\nIt multiplies.",
        f"```python\nprint(1)\n```\nand\n```python\n{AREA_CODE}```",
        f"```python\n{AREA_CODE}",
        f"    ```python\n{INDENTED}    ```",
        AREA_CODE.replace('"""', "“””").replace("“””", "”””"),
        AREA_CODE.replace("\n", "\\n").replace('"', '\\"'),
        repr(AREA_CODE),
        AREA_CODE.splitlines(),
    ],
)
def test_harmless_quirks_of_code_are_repaired(code: object) -> None:
    reading = read(add(code=code))
    assert reading.verdict == "accept", reading.refusals
    names: dict[str, object] = {}
    exec(reading.actions[0].function.code, names)
    assert names["area"](3, 4) == 12  # type: ignore[operator]


@pytest.mark.parametrize(
    "code",
    [
        'def area(width, height):\n    """Uses ```fences``` and \\n in text."""\n    return f"{width}\\n```{height}"\n',
        "def area(width, height):\n    return '“' + str(width * height) + '”'\n",
    ],
)
def test_code_that_compiles_is_left_as_it_is(code: str) -> None:
    assert read(add(code=code)).actions[0].function.code == code


@pytest.mark.parametrize(
    "code",
    [
        "def area(width, height)\n    return 1\n",
        "def area(width, height):\nreturn 1\n",
        "def area(width, height):\n    return (1\n",
        "def area(width, height):\n    print 'x'\n    return 1\n",
        "return 1\n",
        "def area(width, height):\n    x = 'abc\n    return 1\n",
        "this is no code",
        "\x00",
        "def area(width, height):\n    await x\n    return 1\n",
        "(" * 5000,
    ],
)
def test_code_that_does_not_compile_is_refused_with_the_line(code: str) -> None:
    refused = read(add(code=code)).refusals[0]
    assert refused.code == "syntax_error"


def test_the_reason_of_a_syntax_error_quotes_the_line() -> None:
    reason = read(add(code="x = 1\ndef area(width, height)\n    return 1\n")).refusals[0].reason
    assert "line 2" in reason
    assert "def area(width, height)" in reason


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", "no_function"),
        ("x = 1\n", "no_function"),
        ("# later\n", "no_function"),
        ("area = lambda width, height: 1\n", "no_function"),
        ("class area:\n    def area(self, width, height):\n        return 1\n", "no_function"),
        ("def helper():\n    return 1\n\narea = 3\n", "no_function"),
        ("def a(width, height):\n    return 1\n\ndef b():\n    return 1\n", "wrong_function_name"),
        ("def _area(width, height):\n    return 1\n", "wrong_function_name"),
        ("async def area(width, height):\n    return 1\n", "async_function"),
        ("def area(width, height):\n    pass\n", "no_return"),
        ("def area(width, height):\n    print(width * height)\n", "no_return"),
        ("def area(width, height):\n    return\n", "no_return"),
        ("def area(width, height):\n    return None\n", "no_return"),
        ("def area(width, height):\n    raise NotImplementedError\n", "no_return"),
        ("def area(width, height):\n    def inner():\n        return 1\n    inner()\n", "no_return"),
        ("def area(width, height):\n    yield width\n", "no_return"),
        ("def area(width, height):\n    yield 1\n    return width\n", "no_return"),
        ("def area(width, height):\n    return times(width, height)\n", "undefined_name"),
        ("def area(width, height):\n    return np.prod([width, height])\n", "undefined_name"),
        ("def area(width: List, height):\n    return 1\n", "undefined_name"),
        ("from .geometry import area\n", "no_function"),
        ("from .geometry import product\ndef area(width, height):\n    return product(width)\n", "import_failed"),
        ("import geometry_toolbox\ndef area(width, height):\n    return 1\n", "import_failed"),
        ("def area(width, height):\n    import geometry_toolbox\n    return 1\n", "import_failed"),
        ("import streamlit\ndef area(width, height):\n    return 1\n", "import_failed"),
        ("import agentopt_core\ndef area(width, height):\n    return 1\n", "import_failed"),
        ("def area(width, height):\n    return float(input('width')) * height\n", "forbidden_call"),
        ("import os\ndef area(width, height):\n    os.system('ls')\n    return 1\n", "forbidden_call"),
        ("import os as o\ndef area(width, height):\n    o.popen('ls')\n    return 1\n", "forbidden_call"),
        ("from os import system as run\ndef area(width, height):\n    run('ls')\n    return 1\n", "forbidden_call"),
        ("import sys\ndef area(width, height):\n    sys.exit()\n    return 1\n", "forbidden_call"),
        ("def area(width, height):\n    exit()\n    return 1\n", "forbidden_call"),
        ("def area(width, height):\n    exec('x = 1')\n    return 1\n", "forbidden_call"),
        ("import subprocess\ndef area(width, height):\n    return 1\n", "forbidden_call"),
        ("import urllib.request\ndef area(width, height):\n    return 1\n", "forbidden_call"),
        ("from urllib import request\ndef area(width, height):\n    return 1\n", "forbidden_call"),
        ("from http import client\ndef area(width, height):\n    return 1\n", "forbidden_call"),
        ("import pip\ndef area(width, height):\n    return 1\n", "forbidden_call"),
        ("def area(width, height):\n    import socket\n    return 1\n", "forbidden_call"),
    ],
)
def test_code_that_cannot_serve_is_refused(code: str, fault: str) -> None:
    assert read(add(code=code)).reason_code == fault


@pytest.mark.parametrize(
    "code",
    [
        "from __future__ import annotations\ndef area(width, height):\n    return 1\n",
        "from math import *\ndef area(width, height):\n    return floor(width * height)\n",
        "import sympy as sp\ndef area(width, height):\n    return str(sp.Integer(width) * height)\n",
        "import mpmath\ndef area(width, height):\n    return float(mpmath.mpf(width) * height)\n",
        "from dateutil import parser\ndef area(width, height):\n    return 1\n",
        "import urllib.parse\ndef area(width, height):\n    return urllib.parse.quote(str(width))\n",
        "from http import HTTPStatus\ndef area(width, height):\n    return int(HTTPStatus.OK)\n",
        "import os\ndef area(width, height):\n    return os.path.join(str(width), str(height))\n",
        "try:\n    import fast\nexcept ImportError:\n    fast = None\ndef area(width, height):\n    return 1\n",
        "def area(width: 'np.ndarray', height) -> 'pd.DataFrame':\n    return 1\n",
        "def area(width, height):\n    input = str(width)\n    return input.upper()\n",
        "def input(x):\n    return x\ndef area(width, height):\n    return input(width)\n",
        "def area(width, height):\n    return eval(f'{width} * {height}', {'__builtins__': {}})\n",
        "def area(width, height):\n    return open('x.txt').read()\n",
        "from functools import lru_cache\n@lru_cache\ndef area(width, height):\n    return 1\n",
        "def area(width, height):\n    global n\n    n = 1\n    return n\n",
        "def area(w, h):\n    return 1\ndef area(width, height):\n    return 2\n",
        "def area(width, height):\n    try:\n        return width\n    except NameError:\n        return None\n",
        AREA_CODE + '\nif __name__ == "__main__":\n    print(area(float(input()), 2))\n',
        AREA_CODE + "\nassert area(2, 3) == 6\nprint(area(1, 1))\n",
    ],
)
def test_code_that_can_serve_is_accepted(code: str) -> None:
    reading = read(add(code=code))
    assert reading.verdict == "accept", reading.refusals


def test_the_only_public_function_gets_the_name_it_was_announced_by() -> None:
    code = "def _twice(x):\n    return 2 * x\n\ndef compute(width, height):\n    return _twice(width) * height\n"
    names: dict[str, object] = {}
    exec(read(add(code=code)).actions[0].function.code, names)
    assert names["area"](1, 3) == 6  # type: ignore[operator]


def test_a_function_may_be_assigned_to_the_name_it_was_announced_by() -> None:
    code = "def product(width, height):\n    return width * height\n\ndef other():\n    return 1\n\narea = product\n"
    reading = read(add(code=code))
    names: dict[str, object] = {}
    exec(reading.actions[0].function.code, names)
    assert names["area"](3, 4) == 12  # type: ignore[operator]


@pytest.mark.parametrize(
    "code",
    [
        "def area(width, height):\n    sides: List[float] = [width, height]\n    return sides[0] * sides[1]\n",
        "from __future__ import annotations\n\ndef area(width: N, height: N) -> N:\n    return width * height\n",
        'def area(width: "Number", height: "Number") -> "Number":\n    return width * height\n',
    ],
)
def test_names_in_annotations_that_are_never_evaluated_need_not_exist(code: str) -> None:
    assert read(add(code=code)).verdict == "accept"


@pytest.mark.parametrize(
    "code",
    [
        "def area(width: Number, height):\n    return width * height\n",
        "UNIT: Text = 'm'\n\ndef area(width, height):\n    return width * height\n",
    ],
)
def test_names_in_annotations_that_are_evaluated_must_exist(code: str) -> None:
    assert read(add(code=code)).reason_code == "undefined_name"


def test_a_name_of_another_scope_is_told_from_one_that_is_nowhere() -> None:
    nowhere = "def area(width, height):\n    return math.prod((width, height))\n"
    other = f"def _load():\n    import math\n    return math.pi\n\n{nowhere}"
    assert "only elsewhere in the code" in read(add(code=other)).refusals[0].reason
    assert "nowhere in the code" in read(add(code=nowhere)).refusals[0].reason


def test_a_call_of_another_function_of_the_list_is_refused_with_that_reason() -> None:
    refused = read(add(code="def area(width, height):\n    return side(width) * height\n"), known=("side",)).refusals[0]
    assert refused.code == "undefined_name"
    assert "another function" in refused.reason


def test_code_beyond_the_limit_is_refused() -> None:
    assert read(add(code=AREA_CODE + "#" * 40_000)).reason_code == "too_large"


def test_very_deep_code_is_judged_without_harm() -> None:
    deep = "def area(width, height):\n    return " + "+".join(["width"] * 3000) + "\n"
    assert read(add(code=deep)).verdict in ("accept", "reject")
