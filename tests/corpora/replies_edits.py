"""Replies about names, packages, descriptions, the order of rules, and several edits at once."""

from __future__ import annotations

import json

from tests.corpora.forms import Call, Case, add, code, fields, full, gives, has, props, raw, remove, reply, revise

MEDIAN = code(
    '''
    def median_of(values):
        """Median of a list of numbers."""
        ordered = sorted(values)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    '''
)
VALUES = props(values={"type": "array", "items": {"type": "number"}})
MEDIAN_TEST = gives("median_of", 2.5, values=[4, 1, 2, 3])
SPREAD = "def spread_of(values):\n    return max(values) - min(values)\n"
SPREAD_TEST = gives("spread_of", 3, values=[4, 1])
BROKEN = "def median_of(values)\n    return sorted(values)[0]\n"
SYMPY = "import sympy\n\ndef factor_text(text):\n    return str(sympy.factor(text))\n"
SYMPY_TEST = gives("factor_text", "(x - 1)*(x + 1)", text="x**2 - 1")
CARRIES = [has("median_of", values="array")]


def _median(**more: object) -> Call:
    return add("median_of", MEDIAN, VALUES, **more)


def _named(quirk: str, why: str, name: object, *, defines: str = "median_of", policy: bool = False) -> Case:
    calls = add(name, MEDIAN.replace("median_of", defines), VALUES)
    tests = [gives(defines, 2.5, values=[4, 1, 2, 3])]
    return reply("name", quirk, why, calls=calls, becomes=f"add {defines}(values)", tests=tests, policy=policy)


def _misnamed(
    quirk: str, reason: str, why: str, name: object, *, defines: str = "median_of", policy: bool = False
) -> Case:
    calls = add(name, MEDIAN.replace("median_of", defines), VALUES)
    return reply("name", quirk, why, calls=calls, refused=reason, policy=policy)


def _packed(quirk: str, why: str, packages: object, *, policy: bool = False) -> Case:
    calls = add("factor_text", SYMPY, props(text="string"), packages=packages)
    return reply(
        "packages", quirk, why, calls=calls, becomes="add factor_text(text)", tests=[SYMPY_TEST], policy=policy
    )


def _unpacked(
    quirk: str, why: str, packages: object, *, policy: bool = False, reason: str = "bad_packages", sandbox: bool = False
) -> Case:
    return reply(
        "packages", quirk, why, calls=_median(packages=packages), refused=reason, policy=policy, sandbox=sandbox
    )


NAMES = [
    _named("blanks_around", "blanks and a line break around the name", "  median_of\n"),
    _named("backticks", "backticks alone", "`median_of`"),
    _named("parentheses", "a call's parentheses and a trailing blank", "median_of() "),
    _named("blank_inside", "a blank where the code has an underscore", "median of", policy=True),
    _named("hyphen_and_backticks", "hyphen, backticks and parentheses together", "`median-of()`", policy=True),
    _named("sixty_four", "64 characters are legal", "m" * 64, defines="m" * 64),
    _named("camel_case", "capitals and digits", "medianOf2Lists", defines="medianOf2Lists"),
    _named("soft_keyword", "match is no reserved word", "match", defines="match"),
    _named("leading_underscore", "an underscore first is legal", "_median", defines="_median", policy=True),
    _named("builtin_name", "the name of a builtin is legal", "round", defines="round", policy=True),
    _named("capital_python", "names are case-sensitive: Python is not python", "Python", defines="Python", policy=True),
    _misnamed("keyword", "bad_name", "a keyword", "lambda"),
    _misnamed("constant_keyword", "bad_name", "None is a keyword too", "None"),
    _misnamed("digit_first", "bad_name", "a digit first", "3d_median"),
    _misnamed("dotted", "bad_name", "a dotted name", "stats.median_of"),
    _misnamed("punctuation", "bad_name", "an exclamation mark", "median_of!"),
    _misnamed(
        "sentence", "bad_name", "a sentence for a name, which the code does not define", "A function for medians"
    ),
    _misnamed("hyphen_without_definition", "bad_name", "hyphen, and the code defines another name", "median-value"),
    _misnamed("sixty_five", "bad_name", "65 characters", "m" * 65, defines="m" * 65),
    _misnamed("path", "bad_name", "a path", "../median_of"),
    _misnamed(
        "reserved_in_backticks", "reserved_name", "the reserved name with noise around", "`python()`", defines="python"
    ),
    _misnamed("reserved_before_code", "reserved_name", "reserved names are judged before the code", "final_answer"),
    reply(
        "name",
        "reserved_revision",
        "a reserved name cannot be revised either: legal names come before known ones",
        calls=revise("python", "def python(code)\n", VALUES),
        refused="reserved_name",
    ),
    _misnamed("empty_name", "missing_field", "an empty name", "", policy=True),
    _misnamed("null_name", "missing_field", "null for a name", None),
    _misnamed("number_name", "missing_field", "a number for a name", 7),
    _misnamed("object_name", "missing_field", "an object for a name", {"function": "median_of"}, policy=True),
]

FIELDS = [
    reply("name", "no_name", "the name is missing", calls=_median(without=["name"]), refused="missing_field"),
    reply("name", "no_code", "the code is missing", calls=_median(without=["code"]), refused="missing_field"),
    reply("name", "null_code", "the code is null", calls=add("median_of", None, VALUES), refused="missing_field"),
    reply(
        "name",
        "empty_code",
        "the code is empty",
        calls=add("median_of", "", VALUES),
        refused="no_function",
        policy=True,
    ),
    reply(
        "name",
        "code_as_lines",
        "the code is a list of lines",
        calls=add("median_of", MEDIAN.split("\n"), VALUES),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
    reply(
        "name",
        "remove_without_name",
        "a removal of nothing",
        given=CARRIES,
        calls=raw("remove_function", "{}"),
        refused="missing_field",
    ),
    reply(
        "name",
        "fields_before_name",
        "fields are judged before the name",
        calls=add("3d", None, VALUES),
        refused="missing_field",
    ),
    reply(
        "name",
        "other_field_names",
        "function_name for name, source for code",
        calls=raw("add_function", json.dumps({"function_name": "median_of", "source": MEDIAN, "arguments": VALUES})),
        refused="missing_field",
        policy=True,
    ),
    reply(
        "name",
        "extra_fields",
        "reasons and examples beside the fields",
        calls=_median(reason="task 3 failed", example="median_of([1])", version=2),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
    ),
]

DESCRIPTIONS = [
    reply(
        "description",
        "empty",
        "no description, no docstring",
        calls=add("spread_of", SPREAD, VALUES, description=""),
        refused="empty_description",
    ),
    reply(
        "description",
        "blank",
        "blanks for a description, no docstring",
        calls=add("spread_of", SPREAD, VALUES, description=" \n\t"),
        refused="empty_description",
    ),
    reply(
        "description",
        "blank_docstring",
        "an empty description and an empty docstring",
        calls=add(
            "spread_of",
            'def spread_of(values):\n    """ """\n    return max(values) - min(values)\n',
            VALUES,
            description="",
        ),
        refused="empty_description",
    ),
    reply(
        "description",
        "null_without_docstring",
        "null, no docstring",
        calls=add("spread_of", SPREAD, VALUES, description=None),
        refused="missing_field",
        policy=True,
    ),
    reply(
        "description",
        "null_with_docstring",
        "null is no description",
        calls=_median(description=None),
        refused="missing_field",
        policy=True,
    ),
    reply(
        "description",
        "missing_with_docstring",
        "no field at all",
        calls=_median(without=["description"]),
        refused="missing_field",
        policy=True,
    ),
    reply(
        "description",
        "blank_with_docstring_in_fence",
        "a blank description, the docstring stands in fenced code",
        calls=add("median_of", "```python\n" + MEDIAN + "```", VALUES, description="  "),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
    reply(
        "description",
        "very_long",
        "a description of many words stays one description",
        calls=_median(description="Median. " * 300),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
    ),
]

PACKAGES = [
    _packed("pip_install", "a shell command for a list", "pip install sympy"),
    _packed(
        "pip_install_several", "pip install with several names and a standard module", "pip install sympy, math, json"
    ),
    _packed("in_parentheses", "remarks in parentheses", "sympy (symbolic mathematics), re (standard library)"),
    _packed("list_with_standard", "a list with standard modules, none and a blank", ["sympy", "math", "none", ""]),
    _packed("encoded_list", "a list encoded as text", '["sympy", "itertools"]', policy=True),
    _packed("lines", "one a line", "sympy\nmath", policy=True),
    _packed("upper_and_lower", "SymPy is sympy", "SymPy"),
    _packed("range", "a range with a comma inside", ["sympy>=1.10,<2"]),
    _packed("range_in_text", "the same range as text", "sympy>=1.10,<2", policy=True),
    _packed("null", "null although a library is used", None, policy=True),
    _packed("not_applicable", "N/A although a library is used", "N/A", policy=True),
    reply(
        "packages",
        "none_in_words",
        "None. as a word with a period, and a standard module",
        calls=_median(packages=["None", "statistics"]),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "packages",
        "empty_list",
        "an empty list",
        calls=_median(packages=[]),
        becomes="add median_of(values)",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "packages",
        "missing_in_revision",
        "no packages field in a revision",
        given=CARRIES,
        calls=revise("median_of", MEDIAN, VALUES, without=["packages"]),
        becomes="revise median_of(values)",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
    _unpacked("shell_and", "a shell command behind a name", "sympy && curl example.org"),
    _unpacked("option", "an option of the installer", "--index-url http://127.0.0.1/simple sympy"),
    _unpacked("requirements_file", "a requirements file", "-r requirements.txt"),
    _unpacked("local_wheel", "a file", "./wheels/helper-1.0-py3-none-any.whl"),
    _unpacked("direct_url", "a direct URL behind a name", "sympy @ https://example.org/sympy.zip", policy=True),
    _unpacked("mapping", "a mapping of names to versions", {"sympy": "1.12"}, policy=True),
    _unpacked("number", "a number", 3),
    _unpacked("number_in_list", "a number inside a list", ["sympy", 3]),
    _unpacked("separated_by_blanks", "two names without a comma are no plain requirement", "sympy mpmath", policy=True),
    _unpacked(
        "marker", "a marker makes a requirement more than plain", 'sympy>=1.9; python_version >= "3.8"', policy=True
    ),
    _unpacked("sentence", "a sentence", "You need to install sympy first!"),
    _unpacked(
        "no_such_package",
        "a package no one publishes",
        "median-helpers-nobody-publishes",
        reason="unknown_package",
        sandbox=True,
    ),
    reply(
        "packages",
        "no_such_package_imported",
        "declared, imported and nowhere to be found",
        calls=add("median_of", "import exact_medians_zz\n\n" + MEDIAN, VALUES, packages=["exact_medians_zz"]),
        refused="unknown_package",
        sandbox=True,
    ),
]

ORDER = [
    reply(
        "operation",
        "exists_before_syntax",
        "the name is judged before the code",
        given=CARRIES,
        calls=add("median_of", BROKEN, VALUES),
        refused="name_exists",
        policy=True,
    ),
    reply(
        "operation",
        "unknown_before_packages",
        "the name is judged before the packages",
        given=CARRIES,
        calls=revise("mode_of", MEDIAN, VALUES, packages="a; b"),
        refused="name_unknown",
    ),
    reply(
        "operation",
        "packages_before_syntax",
        "packages are judged before the code",
        calls=add("median_of", BROKEN, VALUES, packages="numpy | sh"),
        refused="bad_packages",
    ),
    reply(
        "operation",
        "syntax_before_schema",
        "the code is judged before the schema",
        calls=add("median_of", BROKEN, "a list"),
        refused="syntax_error",
    ),
    reply(
        "operation",
        "no_return_before_schema",
        "the missing return is named before the schema",
        calls=add("median_of", "def median_of(values):\n    print(values)\n", "a list"),
        refused="no_return",
    ),
    reply(
        "operation",
        "function_before_names",
        "the missing function is named before undefined names",
        calls=add("median_of", "MEDIANS = median_table\n", VALUES),
        refused="no_function",
    ),
    reply(
        "operation",
        "add_existing_again",
        "add of a function that exists, better code",
        given=CARRIES,
        calls=_median(),
        refused="name_exists",
        policy=True,
    ),
    reply(
        "operation",
        "revise_empty_set",
        "a revision while there is nothing",
        calls=revise("median_of", MEDIAN, VALUES),
        refused="name_unknown",
    ),
    reply(
        "operation",
        "remove_from_empty_set",
        "a removal while there is nothing",
        calls=remove("median_of"),
        refused="name_unknown",
    ),
    reply(
        "operation",
        "remove_with_noise",
        "a removal with backticks and parentheses",
        given=CARRIES,
        calls=remove("`median_of()` "),
        becomes="remove median_of",
    ),
    reply(
        "operation",
        "remove_with_more_fields",
        "a removal with all the fields of an edit",
        given=CARRIES,
        calls=raw("remove_function", json.dumps(fields("median_of", "", {}, "unused", ""))),
        becomes="remove median_of",
    ),
    reply(
        "operation",
        "remove_by_hyphen",
        "a removal with a hyphen: the set itself settles the name",
        given=CARRIES,
        calls=remove("median-of"),
        becomes="remove median_of",
        policy=True,
    ),
    reply(
        "operation",
        "revise_other_name_in_code",
        "a revision whose only function has a longer name",
        given=CARRIES,
        calls=revise("median_of", MEDIAN.replace("median_of", "median_of_improved"), VALUES),
        becomes="revise median_of(values)",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
]

SPREAD_CALL = add("spread_of", SPREAD, VALUES)
MULTI = [
    reply(
        "multi",
        "added_twice",
        "the same name twice, with other code",
        calls=[_median(), add("median_of", MEDIAN + "\n", VALUES)],
        becomes="add median_of(values)",
        each="ok duplicate_in_reply",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "same_call_twice",
        "one call sent twice, and another",
        calls=[SPREAD_CALL, SPREAD_CALL, _median()],
        becomes="add spread_of(values); add median_of(values)",
        each="ok duplicate_in_reply ok",
        tests=[SPREAD_TEST, MEDIAN_TEST],
    ),
    reply(
        "multi",
        "duplicate_before_syntax",
        "a duplicate is named before its broken code",
        calls=[_median(), add("median_of", BROKEN, VALUES)],
        becomes="add median_of(values)",
        each="ok duplicate_in_reply",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "broken_then_mended",
        "the second try of a refused add is the first usable one",
        calls=[add("median_of", BROKEN, VALUES), _median()],
        becomes="add median_of(values)",
        each="syntax_error ok",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
    reply(
        "multi",
        "broken_then_revised",
        "a refused add leaves nothing to revise",
        calls=[add("median_of", BROKEN, VALUES), revise("median_of", MEDIAN, VALUES), SPREAD_CALL],
        becomes="add spread_of(values)",
        each="syntax_error name_unknown ok",
        tests=[SPREAD_TEST],
    ),
    reply(
        "multi",
        "added_then_badly_revised",
        "the first version stays when its revision is refused",
        calls=[_median(), revise("median_of", BROKEN, VALUES)],
        becomes="add median_of(values)",
        each="ok syntax_error",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "added_then_removed",
        "removed again in the same reply",
        calls=[_median(), remove("median_of")],
        becomes="add median_of(values); remove median_of",
        each="ok ok",
    ),
    reply(
        "multi",
        "removed_twice",
        "the second removal finds nothing",
        given=CARRIES,
        calls=[remove("median_of"), remove("median_of")],
        becomes="remove median_of",
        each="ok name_unknown",
    ),
    reply(
        "multi",
        "removed_then_revised",
        "what is removed cannot be revised",
        given=CARRIES,
        calls=[remove("median_of"), revise("median_of", MEDIAN, VALUES)],
        becomes="remove median_of",
        each="ok name_unknown",
    ),
    reply(
        "multi",
        "replaced_and_more",
        "removed, added under the same name, and a second function",
        given=CARRIES,
        calls=[remove("median_of"), _median(), SPREAD_CALL],
        becomes="remove median_of; add median_of(values); add spread_of(values)",
        each="ok ok ok",
        tests=[MEDIAN_TEST, SPREAD_TEST],
    ),
    reply(
        "multi",
        "revised_twice",
        "two revisions of one function, the last counts",
        given=CARRIES,
        calls=[
            revise("median_of", "def median_of(values):\n    return 0\n", VALUES),
            revise("median_of", MEDIAN, VALUES),
        ],
        becomes="revise median_of(values); revise median_of(values)",
        each="ok ok",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "revised_then_removed",
        "a revision, then a removal",
        given=CARRIES,
        calls=[revise("median_of", MEDIAN, VALUES), remove("median_of")],
        becomes="revise median_of(values); remove median_of",
        each="ok ok",
    ),
    reply(
        "multi",
        "all_refused",
        "nothing usable among three calls",
        calls=[add("median_of", BROKEN, VALUES), remove("spread_of"), raw("python", '{"code": "1"}')],
        refused="syntax_error",
        each="syntax_error name_unknown unknown_tool",
        policy=True,
    ),
    reply(
        "multi",
        "bad_json_between",
        "one call is no JSON",
        calls=[_median(), raw("add_function", "{name: spread_of}"), SPREAD_CALL],
        becomes="add median_of(values); add spread_of(values)",
        each="ok bad_json ok",
        tests=[MEDIAN_TEST, SPREAD_TEST],
    ),
    reply(
        "multi",
        "mixed_quirks",
        "a fence, an encoded schema and a mismatch side by side",
        calls=[
            add("median_of", f"```\n{MEDIAN}```", json.dumps(VALUES)),
            add("spread_of", SPREAD, full(values="list", unit="str")),
        ],
        becomes="add median_of(values)",
        each="ok schema_signature_mismatch",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "helper_in_another_call",
        "a function cannot use one of another call",
        calls=[
            _median(),
            add("centre", "def centre(values):\n    return median_of(values)\n", VALUES, description="Centre."),
        ],
        becomes="add median_of(values)",
        each="ok undefined_name",
        tests=[MEDIAN_TEST],
    ),
    reply(
        "multi",
        "keyword_beside_calls",
        "a call wins over the word",
        content="Two functions, then I TERMINATE.",
        calls=[_median(), SPREAD_CALL],
        becomes="add median_of(values); add spread_of(values)",
        each="ok ok",
        tests=[MEDIAN_TEST],
        policy=True,
    ),
    reply(
        "multi",
        "truncated_last",
        "the last of two calls is cut",
        calls=[_median(), raw("add_function", SPREAD_CALL["arguments"][:-30])],
        finish="length",
        becomes="add median_of(values)",
        each="ok truncated",
        tests=[MEDIAN_TEST],
    ),
]

CASES = [*NAMES, *FIELDS, *DESCRIPTIONS, *PACKAGES, *ORDER, *MULTI]
