"""Replies whose code arrives damaged, wrapped, unfinished or in a form that is no function."""

from __future__ import annotations

from tests.corpora.forms import Case, add, code, gives, has, props, reply, revise

SUM = code(
    '''
    def sum_digits(number):
        """Sum of the decimal digits."""
        return sum(int(digit) for digit in str(abs(number)))
    '''
)
SUM_TEST = gives("sum_digits", 11, number=-128)


def _text(quirk: str, why: str, source: str, *, policy: bool = False) -> Case:
    """The digit sum in another dress."""
    calls = add("sum_digits", source, props(number="integer"))
    return reply("code", quirk, why, calls=calls, becomes="add sum_digits(number)", tests=[SUM_TEST], policy=policy)


def _good(quirk: str, why: str, name: str, source: str, signature: str, *tests: dict, policy: bool = False) -> Case:
    names = [part.strip() for part in signature.split(",") if part.strip()]
    schema = {"type": "object", "properties": {part.rstrip("?"): {} for part in names}}
    calls = add(name, source, schema)
    return reply("code", quirk, why, calls=calls, becomes=f"add {name}({signature})", tests=tests, policy=policy)


def _bad(quirk: str, reason: str, why: str, source: str, *, policy: bool = False, sandbox: bool = False) -> Case:
    calls = add("sum_digits", source, props(number="integer"))
    return reply("code", quirk, why, calls=calls, refused=reason, policy=policy, sandbox=sandbox)


TEXT = [
    _text(
        "fence_between_sentences", "prose around one fence", f"Here is the function:\n\n```python\n{SUM}```\nIt works."
    ),
    _text(
        "several_fences",
        "the largest of several fences is the function",
        f"```bash\npip install nothing\n```\n\n```python\n{SUM}```\n\nExample:\n```python\nsum_digits(12)\n```",
    ),
    _text(
        "fence_with_crlf",
        "a fence in CRLF with a language in capitals",
        "```Python3\r\n" + SUM.replace("\n", "\r\n") + "```\r\n",
    ),
    _text(
        "fence_indented",
        "an indented fence around indented code",
        "\n".join("    " + line for line in ("```py\n" + SUM + "```").split("\n")),
        policy=True,
    ),
    _text("fence_never_closed", "the closing fence is missing", "```python\n" + SUM, policy=True),
    _text("tilde_fence", "a fence of tildes", "~~~python\n" + SUM + "~~~\n", policy=True),
    _text("bom_and_crlf", "a byte order mark before CRLF lines", "\ufeff" + SUM.replace("\n", "\r\n")),
    _text(
        "bom_and_indent",
        "a byte order mark before code that is indented as a whole",
        "\ufeff" + "\n".join("\t" + line for line in SUM.split("\n")),
    ),
    _text("old_mac_line_ends", "carriage returns alone", SUM.replace("\n", "\r"), policy=True),
    _text(
        "nbsp_and_crlf",
        "no-break spaces as indentation in CRLF lines",
        SUM.replace("    ", "\u00a0" * 4).replace("\n", "\r\n"),
        policy=True,
    ),
    _text(
        "nbsp_mixed_indentation",
        "no-break spaces between ordinary ones",
        SUM.replace("    ", " \u00a0 \u00a0"),
        policy=True,
    ),
    _text(
        "smart_docstring_quotes",
        "typographic quotes around docstring only",
        SUM.replace('"""', "\u201c" * 3, 1).replace('"""', "\u201d" * 3),
        policy=True,
    ),
    _text(
        "literal_newlines_with_indent",
        "literal \\n and \\t instead of line breaks",
        SUM.replace("    ", "\\t").replace("\n", "\\n"),
        policy=True,
    ),
    _text(
        "smart_quotes_in_fence",
        "typographic quotes inside a fence",
        "```python\n" + SUM.replace('"""', "\u201d\u201d\u201d") + "```",
        policy=True,
    ),
    _text(
        "literal_newlines_in_fence",
        "literal \\n inside a fence",
        "```python\n" + SUM.replace("\n", "\\n") + "\n```",
        policy=True,
    ),
    _text(
        "indent_and_crlf",
        "indented as a whole, CRLF",
        "\r\n".join("  " + line if line else "" for line in SUM.split("\n")),
    ),
    _text(
        "indented_with_flush_comment",
        "blank lines and trailing blanks around indented code",
        "\n\n" + "\n".join("    " + line + "  " for line in SUM.split("\n")) + "\n\n",
    ),
    _good(
        "fence_inside_a_string",
        "code about fences compiles as it is",
        "extract_fence",
        code('''
        def extract_fence(text):
            """Text of the first fence:
            ```python
            print(1)
            ```
            """
            return text.split("```")[1].strip()
        '''),
        "text",
        gives("extract_fence", "x", text="a ```\nx\n``` b"),
    ),
    _good(
        "smart_quotes_in_strings",
        "typographic quotes in strings of good code stay",
        "straighten",
        code("""
        def straighten(text):
            return text.replace("\u201c", '"').replace("\u201d", '"').replace("\u2019", "'")
        """),
        "text",
        gives("straighten", '"it\'s"', text="\u201cit\u2019s\u201d"),
    ),
    _good(
        "nbsp_in_string",
        "a no-break space in a string of good code stays",
        "group_thousands",
        code("""
        def group_thousands(number):
            return f"{number:,}".replace(",", "\u00a0")
        """),
        "number",
        gives("group_thousands", "12\u00a0345", number=12345),
    ),
    _good(
        "escaped_newline_in_string",
        "an escaped line break in a string of good code stays",
        "count_lines",
        'def count_lines(text):\n    return len(text.split("\\n"))\n',
        "text",
        gives("count_lines", 2, text="a\nb"),
    ),
    _good(
        "crlf_inside_a_string_literal",
        "escaped \\r\\n in a string of CRLF code stays",
        "to_dos",
        'def to_dos(text):\r\n    return text.replace("\\n", "\\r\\n")\r\n',
        "text",
        gives("to_dos", "a\r\nb", text="a\nb"),
    ),
    _good(
        "escaped_code_with_escapes",
        "literal \\n between lines, \\\\n inside a string",
        "join_lines",
        'def join_lines(parts):\\n    return \\"\\\\n\\".join(parts)\\n',
        "parts",
        gives("join_lines", "a\nb", parts=["a", "b"]),
        policy=True,
    ),
    _good(
        "lone_surrogate",
        "half of an emoji becomes a question mark, since no file can hold it",
        "cheer",
        "def cheer(name):\n    return name + '\ud83d'\n",
        "name",
        gives("cheer", "Ann?", name="Ann"),
        policy=True,
    ),
    _good(
        "encoding_cookie",
        "an encoding comment does not change the text",
        "greet",
        "# -*- coding: latin-1 -*-\ndef greet(name):\n    return 'Gr\u00fc\u00df dich, ' + name\n",
        "name",
        gives("greet", "Gr\u00fc\u00df dich, Zo\u00eb", name="Zo\u00eb"),
    ),
    _good(
        "escape_sequences",
        "regular expressions with backslashes",
        "find_codes",
        code(r"""
        import re

        def find_codes(text):
            return re.findall(r"\b[A-Z]{2}\d+\b", text)
        """),
        "text",
        gives("find_codes", ["AB12"], text="x AB12, ab3"),
    ),
]

BROKEN = [
    _bad(
        "return_outside",
        "syntax_error",
        "'return' outside a function passes the parser, not the compiler",
        "number = 12\nreturn sum(int(d) for d in str(number))\n",
    ),
    _bad(
        "await_in_plain_def",
        "syntax_error",
        "await outside an async function",
        "def sum_digits(number):\n    return await helper(number)\n",
    ),
    _bad(
        "late_future_import",
        "syntax_error",
        "__future__ imports stand first",
        "import math\nfrom __future__ import annotations\n\n" + SUM,
    ),
    _bad(
        "repeated_parameter",
        "syntax_error",
        "a parameter twice",
        "def sum_digits(number, number):\n    return number\n",
    ),
    _bad(
        "global_after_use",
        "syntax_error",
        "a global declared after its use",
        "def sum_digits(number):\n    print(total)\n    global total\n    total = number\n    return total\n",
    ),
    _bad(
        "python_two",
        "syntax_error",
        "print statement",
        "def sum_digits(number):\n    print number\n    return number\n",
    ),
    _bad(
        "line_numbers",
        "syntax_error",
        "a listing with line numbers",
        "1  def sum_digits(number):\n2      return number\n",
    ),
    _bad(
        "doctest_prompts",
        "syntax_error",
        "an interactive session",
        ">>> def sum_digits(number):\n...     return number\n",
    ),
    _bad(
        "unified_diff",
        "syntax_error",
        "a diff instead of code",
        "@@ -1,2 +1,2 @@\n def sum_digits(number):\n-    return 0\n+    return 1\n",
    ),
    _bad("notebook_magic", "syntax_error", "a notebook command", "!pip install sympy\n" + SUM),
    _bad("prose_before_code", "syntax_error", "a sentence before the code, no fence", "Here is the code:\n" + SUM),
    _bad(
        "cut_in_string", "syntax_error", "the code ends inside a string", 'def sum_digits(number):\n    return "total: '
    ),
    _bad(
        "tabs_and_blanks",
        "syntax_error",
        "tabs and blanks mixed",
        "def sum_digits(number):\n\tif number:\n        return 1\n\treturn 0\n",
    ),
    _bad(
        "html_entities",
        "syntax_error",
        "HTML entities",
        "def sum_digits(number):\n    return number if number &gt; 0 else -number\n",
    ),
    _bad("javascript", "syntax_error", "another language", "function sum_digits(number) {\n  return number;\n}\n"),
    _bad("null_byte", "syntax_error", "a null byte", "def sum_digits(number):\n    return '\0'\n", policy=True),
    _bad(
        "deep_nesting",
        "syntax_error",
        "brackets beyond what Python reads",
        "def sum_digits(number):\n    return " + "(" * 400 + "1" + ")" * 400 + "\n",
    ),
    _bad("merge_conflict", "syntax_error", "conflict markers", f"<<<<<<< HEAD\n{SUM}=======\n{SUM}>>>>>>> new\n"),
    _bad(
        "zero_width_space",
        "syntax_error",
        "a zero-width space before the function",
        "\u200bdef sum_digits(number):\n    return number\n",
        policy=True,
    ),
    _bad(
        "huge_number",
        "syntax_error",
        "a number of more digits than Python reads",
        "def sum_digits(number):\n    return " + "9" * 5000 + "\n",
        policy=True,
    ),
]

NO_FUNCTION = [
    _bad("only_comments", "no_function", "comments only", "# def sum_digits(number): see above\n# unchanged\n"),
    _bad(
        "class_with_call",
        "no_function",
        "a callable class of that name",
        "class sum_digits:\n    def __call__(self, number):\n        return number\n",
    ),
    _bad(
        "partial_object",
        "no_function",
        "a partial object",
        "from functools import partial\n\nsum_digits = partial(sum, start=0)\n",
    ),
    _bad(
        "definition_in_a_string",
        "no_function",
        "the function stands inside a string",
        'CODE = """' + SUM.replace('"""', "'") + '"""\n',
    ),
    _bad(
        "nested_only",
        "wrong_function_name",
        "the function is nested in two others, none of its name",
        "def make():\n"
        "    def sum_digits(number):\n"
        "        return number\n"
        "    return sum_digits\n"
        "\n"
        "def other():\n"
        "    return 1\n",
    ),
    _bad(
        "private_helpers_only",
        "wrong_function_name",
        "private helpers only",
        "def _sum(number):\n    return number\n\ndef _digits(number):\n    return str(number)\n",
    ),
    _bad(
        "three_tools_in_one",
        "wrong_function_name",
        "a library of functions, none of the name",
        "def digits(n):\n"
        "    return list(str(n))\n"
        "\n"
        "def total(xs):\n"
        "    return sum(map(int, xs))\n"
        "\n"
        "def digit_total(n):\n"
        "    return total(digits(n))\n",
    ),
    _bad(
        "function_before_packages_are_fine",
        "no_function",
        "constants only",
        "TABLE = {1: 'one', 2: 'two'}\nDEFAULT = 'none'\n",
    ),
    _good(
        "alias_beside_private_helpers",
        "one public function beside private helpers is taken under the field's name",
        "sum_digits",
        code("""
          def _digits(number):
              return [int(d) for d in str(abs(number))]

          class Tally:
              pass

          def digit_sum(number):
              return sum(_digits(number))
          """),
        "number",
        SUM_TEST,
        policy=True,
    ),
    _good(
        "alias_of_a_recursive_function",
        "the alias leaves the old name alive",
        "sum_digits",
        code("""
        def digit_total(number):
            number = abs(number)
            return number if number < 10 else number % 10 + digit_total(number // 10)
        """),
        "number",
        SUM_TEST,
        policy=True,
    ),
    _good(
        "assigned_alias",
        "the model made the alias itself",
        "sum_digits",
        code("""
        def digit_sum(number):
            return sum(int(d) for d in str(abs(number)))

        sum_digits = digit_sum
        """),
        "number",
        SUM_TEST,
        policy=True,
    ),
    _good(
        "class_beside_function",
        "a class used by the function",
        "shape_area",
        code("""
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Shape:
            kind: str
            size: float

            def area(self) -> float:
                match self:
                    case Shape(kind="square", size=s):
                        return s * s
                    case Shape(kind="circle", size=r):
                        return round(3.14159 * r * r, 3)
                    case _:
                        raise ValueError(self.kind)

        def shape_area(kind, size):
            return Shape(kind, size).area()
        """),
        "kind, size",
        gives("shape_area", 9, kind="square", size=3),
    ),
    _bad(
        "conditional_definition",
        "no_function",
        "defined in both branches of a try, not at the top level",
        code("""
        try:
            import gmpy2_missing_accelerator

            def sum_digits(number):
                return gmpy2_missing_accelerator.digit_sum(number)
        except ImportError:
            def sum_digits(number):
                return sum(int(d) for d in str(abs(number)))
        """),
        policy=True,
    ),
]

ASYNC = [
    _bad("async_def", "async_function", "an async function", "async def sum_digits(number):\n    return number\n"),
    _bad(
        "async_fetching",
        "async_function",
        "async is judged before imports and names",
        "import aiohttp\n"
        "\n"
        "async def sum_digits(number):\n"
        "    async with session.get(number) as r:\n"
        "        return await r.text()\n",
    ),
    reply(
        "code",
        "async_revision",
        "a revision turns async",
        given=[has("sum_digits", number="integer")],
        calls=revise(
            "sum_digits",
            "import asyncio\n\nasync def sum_digits(number):\n    await asyncio.sleep(0)\n    return 1\n",
            props(number="integer"),
        ),
        refused="async_function",
    ),
    _good(
        "async_inside",
        "an async helper that the function runs to its end",
        "gather_squares",
        code("""
        import asyncio

        def gather_squares(numbers):
            async def square(n):
                await asyncio.sleep(0)
                return n * n

            async def everything():
                return await asyncio.gather(*(square(n) for n in numbers))

            return asyncio.run(everything())
        """),
        "numbers",
        gives("gather_squares", [1, 4], numbers=[1, 2]),
        policy=True,
    ),
]

NO_RETURN = [
    _bad(
        "prints_only",
        "no_return",
        "the result is printed",
        "def sum_digits(number):\n    print(sum(int(d) for d in str(number)))\n",
    ),
    _bad(
        "bare_return",
        "no_return",
        "return without a value",
        "def sum_digits(number):\n    if number < 0:\n        return\n    total = number\n",
    ),
    _bad(
        "return_in_helper_only",
        "no_return",
        "only the nested helper returns",
        "def sum_digits(number):\n    def inner(n):\n        return n % 10\n    inner(number)\n",
    ),
    _bad(
        "return_in_lambda_only",
        "no_return",
        "a lambda's value is no return",
        "def sum_digits(number):\n    f = lambda n: n % 10\n    f(number)\n",
    ),
    _bad(
        "not_implemented",
        "no_return",
        "raises NotImplementedError",
        'def sum_digits(number):\n    raise NotImplementedError("later")\n',
    ),
    _bad(
        "docstring_only",
        "no_return",
        "a docstring and nothing else",
        'def sum_digits(number):\n    """Sum the digits."""\n',
    ),
    _bad(
        "generator",
        "no_return",
        "a generator",
        "def sum_digits(number):\n    for d in str(number):\n        yield int(d)\n",
    ),
    _bad(
        "return_none",
        "no_return",
        "return None is no value",
        "def sum_digits(number):\n    print(number)\n    return None\n",
        policy=True,
    ),
    _bad(
        "generator_with_return",
        "no_return",
        "a generator that also returns",
        "def sum_digits(number):\n    for d in str(number):\n        yield int(d)\n    return 0\n",
        policy=True,
    ),
    _good(
        "returns_from_match",
        "returns in every branch of match, walrus and with",
        "classify",
        code("""
        def classify(value):
            match value:
                case {"kind": kind, **rest} if rest:
                    return [kind, sorted(rest)]
                case [first, *others]:
                    return [first, len(others)]
                case str() as text if (n := len(text)) > 2:
                    return n
                case int() | float() as number:
                    return -number
                case _:
                    return "other"
        """),
        "value",
        gives("classify", ["a", ["x"]], value={"kind": "a", "x": 1}),
        gives("classify", [1, 2], value=[1, 2, 3]),
        gives("classify", 3, value="abc"),
        gives("classify", -2, value=2),
        gives("classify", "other", value="x"),
    ),
    _good(
        "returns_a_list_of_a_generator",
        "a generator as helper",
        "primes_below",
        code("""
        def _primes(limit):
            sieve = bytearray([1]) * limit
            for n in range(2, limit):
                if sieve[n]:
                    yield n
                    sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))

        def primes_below(limit):
            return list(_primes(limit))
        """),
        "limit",
        gives("primes_below", [2, 3, 5, 7], limit=10),
    ),
    _good(
        "returns_inside_try_only",
        "the only return stands deep inside",
        "parse_amount",
        code("""
        def parse_amount(text):
            while text.startswith(("$", "+")):
                text = text[1:]
            else:
                try:
                    return float(text.replace(",", ""))
                finally:
                    text = None
        """),
        "text",
        gives("parse_amount", 1200.5, text="$1,200.5"),
    ),
]

CASES = [*TEXT, *BROKEN, *NO_FUNCTION, *ASYNC, *NO_RETURN]
