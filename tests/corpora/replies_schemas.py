"""Replies whose parameters are described in all the ways models describe them."""

from __future__ import annotations

import json

from tests.corpora.forms import Case, add, code, full, gives, has, props, raw, reply, revise

AREA = code(
    '''
    def plot_area(width, height):
        """Area of a rectangular plot."""
        return width * height
    '''
)
WORDS = code(
    '''
    def top_words(text, n=3):
        """The n most frequent words of a text."""
        counts = {}
        for word in text.lower().split():
            counts[word] = counts.get(word, 0) + 1
        return [w for w, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:n]
    '''
)
PING = code(
    """
    def speed_of_light():
        return 299792458
    """
)
ROWS = code(
    """
    def column_sums(rows, skip=None):
        skip = skip or []
        return [sum(column) for i, column in enumerate(zip(*rows)) if i not in skip]
    """
)

AREA_TEST = gives("plot_area", 12, width=3, height=4)
WORDS_TEST = gives("top_words", ["b", "a"], text="b a b", n=2)
PING_TEST = gives("speed_of_light", 299792458)
ROWS_TEST = gives("column_sums", [4, 6], rows=[[1, 2], [3, 4]])


def _encoded(value: object, times: int) -> object:
    for _ in range(times):
        value = json.dumps(value)
    return value


def _area(quirk: str, why: str, schema: object, *, policy: bool = False) -> Case:
    calls = add("plot_area", AREA, schema)
    return reply(
        "schema", quirk, why, calls=calls, becomes="add plot_area(width, height)", tests=[AREA_TEST], policy=policy
    )


def _words(quirk: str, why: str, schema: object, *, required: str = "text, n?", policy: bool = False) -> Case:
    calls = add("top_words", WORDS, schema)
    return reply(
        "schema", quirk, why, calls=calls, becomes=f"add top_words({required})", tests=[WORDS_TEST], policy=policy
    )


def _rows(quirk: str, why: str, schema: object, *, policy: bool = False) -> Case:
    calls = add("column_sums", ROWS, schema)
    return reply(
        "schema", quirk, why, calls=calls, becomes="add column_sums(rows, skip?)", tests=[ROWS_TEST], policy=policy
    )


def _ping(quirk: str, why: str, schema: object, *, policy: bool = False) -> Case:
    calls = add("speed_of_light", PING, schema)
    return reply("schema", quirk, why, calls=calls, becomes="add speed_of_light()", tests=[PING_TEST], policy=policy)


def _bad(quirk: str, why: str, schema: object, *, policy: bool = False) -> Case:
    return reply("schema", quirk, why, calls=add("plot_area", AREA, schema), refused="bad_schema", policy=policy)


def _mismatch(
    quirk: str, why: str, source: str, schema: object, *, name: str = "plot_area", policy: bool = False
) -> Case:
    calls = add(name, code(source), schema)
    return reply("signature", quirk, why, calls=calls, refused="schema_signature_mismatch", policy=policy)


DECODED = [
    _words(
        "python_literal_trailing_comma",
        "single quotes, Python type names and a trailing comma in one string",
        "{'text': {'type': 'str', 'description': \"the user's text\"}, 'n': {'type': 'int', 'default': 3,},}",
    ),
    _words(
        "comments_and_trailing_commas_in_full_schema",
        "comments and trailing commas together; the same signs inside strings stay",
        '{"type": "object", // the usual\n'
        ' "properties": {\n'
        '  "text": {"type": "string", "description": "words, /* no */ lines,]"},\n'
        "  # how many\n"
        '  "n": {"type": "integer",},\n'
        ' },\n "required": ["text",],\n}',
        policy=True,
    ),
    _words(
        "slash_comments_trailing_commas",
        "JavaScript comments before trailing commas",
        '{"type": "object", "properties": {"text": {"type": "string"}, /* n */ "n": {"type": "integer"}, // last\n},}',
    ),
    _area("encoded_twice_flat", "the flat form, encoded twice", _encoded(props(width="number", height="float"), 2)),
    _area(
        "encoded_three_times", "three layers of encoding are opened", _encoded(full(width="number", height="int"), 3)
    ),
    _bad("encoded_eight_times", "nobody has to open eight layers", _encoded(full(width="number", height="number"), 8)),
    _area(
        "control_characters_in_schema_string",
        "raw line breaks and tabs inside the description strings",
        '{"width": {"type": "number", "description": "metres\nnot feet"}, '
        '"height": {"type": "number", "description": "\t"}}',
    ),
    _words(
        "python_literal_inside_json_string",
        "a JSON string holding a Python literal with True and None",
        json.dumps(
            "{'type': 'object', 'properties': {'text': {'type': 'string', 'nullable': True}, "
            "'n': {'type': 'integer', 'default': None}}, 'required': ('text',)}"
        ),
        policy=True,
    ),
    _area(
        "fenced_schema",
        "the schema string is a JSON fence",
        "```json\n" + json.dumps(full(width="number", height="number")) + "\n```",
        policy=True,
    ),
    _bad(
        "unquoted_keys",
        "JavaScript object without quotes is neither JSON nor Python",
        "{width: {type: 'number'}, height: {type: 'number'}}",
    ),
    _area(
        "null_in_python_literal",
        "single quotes together with null: neither JSON nor Python, yet unmistakable",
        "{'width': {'type': 'number', 'default': null}, 'height': {'type': 'number'}}",
        policy=True,
    ),
    _bad(
        "cut_schema_string",
        "the schema string ends in the middle",
        '{"type": "object", "properties": {"width": {"type": "number"}, "height"',
    ),
    _bad("signature_as_schema", "a Python signature is not a schema", "(width: float, height: float) -> float"),
    _bad("number_as_schema", "a number", 2),
    _bad("boolean_as_schema", "true allows everything and names nothing", True, policy=True),
    _bad("list_of_names", "a list of parameter names", ["width", "height"]),
    _bad(
        "list_of_parameters",
        "a list of parameter objects, as other APIs have them",
        [{"name": "width", "type": "number"}, {"name": "height", "type": "number"}],
        policy=True,
    ),
    _bad(
        "descriptions_as_values",
        "descriptions in the place of schemas",
        {"width": "The width in metres", "height": "The height in metres"},
        policy=True,
    ),
    _bad("types_as_values", "type names in the place of schemas", {"width": 1, "height": ["number"]}),
]

SHAPES = [
    _area(
        "wrapper_flat_inside",
        "name and parameters around a flat form in a string",
        json.dumps({"name": "plot_area", "parameters": props(width="number", height="number")}),
    ),
    _area(
        "wrapper_full_inside",
        "name, description and parameters around a full schema",
        {"name": "plot_area", "description": "Area.", "parameters": full(width="number", height="number")},
    ),
    _area(
        "tool_wrapper",
        "the whole tool of the chat API around the schema",
        {"type": "function", "function": {"name": "plot_area", "parameters": full(width="int", height="int")}},
        policy=True,
    ),
    _area(
        "properties_without_type",
        "properties and required without the type",
        {"properties": props(width="number", height="number"), "required": ["width"]},
        policy=True,
    ),
    _area(
        "flat_with_required_list",
        "flat form with a list of required names beside the parameters",
        {**props(width="number", height="number"), "required": ["width", "height"]},
        policy=True,
    ),
    _area(
        "schema_with_dialect",
        "$schema, title, additionalProperties and strict are kept out of the way",
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "plot",
            "strict": True,
            "additionalProperties": False,
            **full(width="number", height="number"),
        },
    ),
    reply(
        "schema",
        "flat_type_and_properties",
        "flat form whose parameters are called type and properties",
        calls=add(
            "describe_animal",
            code("""
            def describe_animal(type, properties=()):
                return type + ": " + ", ".join(properties)
            """),
            {"type": {"type": "str"}, "properties": {"type": "list"}},
        ),
        becomes="add describe_animal(type, properties?)",
        tests=[gives("describe_animal", "cat: soft, small", type="cat", properties=["soft", "small"])],
    ),
    reply(
        "schema",
        "full_with_required_parameter",
        "full schema with a parameter called required",
        calls=add(
            "missing_items",
            code("""
            def missing_items(have, required):
                return [item for item in required if item not in have]
            """),
            {"type": "object", "properties": props(have="list", required="list"), "required": ["required"]},
        ),
        becomes="add missing_items(have, required)",
        tests=[gives("missing_items", ["b"], have=["a"], required=["a", "b"])],
    ),
    reply(
        "schema",
        "flat_required_parameter",
        "flat form with a parameter called required",
        calls=add(
            "missing_items",
            code("""
            def missing_items(required, have=()):
                return [item for item in required if item not in have]
            """),
            props(required={"type": "array", "items": {"type": "str"}}, have="list"),
        ),
        becomes="add missing_items(required, have?)",
        tests=[gives("missing_items", ["b"], have=["a"], required=["a", "b"])],
    ),
    reply(
        "schema",
        "full_with_name_and_parameters_as_names",
        "parameters called name and parameters in a full schema",
        calls=add(
            "call_text",
            code("""
            def call_text(name, parameters):
                return f"{name}({', '.join(parameters)})"
            """),
            full(name="string", parameters="list"),
        ),
        becomes="add call_text(name, parameters)",
        tests=[gives("call_text", "f(x, y)", name="f", parameters=["x", "y"])],
    ),
    reply(
        "schema",
        "flat_name_and_parameters",
        "the same two names in the flat form are parameters, not a wrapper",
        calls=add(
            "call_text",
            code("""
            def call_text(name, parameters):
                return f"{name}({', '.join(parameters)})"
            """),
            props(name="string", parameters={"type": "array"}),
        ),
        becomes="add call_text(name, parameters)",
        tests=[gives("call_text", "f(x, y)", name="f", parameters=["x", "y"])],
        policy=True,
    ),
    _ping(
        "no_parameters_full", "a full schema without properties", {"type": "object", "properties": {}, "required": []}
    ),
    _ping("no_parameters_empty_object", "an empty object", {}),
    _ping("no_parameters_braces_text", "an empty object as text", "{}"),
    _ping("no_parameters_type_only", "type object and nothing else", {"type": "object"}, policy=True),
    _ping("no_parameters_null", "null where there are no parameters", None, policy=True),
    _ping("no_parameters_null_properties", "properties null", {"type": "object", "properties": None}, policy=True),
    reply(
        "schema",
        "missing_schema_field",
        "a function with parameters and no schema field",
        calls=add("plot_area", AREA, None, without=["arguments"]),
        refused="missing_field",
        policy=True,
    ),
]

TYPES = [
    _rows(
        "nested_python_types",
        "list of list of float, named as Python names them, nested twice",
        props(
            rows={"type": "list", "items": {"type": "list", "items": {"type": "float"}}},
            skip={"type": "list", "items": {"type": "int"}},
        ),
    ),
    _rows(
        "nested_arrays_without_items",
        "inner arrays without items, flat and in a string",
        json.dumps(props(rows={"type": "array", "items": {"type": "array"}}, skip="array")),
    ),
    _rows(
        "array_in_object_without_items",
        "an array without items inside an object inside an array",
        full(
            ["rows"],
            rows={
                "type": "array",
                "items": {"type": "array", "items": {"type": "dict", "properties": {"tags": {"type": "list"}}}},
            },
            skip="list",
        ),
    ),
    _rows(
        "union_with_array",
        "a list of types, one of them an array without items",
        props(rows="array", skip={"type": ["list", "null"]}),
        policy=True,
    ),
    _rows(
        "any_of_with_python_types",
        "anyOf with Python names and no items",
        props(
            rows={"anyOf": [{"type": "list"}, {"type": "array"}]}, skip={"anyOf": [{"type": "list"}, {"type": "null"}]}
        ),
    ),
    _rows("tuple_type", "tuple as a type name", props(rows="tuple", skip="list"), policy=True),
    _words(
        "upper_case_types",
        "STRING and INTEGER as other APIs write them",
        props(text="STRING", n="Integer"),
        policy=True,
    ),
    _words("none_type", "a union with Python's None", props(text="str", n={"type": ["int", "None"]}), policy=True),
    _words(
        "property_without_type",
        "a property with a description alone takes any value",
        full(["text"], text={"description": "the text"}, n="int"),
    ),
    _words("empty_property", "an empty property schema takes any value", props(text={}, n="int")),
    _words(
        "enum_and_default",
        "enum, default and examples beside Python type names",
        props(text={"type": "str", "examples": ["a b"]}, n={"type": "int", "enum": [1, 2, 3], "default": 3}),
    ),
    _bad("type_is_a_number", "a type that is no name", props(width={"type": 3}, height="number")),
    _bad(
        "properties_is_a_list",
        "properties as a list of names",
        {"type": "object", "properties": ["width", "height"], "required": ["width", "height"]},
    ),
    _bad("top_level_string", "top level type string", {"type": "string", "description": "width and height"}),
    _bad(
        "matrix_in_items",
        "a type without meaning deep inside",
        props(width={"type": "array", "items": {"type": "tensor"}}, height="number"),
        policy=True,
    ),
]

REQUIRED = [
    _words(
        "required_has_unknown_and_default",
        "an unknown name is dropped, a parameter with default stays required",
        full(["n", "text", "lines"], text="string", n="integer"),
        required="text, n",
    ),
    _area(
        "required_in_other_order",
        "required follows the order of the schema",
        full(["height", "width"], width="number", height="number"),
    ),
    _area("required_empty", "an empty list of required names", full([], width="number", height="number")),
    _area(
        "required_misspelt", "a misspelt name in required", full(["widht", "height"], width="number", height="number")
    ),
    _area("required_null", "required null", {**full(width="number", height="number"), "required": None}, policy=True),
    _area(
        "required_text",
        "required as one name",
        {**full(width="number", height="number"), "required": "width"},
        policy=True,
    ),
    _area(
        "required_true_on_top",
        "required true for the whole schema",
        {**full(width="number", height="number"), "required": True},
        policy=True,
    ),
    _words(
        "required_mixed_inside",
        "required true and false inside flat properties with Python types",
        props(text={"type": "str", "required": True}, n={"type": "int", "required": False}),
    ),
    _rows(
        "required_inside_items",
        "required true inside a nested property",
        props(
            rows={
                "type": "list",
                "items": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"x": {"type": "float", "required": True}}},
                },
            },
            skip={"type": "list", "required": False},
        ),
    ),
    _area(
        "schema_default_without_signature_default",
        "a default in the schema alone does not fill the parameter",
        full(["width"], width="number", height={"type": "number", "default": 1}),
    ),
    _bad(
        "not_a_number_default",
        "NaN is no JSON and could not be sent on",
        '{"width": {"type": "number", "default": NaN}, "height": {"type": "number"}}',
        policy=True,
    ),
]

SIGNATURES = [
    reply(
        "signature",
        "kwargs_cover_the_rest",
        "one named parameter, the others through **kwargs",
        calls=add(
            "format_price",
            code("""
              def format_price(amount, *, currency="EUR", **options):
                  digits = int(options.get("digits", 2))
                  return f"{amount:.{digits}f} {currency}"
              """),
            full(["amount"], amount="number", digits="int", currency="str", unused="str"),
        ),
        becomes="add format_price(amount, digits?, currency?, unused?)",
        tests=[gives("format_price", "3.5 EUR", amount=3.5, digits=1)],
    ),
    reply(
        "signature",
        "keyword_through_kwargs",
        "a schema name that is a Python keyword is reachable through **kwargs, which requires nothing",
        calls=add(
            "span",
            code("""
              def span(**kw):
                  return kw["to"] - kw["from"]
              """),
            {"from": {"type": "number"}, "to": {"type": "number"}},
        ),
        becomes="add span(from?, to?)",
        tests=[gives("span", 4, **{"from": 3, "to": 7})],
    ),
    reply(
        "signature",
        "star_args_beside_names",
        "*rest may stay empty",
        calls=add(
            "join_parts",
            code("""
              def join_parts(first, *rest, sep="-"):
                  return sep.join([first, *rest])
              """),
            props(first="string", sep="string"),
        ),
        becomes="add join_parts(first, sep?)",
        tests=[gives("join_parts", "a", first="a")],
    ),
    reply(
        "signature",
        "extra_defaults",
        "parameters with defaults need not be offered",
        calls=add(
            "plot_area",
            code("""
              def plot_area(width, height=1.0, *, unit="m", _cache={}):
                  return width * height
              """),
            full(width="number", height="number"),
        ),
        becomes="add plot_area(width, height)",
        tests=[AREA_TEST],
    ),
    reply(
        "signature",
        "positional_only_with_default",
        "a positional-only parameter with default that is not offered",
        calls=add(
            "shout",
            code("""
              def shout(times=1, /, *, text):
                  return text.upper() * times
              """),
            props(text="string"),
        ),
        becomes="add shout(text)",
        tests=[gives("shout", "HI", text="hi")],
        policy=True,
    ),
    reply(
        "signature",
        "cached",
        "a decorator of the standard library keeps the signature",
        calls=add(
            "collatz_steps",
            code("""
              from functools import lru_cache

              @lru_cache(maxsize=None)
              def collatz_steps(n: int) -> int:
                  return 0 if n == 1 else 1 + collatz_steps(n // 2 if n % 2 == 0 else 3 * n + 1)
              """),
            props(n="int"),
        ),
        becomes="add collatz_steps(n)",
        tests=[gives("collatz_steps", 8, n=6)],
    ),
    reply(
        "signature",
        "own_decorator",
        "a decorator written beside the function",
        calls=add(
            "safe_divide",
            code("""
              import functools

              def _guard(message):
                  def decorate(function):
                      @functools.wraps(function)
                      def inner(*args, **kwargs):
                          try:
                              return function(*args, **kwargs)
                          except ZeroDivisionError as error:
                              return f"{message}: {error}"
                      return inner
                  return decorate

              @_guard("failed")
              def safe_divide(a, b):
                  return a / b
              """),
            full(a="number", b="number"),
        ),
        becomes="add safe_divide(a, b)",
        tests=[gives("safe_divide", 2.5, a=5, b=2), gives("safe_divide", "failed: division by zero", a=1, b=0)],
    ),
    reply(
        "signature",
        "revision_drops_a_parameter",
        "a revision with fewer parameters and its schema in a string",
        given=[has("plot_area", width="number", height="number", unit="string")],
        calls=revise("plot_area", AREA, json.dumps(full(width="number", height="number"))),
        becomes="revise plot_area(width, height)",
        tests=[AREA_TEST],
    ),
    _mismatch(
        "keyword_only_missing",
        "a keyword-only parameter without default is not offered",
        """
              def plot_area(width, height, *, unit):
                  return f"{width * height} {unit}2"
              """,
        full(width="number", height="number"),
    ),
    _mismatch(
        "schema_offers_more",
        "the schema offers a parameter the function does not take",
        """
              def plot_area(width, height):
                  return width * height
              """,
        full(["width", "height"], width="number", height="number", unit="string"),
    ),
    _mismatch(
        "names_differ_in_case",
        "names differ in case",
        """
              def plot_area(Width, Height):
                  return Width * Height
              """,
        full(width="number", height="number"),
    ),
    _mismatch(
        "self_parameter",
        "a method pasted as a function",
        """
              def plot_area(self, width, height):
                  return width * height
              """,
        full(width="number", height="number"),
    ),
    _mismatch(
        "star_args_for_an_array",
        "an array cannot be passed to *values by name",
        """
              def total(*values):
                  return sum(values)
              """,
        props(values={"type": "array", "items": {"type": "number"}}),
        name="total",
    ),
    _mismatch(
        "positional_only_beside_kwargs",
        "the name before / is taken by **kwargs and the parameter stays empty",
        """
              def total(first, /, **others):
                  return first + sum(others.values())
              """,
        full(first="number", second="number"),
        name="total",
    ),
    _mismatch(
        "keyword_renamed",
        "the schema says from, the function from_",
        """
              def span(from_, to):
                  return to - from_
              """,
        {"from": {"type": "number"}, "to": {"type": "number"}},
        name="span",
    ),
    _mismatch(
        "no_parameters_offered",
        "an empty schema for a function that needs two",
        """
              def plot_area(width, height):
                  return width * height
              """,
        {},
    ),
    _mismatch(
        "function_takes_nothing",
        "parameters for a function that takes none",
        """
              def plot_area():
                  width, height = 3, 4
                  return width * height
              """,
        full(width="number", height="number"),
    ),
    _mismatch(
        "blank_in_parameter_name",
        "a parameter name with a blank cannot be passed",
        """
              def plot_area(plot_width, plot_height):
                  return plot_width * plot_height
              """,
        {"plot width": {"type": "number"}, "plot_height": {"type": "number"}},
    ),
    reply(
        "signature",
        "mismatch_before_description",
        "the signature is judged before the description",
        calls=add(
            "plot_area",
            "def plot_area(a, b):\n    return a * b\n",
            full(width="number", height="number"),
            description="",
        ),
        refused="schema_signature_mismatch",
    ),
    reply(
        "signature",
        "schema_before_signature",
        "a schema that cannot be read is named before the signature",
        calls=add("plot_area", "def plot_area(a, b):\n    return a * b\n", "width and height"),
        refused="bad_schema",
    ),
    reply(
        "schema",
        "arguments_as_object",
        "function.arguments is an object, its schema a string",
        calls=raw(
            "add_function",
            {
                "name": "plot_area",
                "description": "Area.",
                "packages": [],
                "code": AREA,
                "arguments": str(full(width="float", height="float")),
            },
        ),
        becomes="add plot_area(width, height)",
        tests=[AREA_TEST],
    ),
]

CASES = [*DECODED, *SHAPES, *TYPES, *REQUIRED, *SIGNATURES]
