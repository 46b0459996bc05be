"""Replies that are odd as messages: how calls are encoded, written as text, cut, refused, or absent."""

from __future__ import annotations

import json

from tests.corpora.forms import Case, add, code, fields, full, gives, has, raw, remove, reply

CLAMP = code(
    '''
    def clamp(value, low, high):
        """The value, moved into the range."""
        return min(max(value, low), high)  # see http://example.org/a,}
    '''
)
SCHEMA = full(value="number", low="number", high="number")
FIELDS = fields("clamp", CLAMP, SCHEMA, "Moves a value into a range.", "")
TEXT = json.dumps(FIELDS)
CLAMP_TEST = gives("clamp", 5, value=9, low=1, high=5)
CARRIES = [has("clamp", value="number", low="number", high="number")]
CALL = add("clamp", CLAMP, SCHEMA)
WRITTEN = json.dumps({"name": "add_function", "arguments": FIELDS})
REMOVAL = json.dumps({"name": "remove_function", "arguments": {"name": "clamp"}})


def _clamp(quirk: str, why: str, *, policy: bool = False, **more: object) -> Case:
    return reply(
        "message", quirk, why, becomes="add clamp(value, low, high)", tests=[CLAMP_TEST], policy=policy, **more
    )


def _sent(quirk: str, why: str, arguments: object, *, policy: bool = False) -> Case:
    return _clamp(quirk, why, calls=raw("add_function", arguments), policy=policy)


def _unread(
    quirk: str, reason: str, why: str, arguments: object, *, finish: str | None = None, policy: bool = False
) -> Case:
    return reply(
        "message", quirk, why, calls=raw("add_function", arguments), refused=reason, finish=finish, policy=policy
    )


def _ends(quirk: str, why: str, content: object, *, policy: bool = False, **more: object) -> Case:
    return reply("terminate", quirk, why, content=content, given=CARRIES, terminates=True, policy=policy, **more)


def _silent(
    quirk: str, why: str, content: object, *, reason: str = "no_action", policy: bool = False, **more: object
) -> Case:
    return reply("message", quirk, why, content=content, given=CARRIES, refused=reason, policy=policy, **more)


def _encoded(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps(text)
    return text


ENCODINGS = [
    _sent("object", "arguments as an object", FIELDS),
    _sent(
        "comments",
        "comments between the fields; the ones in the code stay",
        TEXT.replace('"packages"', '// none\n/* really */ "packages"'),
    ),
    _sent(
        "trailing_commas", "a comma after the last field and inside the schema", TEXT.replace("}}", "},}")[:-1] + ",\n}"
    ),
    _sent(
        "raw_line_breaks",
        "line breaks and tabs inside the strings are not escaped",
        TEXT.replace("\\n", "\n").replace("    ", "\t"),
    ),
    _sent(
        "raw_line_breaks_and_comma",
        "unescaped line breaks and a trailing comma together",
        TEXT.replace("\\n", "\n")[:-1] + ", }",
    ),
    _sent("three_times_encoded", "arguments encoded three times", json.dumps(json.dumps(TEXT))),
    _unread(
        "six_times_encoded", "bad_json", "arguments encoded six times", _encoded('{"name": "clamp"}', 6), policy=True
    ),
    reply(
        "message",
        "commas_in_strings",
        "a comment and a trailing comma around code whose strings hold the same signs",
        calls=raw(
            "add_function",
            '{"name": "marks", /* none */ "description": "Signs, ]", "arguments": {}, '
            '"code": "def marks():\\n    return \'{a,} // [b,] /* c */\'\\n",\n}',
        ),
        becomes="add marks()",
        tests=[gives("marks", "{a,} // [b,] /* c */")],
    ),
    _sent("python_literal", "a Python dict with a tuple", repr({**FIELDS, "packages": ()}), policy=True),
    _sent(
        "python_triple_quotes",
        "a Python dict with the code in triple quotes",
        "{'name': 'clamp', 'description': 'Clamps.', 'arguments': "
        + repr(SCHEMA)
        + ", 'packages': None, 'code': '''"
        + CLAMP.replace('"""', '"')
        + "'''}",
        policy=True,
    ),
    _sent(
        "invalid_escape",
        "a regular expression's backslash that JSON does not know",
        TEXT.replace("see http", "\\d http"),
        policy=True,
    ),
    _sent("duplicate_keys", "a key twice, the last counts", '{"name": "old_name", ' + TEXT[1:], policy=True),
    _sent("closing_tag", "a closing tag behind the object", TEXT + "</tool_call>", policy=True),
    _sent("sentence_behind", "a sentence behind the object", TEXT + "\n\nThis function clamps {values}.", policy=True),
    _sent("blanks_around", "blanks and line breaks around the object", "\n\n  " + TEXT + "  \n"),
    _sent("byte_order_mark", "a byte order mark before the object", "\ufeff" + TEXT, policy=True),
    _unread("array", "bad_json", "a list around the object", "[" + TEXT + "]", policy=True),
    _unread("number", "bad_json", "a number", "42", policy=True),
    _unread("null", "missing_field", "null", "null", policy=True),
    _unread("code_alone", "bad_json", "the code instead of the fields", CLAMP),
    _unread("xml", "bad_json", "XML", "<name>clamp</name><code>def clamp(): ...</code>"),
    _unread(
        "backtick_code",
        "bad_json",
        "code between backticks",
        '{"name": "clamp", "code": `def clamp(value):\n  return value`}',
    ),
    _unread(
        "unescaped_docstring",
        "bad_json",
        "the docstring's quotes are not escaped",
        '{"name": "clamp", "arguments": {}, "packages": "", "description": "Clamps.", '
        '"code": "def clamp(v):\n  """Clamp."""\n  return v"}',
    ),
    _unread("deep", "bad_json", "brackets without end", '{"name": ' + "[" * 3000, policy=True),
    _unread("equals_signs", "bad_json", "Python keyword arguments", 'name="clamp", code="def clamp(v): return v"'),
    _unread("yaml", "bad_json", "YAML", "name: clamp\ncode: |\n  def clamp(v):\n    return v\n"),
    _unread("empty_object", "missing_field", "an empty object", "{}"),
    _unread("blank", "missing_field", "blanks for arguments", "   ", policy=True),
    _unread("null_value", "missing_field", "null instead of a string", None, policy=True),
    _unread(
        "nested_once_more",
        "missing_field",
        "the fields lie one level deeper",
        json.dumps({"function": FIELDS}),
        policy=True,
    ),
    _unread("cut_but_not_by_length", "bad_json", "ends in the middle although the model stopped by itself", TEXT[:-40]),
]

CUT = [
    _unread("cut", "truncated", "cut in the code", TEXT[:-40], finish="length"),
    _unread("cut_in_schema", "truncated", "cut in the schema", TEXT[:90], finish="length"),
    _unread("cut_at_start", "truncated", "cut after the first brace", '{"', finish="length"),
    reply(
        "message",
        "cut_removal",
        "a removal cut in its name",
        given=CARRIES,
        calls=raw("remove_function", '{"name": "cla'),
        finish="length",
        refused="truncated",
    ),
    _clamp(
        "complete_at_the_limit",
        "cut behind a complete call",
        content="Let me think about it",
        calls=CALL,
        finish="length",
        policy=True,
    ),
    _silent(
        "cut_before_any_call",
        "the reasoning used all tokens",
        "The failing tasks all need a range check, so the first",
        finish="length",
        reason="truncated",
        policy=True,
    ),
    _silent(
        "nothing_within_the_limit",
        "no token was left for the reply",
        None,
        finish="length",
        reason="truncated",
        policy=True,
    ),
]

OTHER_TOOLS = [
    reply(
        "message",
        "update_function",
        "a tool with another name",
        given=CARRIES,
        calls=raw("update_function", TEXT),
        refused="unknown_tool",
    ),
    reply(
        "message",
        "python_tool",
        "the optimizer runs code",
        calls=raw("python", '{"code": "print(1)"}'),
        refused="unknown_tool",
    ),
    reply(
        "message",
        "unknown_before_json",
        "the tool is judged before its arguments",
        calls=raw("write_file", "{broken"),
        refused="unknown_tool",
    ),
    reply(
        "message",
        "calls_agent_tool_twice",
        "two calls of the agent's function",
        given=CARRIES,
        calls=[raw("clamp", '{"value": 1}'), raw("clamp", '{"value": 2}')],
        refused="unknown_tool",
        each="unknown_tool unknown_tool",
    ),
    reply(
        "message",
        "terminate_as_tool",
        "the word as a tool",
        given=CARRIES,
        calls=raw("TERMINATE", "{}"),
        terminates=True,
        policy=True,
    ),
    reply(
        "message",
        "empty_tool_name",
        "a call without a tool's name",
        calls=raw("", TEXT),
        refused="unknown_tool",
        policy=True,
    ),
    _clamp(
        "prefixed_tool", "functions. before the tool's name", calls=raw("functions.add_function", TEXT), policy=True
    ),
    reply(
        "message",
        "prefixed_removal_beside_plain",
        "one prefixed call, one plain",
        given=CARRIES,
        calls=[raw("functions.remove_function", '{"name": "clamp"}'), CALL],
        becomes="remove clamp; add clamp(value, low, high)",
        each="ok ok",
        tests=[CLAMP_TEST],
        policy=True,
    ),
]

WRITTEN_CALLS = [
    _clamp(
        "legacy_call",
        "the older function_call field",
        function_call={"name": "add_function", "arguments": TEXT},
        finish="function_call",
        policy=True,
    ),
    reply(
        "message",
        "legacy_removal",
        "a removal in the older field",
        given=CARRIES,
        becomes="remove clamp",
        function_call={"name": "functions.remove_function", "arguments": '{"name": "clamp"}'},
        finish="function_call",
        policy=True,
    ),
    reply(
        "message",
        "legacy_bad_json",
        "the older field, cut",
        finish="length",
        refused="truncated",
        function_call={"name": "add_function", "arguments": TEXT[:50]},
        policy=True,
    ),
    _clamp(
        "fenced_call",
        "prose, a JSON fence, prose",
        content=f"I add a function:\n```json\n{WRITTEN}\n```\nDone.",
        policy=True,
    ),
    _clamp(
        "fenced_call_text_arguments",
        "a fenced call whose arguments are a string",
        content="```\n" + json.dumps({"name": "add_function", "arguments": TEXT}) + "\n```",
        policy=True,
    ),
    _clamp(
        "tag",
        "a <tool_call> block behind a think block",
        content=f"<think>Which {{one}}?</think>\n<tool_call>\n{WRITTEN}\n</tool_call>",
        policy=True,
    ),
    reply(
        "message",
        "two_tags",
        "two <tool_call> blocks",
        given=CARRIES,
        becomes="remove clamp; add clamp(value, low, high)",
        tests=[CLAMP_TEST],
        content=f"<tool_call>\n{REMOVAL}\n</tool_call>\n<tool_call>\n{WRITTEN}\n</tool_call>",
        policy=True,
    ),
    _clamp(
        "tag_in_content_parts",
        "a <tool_call> block in content parts",
        policy=True,
        content=[{"type": "text", "text": "I add it."}, {"type": "text", "text": f"<tool_call>{WRITTEN}</tool_call>"}],
    ),
    _clamp(
        "parallel_wrapper",
        "multi_tool_use.parallel around one call",
        policy=True,
        calls=raw(
            "multi_tool_use.parallel",
            json.dumps({"tool_uses": [{"recipient_name": "functions.add_function", "parameters": FIELDS}]}),
        ),
    ),
    reply(
        "message",
        "parallel_wrapper_with_bad",
        "the wrapper around a good and an unknown call",
        policy=True,
        given=CARRIES,
        calls=raw(
            "multi_tool_use.parallel",
            json.dumps(
                {
                    "tool_uses": [
                        {"recipient_name": "functions.remove_function", "parameters": {"name": "clamp"}},
                        {"recipient_name": "functions.add_function", "parameters": FIELDS},
                    ]
                }
            ),
        ),
        becomes="remove clamp; add clamp(value, low, high)",
        tests=[CLAMP_TEST],
    ),
    _clamp(
        "call_beside_written_call",
        "a real call counts, the text beside it does not",
        content=f"```json\n{REMOVAL}\n```",
        calls=CALL,
        policy=True,
    ),
    _clamp(
        "bare_call",
        "the whole text is a call, its arguments called parameters",
        policy=True,
        content=json.dumps({"name": "add_function", "parameters": FIELDS}),
    ),
    _clamp(
        "function_tag",
        "a <function=...> tag around the arguments",
        content=f"<function=add_function>{TEXT}</function>",
        policy=True,
    ),
    _clamp(
        "parameter_tags",
        "a tag for every field",
        policy=True,
        content="<tool_call>\n<function=add_function>\n"
        + "".join(
            f"<parameter={name}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>\n"
            for name, value in FIELDS.items()
        )
        + "</function>\n</tool_call>",
    ),
    reply(
        "message",
        "two_fenced_calls",
        "two fenced calls with prose between",
        given=CARRIES,
        policy=True,
        content=f"First:\n```json\n{REMOVAL}\n```\nThen:\n```json\n{WRITTEN}\n```",
        becomes="remove clamp; add clamp(value, low, high)",
        each="ok ok",
        tests=[CLAMP_TEST],
    ),
    _silent(
        "raw_template_list",
        "a chat template's own marks, which a server should have read",
        f"[TOOL_CALLS] [{WRITTEN}]",
        policy=True,
    ),
    _silent("raw_template_tag", "another template's mark", f"<|python_tag|>{WRITTEN}", policy=True),
    _silent(
        "action_lines",
        "a call as Action and Action Input",
        f"Thought: a range\nAction: add_function\nAction Input: {TEXT}",
        policy=True,
    ),
    _silent(
        "written_call_while_thinking",
        "a call inside the think block was only considered",
        f"<think><tool_call>{REMOVAL}</tool_call> No, better keep it.</think>I will think about it.",
    ),
    _silent(
        "fenced_data", "a JSON fence that is no call", '```json\n{"plan": ["add clamp", "stop"], "name": "plan"}\n```'
    ),
    _silent("fenced_schema_only", "a schema in a fence", "Use this:\n```json\n" + json.dumps(SCHEMA) + "\n```"),
    _silent("code_in_tags", "code without operation, name or schema", "<code>\n" + CLAMP + "</code>"),
    _silent(
        "call_in_words", "the call in prose", "add_function(name='clamp') would help here, as would remove_function."
    ),
    _clamp(
        "content_parts_beside_call",
        "content as parts beside a call",
        content=[{"type": "text", "text": "A range check is missing."}],
        calls=CALL,
    ),
    _clamp("reasoning_content", "fields of other servers", content="", reasoning_content="long thoughts", calls=CALL),
    _clamp("call_with_index", "calls with an index, and no role of their own", calls={**CALL, "index": 0}),
]

WORD = [
    _ends("quoted", "in quotes", '"TERMINATE"'),
    _ends("in_backticks", "in backticks with a period", "`TERMINATE`."),
    _ends("bold_with_period", "bold, a period inside", "**TERMINATE.**\n"),
    _ends("title_case", "the whole reply, title case", "Terminate.", policy=True),
    _ends("lower_in_bold", "the whole reply, lower case, bold", "**terminate**", policy=True),
    _ends(
        "behind_thoughts",
        "behind a think block that negates it",
        "<think>Should I not TERMINATE? Yes, I should.</think>\n\nTERMINATE",
    ),
    _ends("content_parts", "as a text part", [{"type": "text", "text": "TERMINATE"}]),
    _ends(
        "split_over_parts",
        "an explanation and the word in two parts",
        [{"type": "text", "text": "All tasks pass.\n"}, {"type": "text", "text": "TERMINATE"}],
    ),
    _ends(
        "middle_of_text",
        "in the middle of a sentence",
        "The functions suffice, so I TERMINATE the optimization here. Thank you.",
    ),
    _ends(
        "word_first",
        "the word first, then the reason",
        "TERMINATE\n\nReason: no failing task can be mended by a function.",
    ),
    _ends(
        "negation_elsewhere",
        "a negation that is about something else",
        "There is nothing more to add and not one task fails. TERMINATE",
    ),
    _ends("in_a_list", "as a list entry", "- accuracy: 10/10\n- decision: TERMINATE"),
    _ends("word_and_code", "the word behind a code block", "No change needed:\n```python\nprint(1)\n```\nTERMINATE"),
    _ends("null_calls", "tool_calls null", "TERMINATE", tool_calls=None),
    _silent("do_not", "directly negated", "Do not TERMINATE yet."),
    _silent(
        "will_not",
        "directly negated with a contraction",
        "I won't TERMINATE while task 4 fails; I would like to see its table.",
    ),
    _silent("lower_in_sentence", "lower case inside a sentence", "We could terminate here, but task 2 still fails."),
    _silent(
        "other_word",
        "part of another word",
        "The last run was TERMINATED by a time limit. Let me look at it again.",
        policy=True,
    ),
    _silent(
        "only_thought",
        "the word inside the think block only",
        "<think>TERMINATE?</think> Let me look at the failing tasks first.",
    ),
    _silent("asks_back", "a question", "Which of the tasks should I improve first?"),
    reply(
        "terminate",
        "word_beside_bad_call",
        "an edit call wins over the word, even a refused one",
        content="TERMINATE",
        given=CARRIES,
        calls=remove("clip"),
        refused="name_unknown",
        policy=True,
    ),
]

ABSENT = [
    _silent("refused", "the refusal field", None, refusal="I can't help with that.", reason="refused"),
    _silent(
        "refused_beside_text",
        "the refusal field and empty text",
        "",
        refusal="I'm sorry, I cannot assist.",
        reason="refused",
    ),
    _silent(
        "refusal_part",
        "a refusal as a content part",
        [{"type": "refusal", "refusal": "I cannot do this."}],
        reason="refused",
        policy=True,
    ),
    _silent("null", "null content", None, reason="empty_reply"),
    _silent("empty_text", "empty text", "", reason="empty_reply"),
    _silent("blanks", "blanks only", " \n\t ", reason="empty_reply"),
    _silent("no_parts", "an empty list of parts", [], reason="empty_reply"),
    _silent("empty_part", "an empty text part", [{"type": "text", "text": ""}], reason="empty_reply"),
    _silent(
        "only_thoughts",
        "a think block and nothing else",
        "<think>What could I add?</think>\n",
        reason="empty_reply",
        policy=True,
    ),
    _silent(
        "filtered",
        "stopped by the filter in the middle of a sentence",
        "I would add a",
        finish="content_filter",
        reason="content_filter",
    ),
    _silent(
        "filtered_null",
        "stopped by the filter before the first word",
        None,
        finish="content_filter",
        reason="content_filter",
    ),
    reply(
        "message",
        "filtered_call",
        "stopped by the filter in the middle of a call",
        calls=raw("add_function", TEXT[:60]),
        finish="content_filter",
        refused="bad_json",
        policy=True,
    ),
    _silent("apology", "a refusal in words", "I'm unable to modify functions for this purpose."),
    _silent(
        "describes_edits", "edits described, none made", "I'll now add `clamp` and remove `clip`. One moment please."
    ),
]

CASES = [*ENCODINGS, *CUT, *OTHER_TOOLS, *WRITTEN_CALLS, *WORD, *ABSENT]
