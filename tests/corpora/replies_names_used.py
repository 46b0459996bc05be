"""Replies whose code imports, calls or names things that exist, are forbidden, or are bound nowhere."""

from __future__ import annotations

from tests.corpora.forms import Case, add, code, gives, has, reply


def _signature(text: str) -> dict:
    return {"type": "object", "properties": {part.strip().rstrip("?"): {} for part in text.split(",") if part.strip()}}


def _good(quirk: str, why: str, name: str, signature: str, source: str, *tests: dict, policy: bool = False) -> Case:
    calls = add(name, code(source), _signature(signature))
    return reply("code", quirk, why, calls=calls, becomes=f"add {name}({signature})", tests=tests, policy=policy)


def _bad(
    quirk: str,
    reason: str,
    why: str,
    name: str,
    signature: str,
    source: str,
    *,
    policy: bool = False,
    sandbox: bool = False,
) -> Case:
    calls = add(name, code(source), _signature(signature))
    return reply("code", quirk, why, calls=calls, refused=reason, policy=policy, sandbox=sandbox)


BOUND = [
    _good(
        "star_import",
        "names of a star import",
        "hypotenuse",
        "a, b",
        """
        from math import *

        def hypotenuse(a, b):
            return sqrt(a ** 2 + b ** 2)
        """,
        gives("hypotenuse", 5.0, a=3, b=4),
    ),
    _good(
        "two_star_imports",
        "names of several star imports and a constant",
        "circle",
        "r",
        """
        from math import *
        from fractions import *

        def circle(r):
            return [floor(pi * r), str(Fraction(r, 2))]
        """,
        gives("circle", [6, "1"], r=2),
    ),
    _good(
        "fallback_import",
        "an import that may fail, with a fallback",
        "parse_json",
        "text",
        """
        try:
            import orjson_not_there as json
        except ImportError:
            import json

        def parse_json(text):
            return json.loads(text)
        """,
        gives("parse_json", {"a": 1}, text='{"a": 1}'),
    ),
    _good(
        "fallback_to_none",
        "an optional module set to None",
        "spread",
        "values",
        """
        try:
            import totally_absent_module
        except Exception:
            totally_absent_module = None

        def spread(values):
            if totally_absent_module is not None:
                return totally_absent_module.ptp(values)
            return max(values) - min(values)
        """,
        gives("spread", 4, values=[1, 5]),
    ),
    _good(
        "type_checking_import",
        "a name imported for annotations only",
        "first_of",
        "items",
        """
        from __future__ import annotations

        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from collections.abc import Sequence

        def first_of(items: Sequence[int]) -> int:
            return items[0]
        """,
        gives("first_of", 4, items=[4, 5]),
    ),
    _good(
        "annotation_without_import",
        "with postponed annotations List is never looked up",
        "first_of",
        "items",
        """
        from __future__ import annotations

        def first_of(items: List[int]) -> Optional[int]:
            return items[0] if items else None
        """,
        gives("first_of", 4, items=[4, 5]),
        policy=True,
    ),
    _good(
        "local_annotation_without_import",
        "annotations of local names are not evaluated",
        "pairs",
        "items",
        """
        def pairs(items):
            found: List[Tuple[int, int]] = []
            for left, right in zip(items, items[1:]):
                found.append([left, right])
            return found
        """,
        gives("pairs", [[1, 2]], items=[1, 2]),
        policy=True,
    ),
    _good(
        "walrus_in_comprehension",
        "a walrus leaks into the function",
        "last_square",
        "numbers",
        """
        def last_square(numbers):
            squares = [last := n * n for n in numbers]
            return [last, len(squares)]
        """,
        gives("last_square", [9, 2], numbers=[2, 3]),
    ),
    _good(
        "global_set_elsewhere",
        "a global bound only inside another function",
        "next_id",
        "start",
        """
        def _reset(start):
            global counter
            counter = start

        def next_id(start):
            _reset(start)
            return counter + 1
        """,
        gives("next_id", 6, start=5),
    ),
    _good(
        "nonlocal_counter",
        "nonlocal, closures and a default that is bound above",
        "count_calls",
        "times",
        """
        STEP = 1

        def count_calls(times):
            total = 0
            def hit(step=STEP):
                nonlocal total
                total += step
                return total
            return [hit() for _ in range(times)][-1]
        """,
        gives("count_calls", 3, times=3),
    ),
    _good(
        "exception_name",
        "except ... as, with ... as, for ... else",
        "try_parse",
        "text",
        """
        import io

        def try_parse(text):
            with io.StringIO(text) as stream, io.StringIO() as out:
                for line in stream:
                    try:
                        return int(line)
                    except (ValueError, TypeError) as problem:
                        out.write(type(problem).__name__)
                else:
                    return out.getvalue()
        """,
        gives("try_parse", "ValueError", text="x"),
    ),
    _good(
        "loop_variable_after_loop",
        "a loop variable after its loop",
        "last_even",
        "numbers",
        """
        def last_even(numbers):
            for number in numbers[::-1]:
                if number % 2 == 0:
                    break
            return number
        """,
        gives("last_even", 4, numbers=[2, 4, 5]),
    ),
    _good(
        "helper_below",
        "a helper and a constant defined below",
        "scale",
        "value",
        """
        def scale(value):
            return _times(value, FACTOR)

        def _times(value, factor):
            return value * factor

        FACTOR = 3
        """,
        gives("scale", 6, value=2),
    ),
    _good(
        "dunder_names",
        "names every module has",
        "module_facts",
        "",
        """
        def module_facts():
            return [isinstance(__name__, str), __debug__, NotImplemented is None, Ellipsis is ...]
        """,
        gives("module_facts", [True, True, False, True]),
    ),
    _good(
        "dotted_import",
        "a dotted import binds its first name",
        "xml_tags",
        "text",
        """
        import os.path
        import xml.etree.ElementTree

        def xml_tags(text):
            root = xml.etree.ElementTree.fromstring(text)
            return [os.path.basename(node.tag) for node in root.iter()]
        """,
        gives("xml_tags", ["a", "b"], text="<a><b/></a>"),
    ),
    _good(
        "import_in_branch",
        "an import inside a branch of the function",
        "round_half",
        "x",
        """
        def round_half(x):
            if True:
                from decimal import ROUND_HALF_UP, Decimal as D
            return str(D(str(x)).quantize(D("0.1"), ROUND_HALF_UP))
        """,
        gives("round_half", "0.3", x=0.25),
    ),
    _good(
        "nested_comprehensions",
        "scopes of nested comprehensions and lambdas",
        "transpose_sorted",
        "rows",
        """
        def transpose_sorted(rows):
            columns = [[row[i] for row in rows] for i in range(len(rows[0]))]
            return sorted(columns, key=lambda column, flip=-1: flip * column[0])
        """,
        gives("transpose_sorted", [[2, 4], [1, 3]], rows=[[1, 2], [3, 4]]),
    ),
    _good(
        "enum_and_namedtuple",
        "Enum members and NamedTuple fields",
        "next_light",
        "light",
        """
        from enum import Enum
        from typing import NamedTuple

        class Light(Enum):
            RED = "red"
            GREEN = "green"
            AMBER = "amber"

        class Step(NamedTuple):
            now: Light
            after: Light

        STEPS = (Step(Light.RED, Light.GREEN), Step(Light.GREEN, Light.AMBER), Step(Light.AMBER, Light.RED))

        def next_light(light):
            return next(step.after.value for step in STEPS if step.now is Light(light))
        """,
        gives("next_light", "green", light="red"),
    ),
    _good(
        "passing_tests",
        "top-level tests that pass, with output",
        "is_leap",
        "year",
        """
        def is_leap(year):
            return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

        for _year, _expected in [(2000, True), (1900, False), (2024, True)]:
            assert is_leap(_year) is _expected
        print("all tests passed")
        """,
        gives("is_leap", True, year=2024),
    ),
    _good(
        "doctest_at_the_end",
        "doctests that pass",
        "double",
        "n",
        '''
        def double(n):
            """Twice n.

            >>> double(4)
            8
            """
            return 2 * n

        import doctest
        assert doctest.testmod().failed == 0
        ''',
        gives("double", 8, n=4),
        policy=True,
    ),
    _good(
        "numeric_library",
        "a library of the sandbox used under its usual short name",
        "solve_two",
        "a, b",
        """
        import numpy as np

        def solve_two(a, b):
            return [round(float(x), 6) for x in np.linalg.solve(np.array(a, dtype=float), np.array(b, dtype=float))]
        """,
        gives("solve_two", [2.0, 3.0], a=[[1, 0], [0, 1]], b=[2, 3]),
        policy=True,
    ),
]

UNBOUND = [
    _bad(
        "missing_import",
        "undefined_name",
        "np without its import",
        "mean_square",
        "values",
        """
        def mean_square(values):
            return float(np.mean(np.array(values) ** 2))
        """,
    ),
    _bad(
        "missing_typing_import",
        "undefined_name",
        "List in an evaluated annotation",
        "first_of",
        "items",
        """
        def first_of(items: List[int]) -> int:
            return items[0]
        """,
    ),
    _bad(
        "rare_branch",
        "undefined_name",
        "a misspelt name in an error branch",
        "safe_int",
        "text",
        """
        def safe_int(text):
            try:
                return int(text)
            except ValueError as error:
                logger.warning("bad number: %s", error)
                return 0
        """,
    ),
    _bad(
        "comprehension_variable_outside",
        "undefined_name",
        "a comprehension keeps its variable",
        "last_item",
        "items",
        """
        def last_item(items):
            doubled = [item * 2 for item in items]
            return item
        """,
    ),
    _bad(
        "local_of_another_function",
        "undefined_name",
        "the import is local to another function",
        "area",
        "r",
        """
        def _circle():
            import math
            return math.pi

        def area(r):
            return math.pi * r ** 2
        """,
    ),
    _bad(
        "class_attribute_without_self",
        "undefined_name",
        "a class attribute is no name inside its methods",
        "price",
        "kind",
        """
        class Prices:
            TABLE = {"a": 1, "b": 2}

            def look_up(self, kind):
                return TABLE[kind]

        def price(kind):
            return Prices().look_up(kind)
        """,
    ),
    _bad(
        "inner_module_name",
        "undefined_name",
        "the dotted import does not bind its last name",
        "root_tag",
        "text",
        """
        import xml.etree.ElementTree

        def root_tag(text):
            return ElementTree.fromstring(text).tag
        """,
    ),
    _bad(
        "undefined_default",
        "undefined_name",
        "a default value that is bound nowhere",
        "repeat",
        "text, times?",
        """
        def repeat(text, times=DEFAULT_TIMES):
            return text * times
        """,
    ),
    _bad(
        "undefined_in_f_string",
        "undefined_name",
        "a name inside an f-string",
        "describe",
        "amount",
        """
        def describe(amount):
            return f"{amount:.2f} {currency!r:>{width}}"
        """,
    ),
    _bad(
        "undefined_decorator",
        "undefined_name",
        "a decorator without import",
        "fib",
        "n",
        """
        @lru_cache(maxsize=None)
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        """,
    ),
    _bad(
        "undefined_in_nested_helper",
        "undefined_name",
        "deep inside a lambda of a nested helper",
        "rank",
        "rows",
        """
        def rank(rows):
            def by(column):
                return sorted(rows, key=lambda row: normalise(row[column]))
            return by(0)
        """,
    ),
    reply(
        "code",
        "other_tool_called",
        "undefined: another tool of the set is not in this module",
        given=[has("parse_table", text="string")],
        calls=add(
            "row_count", "def row_count(text):\n    return len(parse_table(text))\n", {"text": {"type": "string"}}
        ),
        refused="undefined_name",
    ),
    _bad(
        "placeholder_name",
        "undefined_name",
        "a value left for the reader to fill in",
        "convert",
        "amount",
        """
        def convert(amount):
            return amount * EXCHANGE_RATE_HERE
        """,
    ),
    _bad(
        "undefined_before_no_return",
        "undefined_name",
        "names are judged before the missing return",
        "show",
        "x",
        """
        def show(x):
            display(x)
        """,
    ),
    _bad(
        "unbound_annotation_only",
        "undefined_name",
        "a module-level annotation binds nothing",
        "rate_of",
        "x",
        """
        RATE: float

        def rate_of(x):
            return x * RATE
        """,
        policy=True,
    ),
]

IMPORTS = [
    _bad(
        "absent_name",
        "import_failed",
        "the module has no such name",
        "gcd_all",
        "numbers",
        """
        from math import greatest_common_divisor

        def gcd_all(numbers):
            return greatest_common_divisor(*numbers)
        """,
        sandbox=True,
    ),
    _bad(
        "absent_module",
        "import_failed",
        "a module nobody has",
        "gcd_all",
        "numbers",
        """
        import numbertheory_helpers_x

        def gcd_all(numbers):
            return numbertheory_helpers_x.gcd(numbers)
        """,
        policy=True,
        sandbox=True,
    ),
    _bad(
        "relative_parent_import",
        "import_failed",
        "a relative import of the parent package",
        "gcd_all",
        "numbers",
        """
        from .. import helpers

        def gcd_all(numbers):
            return helpers.gcd(numbers)
        """,
    ),
    _bad(
        "called_before_definition",
        "undefined_name",
        "the demonstration stands above the function",
        "triple",
        "n",
        """
        print(triple(2))

        def triple(n):
            return 3 * n
        """,
        policy=True,
    ),
    _bad(
        "demonstration_fails",
        "import_failed",
        "the example at the end raises",
        "ratio",
        "a, b",
        """
        def ratio(a, b):
            return a / b

        print(ratio(1, 0))
        """,
        sandbox=True,
    ),
    _bad(
        "unittest_main",
        "import_failed",
        "unittest.main ends the interpreter",
        "triple",
        "n",
        """
        import unittest

        def triple(n):
            return 3 * n

        class Checks(unittest.TestCase):
            def test_two(self):
                self.assertEqual(triple(2), 6)

        unittest.main()
        """,
        sandbox=True,
        policy=True,
    ),
    _bad(
        "missing_data_file",
        "import_failed",
        "a file that is not there is opened on import",
        "city_code",
        "city",
        """
        import json

        with open("city_codes_missing.json") as handle:
            CODES = json.load(handle)

        def city_code(city):
            return CODES[city]
        """,
        sandbox=True,
    ),
    _bad(
        "endless_import",
        "import_timeout",
        "an endless loop on import",
        "triple",
        "n",
        """
        def triple(n):
            return 3 * n

        n = 1
        while n != 0:
            n = triple(n) % 1000 + 1
        """,
        sandbox=True,
    ),
    _bad(
        "slow_import",
        "import_timeout",
        "waits on import",
        "triple",
        "n",
        """
        import time

        def triple(n):
            return 3 * n

        time.sleep(3600)
        """,
        sandbox=True,
    ),
]

FORBIDDEN = [
    _bad(
        "asks_the_user",
        "forbidden_call",
        "nobody answers input()",
        "confirm",
        "question",
        """
        def confirm(question):
            answer = input(question + " [y/n] ")
            return answer.lower() == "y"
        """,
    ),
    _bad(
        "input_in_dead_branch",
        "forbidden_call",
        "input() in a branch and as a default",
        "number_or_ask",
        "text?",
        """
        def number_or_ask(text=None):
            if text is None:
                text = input()
            return float(text)
        """,
    ),
    _bad(
        "system_imported_by_name",
        "forbidden_call",
        "os.system under another name",
        "run",
        "command",
        """
        from os import system as sh

        def run(command):
            return sh(command)
        """,
    ),
    _bad(
        "os_renamed",
        "forbidden_call",
        "os.system through a renamed module",
        "run",
        "command",
        """
        import os as operating

        def run(command):
            return operating.system(command)
        """,
    ),
    _bad(
        "popen",
        "forbidden_call",
        "os.popen",
        "run",
        "command",
        """
        import os

        def run(command):
            return os.popen(command).read()
        """,
        policy=True,
    ),
    _bad(
        "subprocess_by_name",
        "forbidden_call",
        "names imported from subprocess",
        "run",
        "command",
        """
        from subprocess import run as start, PIPE

        def run(command):
            return start(command, stdout=PIPE).stdout.decode()
        """,
        policy=True,
    ),
    _bad(
        "exec_of_text",
        "forbidden_call",
        "exec of a text",
        "run_python",
        "source",
        """
        def run_python(source):
            scope = {}
            exec(source, scope)
            return scope.get("result")
        """,
        policy=True,
    ),
    _bad(
        "quits",
        "forbidden_call",
        "exit()",
        "check",
        "n",
        """
        def check(n):
            if n < 0:
                exit(1)
            return n
        """,
        policy=True,
    ),
    _bad(
        "urllib",
        "forbidden_call",
        "the standard library's network modules",
        "fetch",
        "url",
        """
        import urllib.request

        def fetch(url):
            with urllib.request.urlopen(url) as reply:
                return reply.read().decode()
        """,
        policy=True,
    ),
    _bad(
        "socket_inside",
        "forbidden_call",
        "socket inside the function",
        "host_of",
        "name",
        """
        def host_of(name):
            from socket import gethostbyname
            return gethostbyname(name)
        """,
        policy=True,
    ),
    _bad(
        "forbidden_before_undefined",
        "forbidden_call",
        "forbidden calls are judged before names",
        "ask",
        "x",
        """
        def ask(x):
            return input(undefined_prompt)
        """,
    ),
    _good(
        "input_as_parameter",
        "a parameter called input is no call of input()",
        "count_words",
        "input",
        """
        def count_words(input):
            return len(input.split())
        """,
        gives("count_words", 2, input="a b"),
    ),
    _good(
        "methods_of_the_same_name",
        "methods called system, exec and exit",
        "use_machine",
        "command",
        """
        class Machine:
            def system(self, command):
                return "ran " + command

            def exec(self, command):
                return self.system(command)

            def exit(self):
                return 0

        def use_machine(command):
            machine = Machine()
            return [machine.exec(command), machine.exit()]
        """,
        gives("use_machine", ["ran x", 0], command="x"),
    ),
    _good(
        "forbidden_words_in_strings",
        "the words stand in a docstring and in strings",
        "explain",
        "topic",
        '''
        def explain(topic):
            """Explain; never calls input(), os.system("rm") or exec()."""
            notes = {"input": "input() reads a line", "shell": 'os.system("ls")'}
            return notes.get(topic, "unknown")  # exit()
        ''',
        gives("explain", "input() reads a line", topic="input"),
    ),
    _good(
        "restricted_eval",
        "eval of a checked expression without builtins",
        "arithmetic",
        "expression",
        """
        import re

        def arithmetic(expression):
            if not re.fullmatch(r"[0-9+*/(). -]+", expression):
                return "not arithmetic"
            return eval(expression, {"__builtins__": {}}, {})
        """,
        gives("arithmetic", 7, expression="1 + 2*3"),
        policy=True,
    ),
    _good(
        "reads_a_file_it_wrote",
        "a scratch file through pathlib and tempfile",
        "line_lengths",
        "text",
        """
        import tempfile
        from pathlib import Path

        def line_lengths(text):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "lines.txt"
                path.write_text(text)
                return [len(line) for line in path.open().read().splitlines()]
        """,
        gives("line_lengths", [1, 2], text="a\nbb"),
        policy=True,
    ),
    _good(
        "compile_of_re",
        "re.compile is not compile, ast.literal_eval not eval",
        "literal_numbers",
        "text",
        """
        import ast
        import re

        NUMBER = re.compile(r"-?[0-9]+")

        def literal_numbers(text):
            return [ast.literal_eval(found) for found in NUMBER.findall(text)]
        """,
        gives("literal_numbers", [-3, 4], text="-3 and 4"),
    ),
]

CASES = [*BOUND, *UNBOUND, *IMPORTS, *FORBIDDEN]
